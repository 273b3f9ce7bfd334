// The main stories in a real browser, at 1280 and 400 pixels. Usage: npm run build && npm run e2e
import assert from 'node:assert/strict'
import { AxeBuilder } from '@axe-core/playwright'
import { withBrowser } from './browser.mjs'

const widths = [1280, 400]
const token = '#token=mock-token'
const stories = []
const story = (name, run) => stories.push({ name, run })
const lever = (origin, name) => fetch(`${origin}/mock/${name}`)

async function openId(origin) {
  const { applications } = await (await fetch(`${origin}/api/v1/applications`)).json()
  return applications.find((a) => a.name === 'shop').open_recommendation
}

story('an engineer follows an application to its recommendation and approves it', async ({ open, width }) => {
  const page = await open({ width, path: `/${token}` })
  await page.getByRole('link', { name: 'shop', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: /shop/ }).waitFor()
  await page.locator('.chart canvas').first().waitFor()
  assert.ok((await page.locator('.chart').count()) >= 7, 'charts are missing')
  assert.ok((await page.locator('.chart-mark.applied').count()) > 0, 'configuration changes are not marked')
  await page.getByRole('link', { name: 'Review the recommendation' }).click()
  await page.getByText('Predicted effect').waitFor()
  await page.keyboard.press('a')
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Approve and apply' }).click()
  await page.getByText('Before and after at equal load').waitFor({ timeout: 12_000 })
  await page.getByText('Kept', { exact: true }).first().waitFor()
})

story('a bad value put in by a person is rolled back, and the page tells it', async ({ origin, open, width }) => {
  const page = await open({ width, path: `/recommendations/${await openId(origin)}${token}` })
  await page.getByRole('button', { name: 'Edit container CPU limit' }).click()
  const input = page.getByLabel(/New value of container CPU limit/)
  await input.fill('0.1')
  await page.getByText(/Outside its range/).waitFor()
  assert.ok(await page.getByRole('button', { name: 'Save', exact: true }).isDisabled())
  await input.fill('0.2')
  await page.getByText(/larger change at once/).waitFor()
  await input.press('Enter')
  await page.getByText('edited; Trimtab proposed').waitFor()
  await page.getByRole('button', { name: 'Skip JVM GC' }).first().click()
  await page.getByText('skipped, stays').waitFor()
  await page.getByRole('button', { name: /^Approve/ }).click()
  await page.getByText('(edited)').waitFor()
  await page.getByText('p95 is predicted at 640 ms, outside its SLO p95 ≤ 250 ms.').waitFor()
  await page.getByRole('button', { name: 'Approve and apply' }).click()
  await page
    .getByText(/p95 above its SLO/)
    .first()
    .waitFor({ timeout: 12_000 })
})

story('a rejection needs a reason and is in the audit trail', async ({ origin, open, width }) => {
  const page = await open({ width, path: `/recommendations/${await openId(origin)}${token}` })
  await page.getByRole('button', { name: /^Reject/ }).click()
  await page.getByLabel(/Reason/).fill('campaign tonight')
  await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByText('campaign tonight').waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('l')
  await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor()
  await page.getByText('campaign tonight').waitFor()
})

