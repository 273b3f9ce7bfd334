// Series of a day that lasts forty minutes: smooth load, latency that follows it, a little noise that depends only on the
// time, so that the same request gives the same answer.

const kDay = 40 * 60_000
const noise = (at, salt) => {
  const x = Math.sin(at / 1000 + salt * 78.233) * 43758.5453
  return x - Math.floor(x) - 0.5
}
const slow = (at, salt) => 0.6 * noise(Math.floor(at / 30_000), salt) + 0.4 * noise(at, salt)

function load(at) {
  const phase = (2 * Math.PI * (at % kDay)) / kDay
  const lunch = Math.exp(-((phase - 3.4) ** 2) / 0.5)
  return Math.max(18, 150 - 105 * Math.cos(phase) + 120 * lunch + 14 * slow(at, 1))
}

function configurationAt(at, changes) {
  let found = changes[0]?.configuration ?? {}
  for (const c of changes) if (Date.parse(c.at) <= at) found = c.configuration
  return found
}

function measured(metric, at, c, bad) {
  const l = load(at)
  const cpu = c['container.cpu_limit'] ?? 2
  const used = 0.12 + (0.74 * l) / 402 + 0.02 * slow(at, 3)
  const heap = c['jvm.heap'] ?? 1024
  const p95 = (82 + 0.2 * l + 10 / Math.max(0.1, cpu - used) + 14 * slow(at, 4)) * (bad ? 3.4 : 1)
  switch (metric) {
    case 'arrivals':
      return l
    case 'throughput':
      return Math.max(0, l * (bad ? 0.7 : 0.998) + slow(at, 2))
    case 'p95':
      return p95
    case 'p99':
      return p95 * 1.5 + 18 * slow(at, 5)
    case 'error_ratio':
      return bad ? 0.06 + 0.02 * slow(at, 6) : Math.max(0, 0.0004 + 0.0006 * slow(at, 6))
    case 'container.cpu_used':
      return used
    case 'container.throttled_ratio':
      return Math.max(0, 0.004 * (used / cpu) + 0.01 * Math.max(0, used / cpu - 0.6) + 0.001 * slow(at, 7))
    case 'container.memory_working_set':
      return heap * 0.72 + 150 + 12 * slow(at, 8)
    case 'jvm.heap_used':
      return heap * (0.45 + 0.2 * ((at % 45_000) / 45_000)) + 10 * slow(at, 9)
    case 'replicas':
      return bad ? 1 : 2
    case 'jvm.gc_time_ratio':
      return Math.max(0, 0.011 + 0.004 * slow(at, 10))
    case 'jvm.gc_pause_max':
      return 38 + 20 * slow(at, 11)
    default:
      return null
  }
}

export function series(names, units, from, to, step, changes) {
  const out = {}
  const troubles = changes
    .filter((c) => c.kind === 'applied' && c.configuration['jvm.heap'] > 1200)
    .map((c) => Date.parse(c.at))
  for (const name of names) {
    const points = []
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      // Prometheus was away for two minutes: a gap.
      if (to - at > 20 * 60_000 && to - at < 22 * 60_000) continue
      const bad = troubles.some((t) => at > t && at < t + 100_000)
      const value = measured(name, at, configurationAt(at, changes), bad)
      if (value !== null) points.push([at, Number(value.toPrecision(6))])
    }
    if (name in units) out[name] = { unit: units[name], points }
  }
  return out
}
