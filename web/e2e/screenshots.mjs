// Pictures of every view in both themes and widths. Usage: npm run screenshots -- [folder] [filter]
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withBrowser } from './browser.mjs'

const folder = process.argv[2] ?? 'screenshots'
const filter = process.argv[3] ?? ''

await mkdir(folder, { recursive: true })
await withBrowser(async ({ origin, open }) => {
  const { applications } = await (await fetch(`${origin}/api/v1/applications`)).json()
  const { recommendations } = await (await fetch(`${origin}/api/v1/recommendations`)).json()
  const kept = recommendations.find((r) => r.state === 'kept')
  const views = {
    applications: '/',
    application: '/applications/shop',
    'application-6h': '/applications/shop?range=6h',
    waiting: '/applications/search',
    trouble: '/applications/ledger',
    decisions: '/applications/shop?tab=decisions',
    parameters: '/applications/shop?tab=parameters',
    load: '/applications/ledger?tab=load',
    contexts: '/applications/shop?tab=load',
    document: '/applications/shop?tab=document',
    recommendations: '/recommendations',
    recommendation: `/recommendations/${applications[0].open_recommendation}`,
    kept: `/recommendations/${kept.id}`,
    studies: '/studies',
    study: '/studies/shop-cost',
    'study-changed': '/studies/shop-release',
    audit: '/audit',
    enroll: '/enroll',
  }
  for (const [name, path] of Object.entries(views)) {
    if (filter && !name.includes(filter)) continue
    for (const [width, theme] of [
      [1280, 'light'],
      [1280, 'dark'],
      [400, 'light'],
      [400, 'dark'],
    ]) {
      const page = await open({ width, theme, path: `${path}#token=mock-token` })
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.waitForLoadState('networkidle', { timeout: 1500 }).catch(() => {})
      await page.waitForTimeout(250)
      await page.screenshot({ path: join(folder, `${name}-${width}-${theme}.png`), fullPage: true })
      await page.close()
    }
  }
})
