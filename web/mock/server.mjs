// A stand-in for `trimtab serve` to develop and test the page: the REST API of src/api/types.ts with made-up data, and
// the built page from dist/. Not part of the product. Usage: npm run mock  (PORT=8099; the token is "mock-token")
import { readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { series } from './series.mjs'
import { createState, decide } from './state.mjs'

const dist = join(fileURLToPath(new URL('.', import.meta.url)), '..', 'dist')
const kToken = 'mock-token'
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}
const kPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

let state = createState(Date.now())
let down = false
const streams = new Set()

function notify(kind, application, id) {
  state.sequence += 1
  const data = JSON.stringify({ sequence: state.sequence, kind, application, id })
  for (const stream of streams) stream.write(`id: ${state.sequence}\nevent: change\ndata: ${data}\n\n`)
}

function json(response, status, body) {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

const failure = (response, status, code, message, field = '', hint = '') =>
  json(response, status, { error: { code, message, field, hint } })
const missing = (response, what) => failure(response, 404, 'not_found', `There is no ${what}.`)

async function bodyOf(request) {
  let text = ''
  for await (const chunk of request) text += chunk
  return text ? JSON.parse(text) : {}
}

const summaryKeys = [
  'name',
  'description',
  'mode',
  'phase',
  'paused',
  'status',
  'waiting_for',
  'data_trouble',
  'disturbance',
  'healthy',
  'replicas',
  'slos',
  'load',
  'cost',
  'open_recommendation',
  'decision',
]
const summary = (a) => Object.fromEntries(summaryKeys.map((key) => [key, a[key]]))

function page(list, key, before, limit) {
  const start = before ? list.findIndex((item) => String(item[key]) === before) + 1 : 0
  return list.slice(start, start + limit)
}

function readApplication(response, parts, search) {
  const application = state.applications.find((a) => a.name === parts[1])
  if (!application) return missing(response, `application named ${parts[1]}`)
  const changes = state.changes[application.name] ?? []
  if (!parts[2]) return json(response, 200, application)
  if (parts[2] === 'changes') return json(response, 200, { changes })
  if (parts[2] === 'series') {
    const units = Object.fromEntries(application.metrics.map((m) => [m.name, m.unit]))
    const names = (search.get('metrics') ?? '').split(',').filter((name) => name in units)
    const step = Number.parseInt(search.get('step') ?? '5', 10) * 1000
    return json(response, 200, {
      series: series(names, units, Date.parse(search.get('from')), Date.parse(search.get('to')), step, changes),
    })
  }
  return missing(response, parts[2])
}

function read(response, parts, search) {
  const limit = Number(search.get('limit') ?? 100)
  const application = search.get('application')
  const fits = (item) => !application || item.application === application
  switch (parts[0]) {
    case 'version':
      return json(response, 200, { version: '0.1.0', revision: 'mock', started: state.started })
    case 'applications':
      return parts[1]
        ? readApplication(response, parts, search)
        : json(response, 200, { applications: state.applications.map(summary) })
    case 'recommendations': {
      if (parts[1]) {
        const found = state.recommendations.find((r) => r.id === parts[1])
        return found ? json(response, 200, found) : missing(response, `recommendation ${parts[1]}`)
      }
      const list = state.recommendations.filter(
        (r) => fits(r) && (!search.get('state') || r.state === search.get('state')),
      )
      return json(response, 200, { recommendations: page(list, 'id', search.get('before'), limit) })
    }
    case 'audit': {
      const list = state.audit.filter((e) => fits(e) && (!search.get('subject') || e.subject === search.get('subject')))
      return json(response, 200, { entries: page(list, 'sequence', search.get('before'), limit) })
    }
    case 'studies': {
      if (!parts[1]) return json(response, 200, { studies: state.studies.map(({ experiments_list, ...rest }) => rest) })
      const found = state.studies.find((s) => s.name === parts[1])
      return found ? json(response, 200, found) : missing(response, `study named ${parts[1]}`)
    }
    default:
      return missing(response, 'such resource')
  }
}

function changeApplication(request, response, parts, body) {
  if (request.method === 'POST') {
    if (!/kind:\s*Application/.test(body.document ?? ''))
      return failure(
        response,
        400,
        'invalid_input',
        'unknown field "colour"',
        'line 4, column 1: colour',
        'Remove it; fields are listed by: trimtab schema Application',
      )
    return json(response, 201, state.applications[0])
  }
  const application = state.applications.find((a) => a.name === parts[1])
  if (!application) return missing(response, `application named ${parts[1]}`)
  if (request.method === 'DELETE') {
    state.applications = state.applications.filter((a) => a !== application)
    notify('application', application.name, '')
    return json(response, 204)
  }
  if (parts[2] === 'mode') application.mode = body.mode
  if (parts[2] === 'paused') {
    application.paused = body.paused
    application.pause_reason = body.paused ? `you: ${body.reason || 'no reason given'}` : ''
    application.status = body.paused ? 'Paused.' : 'Observes.'
  }
  notify('application', application.name, '')
  return json(response, 200, application)
}

async function change(request, response, parts) {
  if (request.headers.authorization !== `Bearer ${kToken}`)
    return failure(
      response,
      401,
      'denied',
      'The token is missing or wrong.',
      '',
      'Give the token that trimtab serve printed at its start.',
    )
  const body = await bodyOf(request)
  if (parts[0] === 'applications') return changeApplication(request, response, parts, body)
  if (parts[0] === 'recommendations' && parts[2] === 'decision') {
    const found = state.recommendations.find((r) => r.id === parts[1])
    if (!found) return missing(response, `recommendation ${parts[1]}`)
    const refusal = decide(state, found, body, notify)
    return refusal
      ? failure(response, refusal.status, refusal.code, refusal.message, refusal.field)
      : json(response, 200, found)
  }
  return missing(response, 'such resource')
}

function events(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write(': connected\n\n')
  streams.add(response)
  const timer = setInterval(() => response.write(': still here\n\n'), 15_000)
  request.on('close', () => {
    clearInterval(timer)
    streams.delete(response)
  })
}

/** Levers for the browser tests: /mock/down, /mock/up, /mock/reset, /mock/empty. */
function lever(response, name) {
  if (name === 'down') {
    down = true
    for (const stream of streams) stream.destroy()
  }
  if (name === 'up') down = false
  if (name === 'reset') state = createState(Date.now())
  if (name === 'empty') Object.assign(state, { applications: [], recommendations: [], audit: [], studies: [] })
  if (name === 'reset' || name === 'empty') notify('reset', '', '')
  json(response, 200, {})
}

async function asset(response, path) {
  const wanted = normalize(join(dist, path))
  const inside = wanted.startsWith(dist)
  const is_file = inside && (await stat(wanted).catch(() => null))?.isFile()
  const file = is_file ? wanted : join(dist, 'index.html')
  response.writeHead(200, {
    'Content-Type': types[extname(file)] ?? 'application/octet-stream',
    'Content-Security-Policy': kPolicy,
  })
  response.end(await readFile(file))
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? '/', 'http://localhost')
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  try {
    if (parts[0] === 'mock') return lever(response, parts[1])
    if (parts[0] !== 'api') return await asset(response, url.pathname)
    if (down) return response.destroy()
    if (parts[2] === 'events') return events(request, response)
    return request.method === 'GET'
      ? read(response, parts.slice(2), url.searchParams)
      : await change(request, response, parts.slice(2))
  } catch (error) {
    failure(response, 500, 'internal', String(error))
  }
})
server.listen(Number(process.env.PORT ?? 8099), '127.0.0.1', () => {
  const { port } = server.address()
  console.log(`mock: http://127.0.0.1:${port}/#token=${kToken}`)
})
