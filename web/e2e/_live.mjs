import { chromium } from 'playwright-core'
import { readFileSync } from 'node:fs'
const [, token] = readFileSync('/tmp/toy_live.env', 'utf8').trim().split(' ')
const b = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
const page = await b.newPage({ viewport: { width: 1280, height: 900 } })
page.on('console', (m) => m.type() === 'error' && console.log('console', m.text()))
page.on('pageerror', (e) => console.log('pageerror', e.message))
const base = 'http://127.0.0.1:5199'
await page.goto(`${base}/#token=${token}`)
await page.getByRole('heading', { level: 1 }).waitFor()
await page.waitForTimeout(1500)
await page.screenshot({ path: '/tmp/shots/r-apps.png' })
await page.getByRole('link', { name: 'toyweb', exact: true }).click()
await page.waitForTimeout(1500)
await page.screenshot({ path: '/tmp/shots/r-app-early.png', fullPage: true })
await page.getByRole('link', { name: 'Review the recommendation' }).waitFor({ timeout: 60000 })
await page.getByRole('link', { name: 'Review the recommendation' }).click()
await page.getByText('Predicted effect').waitFor()
await page.waitForTimeout(800)
await page.screenshot({ path: '/tmp/shots/r-rec.png', fullPage: true })
console.log(page.url())
await page.keyboard.press('a')
await page.getByRole('button', { name: 'Approve and apply' }).click()
await page
  .getByText(/Before and after at equal load/)
  .waitFor({ timeout: 120000 })
  .catch((e) => console.log('no verdict', e.message.slice(0, 80)))
await page.screenshot({ path: '/tmp/shots/r-after.png', fullPage: true })
await page.goto(`${base}/applications/toyweb`)
await page.locator('.chart canvas').first().waitFor()
await page.waitForTimeout(1500)
await page.screenshot({ path: '/tmp/shots/r-app.png', fullPage: true })
await page.goto(`${base}/audit`)
await page.waitForTimeout(1000)
await page.screenshot({ path: '/tmp/shots/r-audit.png', fullPage: true })
await b.close()
