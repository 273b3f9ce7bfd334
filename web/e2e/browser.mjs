// Starts the stand-in server on a free port, or takes a server that runs, and Debian's chromium against it; watches that
// no request leaves the origin.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('..', import.meta.url))
const kStartMs = 10_000

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The address the stand-in prints once it listens. */
function address(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the stand-in server did not start')), kStartMs)
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(text)
      if (!found) return
      clearTimeout(timer)
      resolve(found[0])
    })
    child.on('exit', () => reject(new Error('the stand-in server ended')))
  })
}

/**
 * Runs `use({origin, open, problems})`; `open` gives a page at a width with a theme. Everything started is ended.
 * `at`: the origin of a server that runs; without it the stand-in is started.
 */
export async function withBrowser(use, at) {
  const server = at
    ? undefined
    : spawn(process.execPath, ['mock/server.mjs'], {
        cwd: root,
        env: { ...process.env, PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
  const profile = await mkdtemp(join(tmpdir(), 'trimtab-web-'))
  const problems = []
  let browser
  try {
    const origin = at ?? (await address(server))
    browser = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: flags,
      serviceWorkers: 'block',
    })
    const open = async ({ width = 1280, height = 900, theme = 'light', path = '/' } = {}) => {
      const page = await browser.newPage()
      page.setDefaultTimeout(8_000)
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme: theme })
      page.on('request', (request) => {
        const url = request.url()
        if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:'))
          problems.push(`a request left the origin: ${url}`)
      })
      page.on('pageerror', (error) => problems.push(`an error in the page: ${error.message}`))
      page.on('console', (message) => {
        if (message.type() === 'error' && /Content.Security.Policy|Warning:/i.test(message.text()))
          problems.push(message.text())
      })
      await page.goto(origin + path)
      return page
    }
    await use({ origin, open, problems })
  } finally {
    await browser?.close()
    server?.kill()
    await rm(profile, { recursive: true, force: true })
  }
}
