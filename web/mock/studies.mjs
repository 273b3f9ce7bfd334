// Two studies: one finished, one under way. The experiments come from a small model of the shop, with a fixed seed.
import { baseline, parameters } from './catalogue.mjs'

const kMinute = 60_000
const iso = (at) => new Date(at).toISOString()

/** A small linear congruential generator (Numerical Recipes), so that every start shows the same studies. */
export function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 4294967296
  }
}

function draw(p, random, focus) {
  if (p.values.length > 0) return p.values[Math.floor(random() * p.values.length)]
  const share = focus ? 0.1 + 0.35 * random() : random()
  const step = p.step ?? 1
  return Number((p.min + Math.round((share * (p.max - p.min)) / step) * step).toPrecision(12))
}

function measure(c, random) {
  const cpu = c['container.cpu_limit']
  const heap = c['jvm.heap']
  const noise = () => 0.97 + 0.06 * random()
  const gc = 0.5 + 260 / Math.max(60, heap - 380) + (c['jvm.gc'] === 'Serial' ? 0.9 : 0)
  const p95 = (70 + 62 / Math.max(0.12, cpu - 0.62) + 11 * gc + (c['tomcat.max_threads'] < 24 ? 60 : 0)) * noise()
  const cost = 2 * (cpu * 22 + (c['container.memory_limit'] / 1024) * 4.5)
  return {
    p95,
    error_ratio: cpu < 0.6 ? 0.02 * random() : 0.0003 * random(),
    throughput: Math.min(400, 520 * cpu) * noise(),
    cost,
  }
}

// `change`: the experiment from which on a release makes everything a quarter dearer; 0: none.
function experiments(count, now, seed, change) {
  const random = generator(seed)
  return Array.from({ length: count }, (_, i) => {
    const configuration =
      i === 0 ? { ...baseline } : Object.fromEntries(parameters.map((p) => [p.name, draw(p, random, i > 8)]))
    // Most proposals respect what is known about the heap; a few find out the hard way.
    if (random() < 0.85)
      configuration['jvm.heap'] = Math.min(
        configuration['jvm.heap'],
        Math.max(128, configuration['container.memory_limit'] - 256),
      )
    const failed = configuration['jvm.heap'] + 200 > configuration['container.memory_limit']
    const m = measure(configuration, random)
    const past = i + 1 < change
    if (change > 0 && !past) m.cost *= 1.25
    const started = now - (count - i) * 4 * kMinute
    return {
      number: i + 1,
      configuration,
      goal: failed ? null : m.cost,
      feasible: !failed && m.p95 <= 250 && m.error_ratio <= 0.01,
      failed,
      failure: failed ? 'out of memory: shop-1 was killed 21 s after the start of the load' : '',
      metrics: failed ? {} : m,
      trials: failed ? 1 : 3,
      era: change > 0 && !past ? 1 : 0,
      past,
      started: iso(started),
      ended: iso(started + 3.5 * kMinute),
      why:
        i === 0
          ? 'Baseline.'
          : i <= 8
            ? 'Fills the space (scrambled Sobol point).'
            : 'Greatest expected improvement that meets the SLOs with 90 % probability.',
    }
  })
}

function study(now, name, state, count, budget, status, change = 0) {
  const list = experiments(count, now, 11, change)
  const scored = list.filter((e) => e.feasible && !e.past)
  // The first trial of that experiment.
  const trial = 1 + list.slice(0, Math.max(0, change - 1)).reduce((sum, e) => sum + e.trials, 0)
  const best = scored.reduce((a, b) => (!a || b.goal < a.goal ? b : a), null)
  return {
    name,
    state,
    goal: 'cost',
    direction: 'minimize',
    experiments: count,
    budget,
    best: best?.goal ?? null,
    baseline: change > 0 ? null : (list[0]?.goal ?? null),
    changed_since: change > 0 ? trial : null,
    created: iso(now - count * 4 * kMinute),
    updated: iso(now - (state === 'running' ? 0.4 : 90) * kMinute),
    document:
      'apiVersion: trimtab.dev/v1\nkind: Study\nname: ' +
      name +
      '\ngoal: {minimize: cost}\nslos:\n  - p95 <= 250\n  - error_ratio <= 0.01\n',
    parameters: parameters.map((p) => ({ ...p, live: null })),
    slos: ['p95 <= 250', 'error_ratio <= 0.01'],
    experiments_list: list,
    changes: change > 0 ? [{ trial, experiment: change }] : [],
    best_configuration: best?.configuration ?? null,
    importance:
      count < 5
        ? []
        : [
            { parameter: 'container.cpu_limit', share: 0.58 },
            { parameter: 'jvm.heap', share: 0.19 },
            { parameter: 'container.memory_limit', share: 0.13 },
            { parameter: 'jvm.gc', share: 0.06 },
            { parameter: 'tomcat.max_threads', share: 0.03 },
            { parameter: 'jvm.gc_threads', share: 0.01 },
          ],
    status,
  }
}

export function studies(now) {
  return [
    study(now, 'shop-black-friday', 'running', 12, 40, 'Experiment 13, trial 2 of 3; about 1 h 50 min left.'),
    study(now, 'shop-cost', 'finished', 32, 32, 'Budget used.'),
    study(now, 'shop-release', 'finished', 26, 26, 'Budget used.', 15),
    study(
      now,
      'search-first',
      'interrupted',
      0,
      20,
      'Interrupted before the first experiment finished; resume with trimtab study resume.',
    ),
  ]
}