story('the kill switch and the mode ask first', async ({ open, width }) => {
  const page = await open({ width, path: `/applications/shop${token}` })
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByLabel(/Reason/).fill('freeze')
  await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
  await page.getByText(/Paused: nothing new begins/).waitFor()
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Resume' }).click()
  await page.getByText(/Paused: nothing new begins/).waitFor({ state: 'detached' })
  await page.getByText('Autonomous', { exact: true }).click()
  await page.getByRole('button', { name: 'Change to autonomous' }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.ok(await page.getByRole('radio', { name: 'Autonomous' }).isChecked())
})

story('without a token nothing can be changed; the token leaves the address', async ({ origin, open, width }) => {
  const page = await open({ width, path: `/recommendations/${await openId(origin)}` })
  await page.getByText(/needs the token/).waitFor()
  assert.ok(await page.getByRole('button', { name: /^Approve/ }).isDisabled())
  await page.getByRole('button', { name: 'Enter the token' }).click()
  await page.getByLabel('Token').fill('mock-token')
  await page.getByLabel('Your name').fill('nora')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  assert.ok(await page.getByRole('button', { name: /^Approve/ }).isEnabled())
  const other = await open({ width, path: `/audit${token}` })
  await other.getByRole('heading', { level: 1 }).waitFor()
  assert.equal(other.url(), `${origin}/audit`)
  await other.close()
})

story('a lost connection is shown and heals by itself', async ({ origin, open, width }) => {
  const page = await open({ width })
  await page.getByText('Live', { exact: true }).waitFor()
  await lever(origin, 'down')
  await page.getByText('Connection to Trimtab lost.').waitFor()
  assert.ok(await page.getByRole('link', { name: 'shop', exact: true }).isVisible(), 'old data went away')
  await lever(origin, 'up')
  await page.getByText('Connection to Trimtab lost.').waitFor({ state: 'detached', timeout: 12_000 })
})

story('empty states and waiting states say what is missing', async ({ origin, open, width }) => {
  const page = await open({ width, path: '/applications/search' })
  await page.getByText(/Not enough evidence yet/).waitFor()
  await page.getByText('2 more windows at the present configuration').waitFor()
  await page.getByText(/Trouble around the application/).waitFor()
  await page.getByText('Node worker-3 is under memory pressure', { exact: true }).waitFor()
  await page.goto(`${origin}/applications/shop`)
  await page.getByText('jvm.gc_threads is left alone.').waitFor()
  await lever(origin, 'empty')
  await page.goto(`${origin}/`)
  await page.getByText('No application is enrolled yet').waitFor()
  await page.goto(`${origin}/studies`)
  await page.getByText('No study yet').waitFor()
  await page.goto(`${origin}/recommendations/unknown`)
  await page.getByText(/There is no recommendation/).waitFor()
})

story('a study shows its pictures, and a point leads to its experiment', async ({ open, width }) => {
  const page = await open({ width, path: '/studies/shop-cost' })
  await page.getByRole('img', { name: /best so far/ }).waitFor()
  await page.getByRole('img', { name: /Parallel coordinates/ }).waitFor()
  await page.getByLabel('Up').selectOption('m:p95')
  await page.getByRole('img', { name: /p95 against/ }).waitFor()
  await page.getByRole('button', { name: 'Show experiment 17' }).click()
  await page.getByText('Experiment 17', { exact: true }).waitFor()
})

story('a study says since when its measurements changed, and what is past', async ({ open, width }) => {
  const page = await open({ width, path: '/studies/shop-release' })
  await page.getByText(/^Measurements changed with trial \d+$/).waitFor()
  await page.getByRole('img', { name: /best so far.* Measurements changed with trial/ }).waitFor()
  await page
    .getByText(/^past: /)
    .first()
    .waitFor()
})

story('a document with a fault is refused with its place', async ({ open, width }) => {
  const page = await open({ width, path: `/enroll${token}` })
  await page.getByLabel('Document (YAML)').fill('colour: blue')
  await page.getByRole('button', { name: 'Check and enrol' }).click()
  await page.getByText('line 4, column 1: colour').waitFor()
})

story('every view is accessible and fits the width, in both themes', async ({ origin, open, width, problems }) => {
  const id = await openId(origin)
  const colourful = [
    '/applications/shop',
    '/applications/ledger?tab=load',
    `/recommendations/${id}`,
    '/studies/search-first',
  ]
  const plain = ['', '?tab=parameters', '?tab=document', '?tab=decisions'].map((tab) => `/applications/shop${tab}`)
  const others = [
    '/',
    '/recommendations',
    '/studies',
    '/studies/shop-cost',
    '/studies/shop-release',
    '/audit',
    '/enroll',
  ]
  // Colours depend neither on the width nor much on the view: the dark theme is scanned once, where it has most colours.
  for (const theme of width > 1000 ? ['light', 'dark'] : ['light']) {
    const paths = theme === 'dark' ? colourful : [...colourful, ...plain.slice(1), ...others]
    const page = await open({ width, theme, path: `/${token}` })
    for (const path of paths) {
      await page.goto(origin + path)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await page.locator('.loading').first().waitFor({ state: 'detached' })
      const over = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      )
      if (over > 0) problems.push(`${path} is ${over} px wider than ${width} px`)
      const { violations, passes } = await new AxeBuilder({ page })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
        .analyze()
      assert.ok(passes.length > 5, 'the accessibility scan saw nothing')
      for (const v of violations)
        problems.push(
          `${path} (${theme}, ${width}): ${v.id}: ${v.nodes
            .map((n) => n.target.join(' '))
            .slice(0, 3)
            .join(' | ')}`,
        )
    }
    await page.close()
  }
})

let failed = 0
const filter = process.argv[2] ?? ''
await withBrowser(async (tools) => {
  for (const { name, run } of stories) {
    if (!name.includes(filter)) continue
    for (const width of widths) {
      await lever(tools.origin, 'up')
      await lever(tools.origin, 'reset')
      tools.problems.length = 0
      const started = performance.now()
      const pages = []
      const open = async (options) => {
        const page = await tools.open(options)
        pages.push(page)
        return page
      }
      let error
      try {
        await run({ ...tools, open, width })
      } catch (cause) {
        error = cause
      }
      for (const page of pages) if (!page.isClosed()) await page.close()
      const took = `${((performance.now() - started) / 1000).toFixed(1)} s`
      if (error || tools.problems.length > 0) {
        failed += 1
        console.error(
          `FAILED  ${name} [${width}] ${took}\n${[error?.message ?? '', ...tools.problems].filter(Boolean).join('\n')}`,
        )
      } else console.log(`ok      ${name} [${width}] ${took}`)
    }
  }
})
process.exitCode = failed > 0 ? 1 : 0
