// What people see of a live decision, on the real server: one decides at one width, another watches at the other, whose page is
// never reloaded. live_decision.py starts the server and tells where it is. Usage: node live_decision.mjs kept|rolled_back
import assert from 'node:assert/strict'
import { withBrowser } from '../../web/e2e/browser.mjs'

const { TRIMTAB_ORIGIN: origin, TRIMTAB_TOKEN: token, TRIMTAB_APPLICATION: application } = process.env
const kDecisionMs = 90_000 // longer than any decision of the toy application takes
const kMostBytesOfFirstLoad = 300_000

const byText = (page, text) => page.getByText(text).first().waitFor({ timeout: kDecisionMs })

/** What the wire carried so far, compressed as it was sent. The stream of changes is left out: it never ends. */
async function bytesLoaded(page) {
  const entries = await page.evaluate(() =>
    [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].map((e) => ({
      name: e.name,
      encoded: e.encodedBodySize,
      decoded: e.decodedBodySize,
    })),
  )
  const script = entries.find((e) => e.name.endsWith('.js'))
  assert.ok(script && script.encoded > 0 && script.encoded < script.decoded, 'the script is not sent compressed')
  return entries.reduce((sum, e) => sum + e.encoded, 0)
}

/** From the list of applications to the open recommendation, as a person goes. */
async function follow(page) {
  await page.getByRole('link', { name: application, exact: true }).click()
  await page.getByRole('heading', { level: 1, name: application }).waitFor()
  await page.getByRole('link', { name: 'Review the recommendation' }).click()
  await page.getByText('Predicted effect').waitFor()
  await page.getByText('What was seen', { exact: true }).waitFor()
}

async function fits(page, width) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  assert.ok(over <= 0, `${page.url()} is ${over} px wider than ${width} px`)
}

const stories = {
  async kept({ person, onlooker }) {
    await person.keyboard.press('a')
    await person.getByRole('dialog').getByRole('button', { name: 'Approve and apply' }).click()
    await Promise.all([person, onlooker].map((page) => byText(page, 'Being verified')))
    for (const page of [person, onlooker]) {
      await byText(page, 'Before and after at equal load')
      await page.getByText('Kept', { exact: true }).first().waitFor({ timeout: kDecisionMs })
    }
  },
  async rolled_back({ person, onlooker }) {
    await person.getByRole('button', { name: /^Edit container CPU limit/ }).click()
    const input = person.getByLabel(/New value of container CPU limit/)
    await input.fill('0.1')
    await person.getByText(/Outside its range/).waitFor()
    assert.ok(await person.getByRole('button', { name: 'Save', exact: true }).isDisabled())
    await input.fill('0.2')
    await input.press('Enter')
    await person.getByText('edited; Trimtab proposed').waitFor()
    await person.getByRole('button', { name: /^Approve/ }).click()
    await person.getByText('(edited)').waitFor()
    await person.getByRole('dialog').getByRole('button', { name: 'Approve and apply' }).click()
    for (const page of [person, onlooker]) {
      await page.getByText('Rolled back', { exact: true }).first().waitFor({ timeout: kDecisionMs })
      await page.getByText(/p95 .*SLO/).first().waitFor()
      const timeline = page.locator('.timeline')
      await timeline.getByText('guard').first().waitFor()
      assert.ok((await timeline.locator('li').count()) >= 4, 'the story is not told')
    }
  },
}

const name = process.argv[2]
const [wide, narrow] = [1280, 400]
const [deciding, watching] = name === 'kept' ? [wide, narrow] : [narrow, wide]
await withBrowser(async ({ open, problems }) => {
  const person = await open({ width: deciding, path: `/#token=${token}` })
  await person.getByRole('link', { name: application, exact: true }).waitFor()
  const bytes = await bytesLoaded(person)
  assert.ok(bytes < kMostBytesOfFirstLoad, `the first load takes ${bytes} bytes`)
  const onlooker = await open({ width: watching })
  for (const page of [person, onlooker]) await follow(page)
  assert.ok(await onlooker.getByRole('button', { name: /^Approve/ }).isDisabled(), 'who has no token can approve')
  for (const [page, width] of [[person, deciding], [onlooker, watching]]) await fits(page, width)
  await stories[name]({ person, onlooker })
  for (const [page, width] of [[person, deciding], [onlooker, watching]]) {
    await fits(page, width)
    await page.goto(`${origin}/applications/${application}`)
    await page.locator('.chart canvas').first().waitFor()
    assert.ok((await page.locator('.chart-mark').count()) > 0, 'the change is not marked in the charts')
    await fits(page, width)
  }
  await person.goto(`${origin}/audit`)
  await person.getByRole('heading', { level: 1, name: 'Audit' }).waitFor()
  await person.getByText(/approve/i).first().waitFor()
  assert.deepEqual(problems, [])
  console.log(`${name}: decided at ${deciding} px, watched at ${watching} px; first load ${(bytes / 1000).toFixed(0)} kB`)
}, origin)
