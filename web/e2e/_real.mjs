import { chromium } from 'playwright-core'
const out = process.argv[2]
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
for (const theme of ['dark', 'light']) {
  const page = await b.newPage({ viewport: { width: 1280, height: 1100 }, colorScheme: theme })
  page.on('pageerror', (e) => console.log('pageerror', e.message))
  await page.goto('http://127.0.0.1:5199/applications/shop?range=15m')
  await page.locator('.chart canvas').first().waitFor({ timeout: 15000 })
  await page.waitForTimeout(1500)
  await page.screenshot({ path: `${out}/application-${theme}.png`, fullPage: true })
  const link = page.getByRole('link', { name: 'Review the recommendation' })
  if (await link.count()) {
    await link.click()
    await page.getByText('Predicted effect').waitFor()
    await page.waitForTimeout(800)
    await page.screenshot({ path: `${out}/recommendation-${theme}.png`, fullPage: true })
  }
  await page.close()
}
await b.close()
