// Realistic data for developing and testing the page without a server. Times are relative to `now`.
import { baseline, metrics, parameters } from './catalogue.mjs'

export const kMinute = 60_000
export const iso = (at) => new Date(at).toISOString()

export function ulid(n) {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  let text = ''
  let rest = n * 7919 + 104729
  for (let i = 0; i < 16; i++) {
    text = alphabet[rest % 32] + text
    rest = Math.floor(rest / 2) + n * 31 + i * 17
  }
  return `01KB${String(n).padStart(6, '0')}${text}`
}

const slo = (name, bound, unit, value, breached_share = 0, upper = true) => ({
  name,
  bound,
  upper,
  unit,
  value,
  breached_share,
  confidence: 0.95,
  holds: value === null ? null : upper ? value <= bound : value >= bound,
})

const document_text = `apiVersion: trimtab.dev/v1
kind: Application
name: shop
description: Product catalogue and basket of the web shop
platform:
  local: {replicas: 2, proxy: haproxy}
telemetry:
  prometheus: http://127.0.0.1:9090
slos:
  - p95 <= 250 ms
  - error_ratio <= 0.01
goal: {minimize: cost}
parameters:
  - {name: container.cpu_limit, min: 0.2, max: 4, step: 0.05, max_step: 0.5}
  - {name: jvm.heap, min: 128, max: 3072, max_step: 256}
policy: {mode: recommend, confidence: 0.95}
`

function application(now, rest) {
  const configuration = rest.configuration ?? { ...baseline }
  return {
    description: '',
    mode: 'recommend',
    phase: 'observing',
    paused: false,
    status: 'observes: 212 usable windows',
    waiting_for: [],
    data_trouble: '',
    disturbance: '',
    healthy: true,
    replicas: 2,
    slos: [],
    load: { now: 184, expected: 402, unit: '1/s', context: 'high' },
    cost: { currency: 'EUR', current: 96.4, baseline: 131.2, saving: 34.8 },
    open_recommendation: null,
    decision: null,
    document: document_text,
    enrolled: iso(now - 26 * 60 * kMinute),
    platform: 'local',
    load_metric: 'arrivals',
    metrics,
    configuration,
    configuration_since: iso(now - 34 * kMinute),
    parameters: parameters.map((p) => ({ ...p, live: configuration[p.name] })),
    replica_states: ['shop-1', 'shop-2'].map((name, i) => ({
      name,
      ready: true,
      configuration: { ...configuration },
      identity: `pid ${4211 + i}`,
      restarts: i,
      out_of_memory_kills: 0,
      trouble: '',
    })),
    contexts: [
      { id: 'c1', name: 'valley', low: 20, high: 61, centre: 40, share: 0.31, current: false },
      { id: 'c2', name: 'medium', low: 66, high: 148, centre: 104, share: 0.36, current: false },
      { id: 'c3', name: 'high', low: 152, high: 260, centre: 198, share: 0.24, current: true },
      { id: 'c4', name: 'peak', low: 266, high: 402, centre: 330, share: 0.09, current: false },
    ],
    barred: [],
    left_alone: {},
    windows: { usable: 212, refused: 7 },
    cadence: { window_s: 30, step_s: 5, decide_every_s: 180, guard_every_s: 5, settle_s: 45 },
    pause_reason: '',
    ...rest,
  }
}

export const live = {
  'container.cpu_limit': 1.5,
  'container.memory_limit': 1280,
  'jvm.heap': 896,
  'jvm.gc': 'G1',
  'jvm.gc_threads': 2,
  'tomcat.max_threads': 120,
}
export const ids = {
  open: ulid(9),
  kept: ulid(5),
  rolled: ulid(7),
  rejected: ulid(6),
  verifying: ulid(8),
  first: ulid(2),
}

export function applications(now) {
  return [
    application(now, {
      name: 'shop',
      description: 'Product catalogue and basket of the web shop',
      configuration: live,
      slos: [
        slo('p95 <= 250', 250, 'ms', 171.4, 0.0012),
        slo('error_ratio <= 0.01', 0.01, 'ratio', 0.0004),
        slo('throughput >= 0.95 * arrivals', 1, '', 1.051, 0, false),
      ],
      open_recommendation: ids.open,
      status: 'observes; a recommendation waits for a decision',
      left_alone: {
        'jvm.gc_threads':
          'its runtime says 4 threads where 2 is set: something else decides it (jvm.gc_threads_shown)',
      },
      barred: [
        {
          configuration: { ...live, 'jvm.heap': 1232 },
          context: 'peak',
          until: iso(now + 20 * 60 * kMinute),
          reason: 'Killed for lack of memory 40 s after the change.',
        },
      ],
    }),
    application(now, {
      name: 'payments',
      description: 'Card payments, strict latency',
      mode: 'autonomous',
      phase: 'verifying',
      decision: ids.verifying,
      status: 'verifies a change: 2 of at least 3 windows seen',
      slos: [slo('p99', 400, 'ms', 288, 0.0004), slo('error_ratio', 0.001, 'ratio', 0.0002)],
      load: { now: 61.2, expected: 140, unit: '1/s', context: 'medium' },
      cost: { currency: 'EUR', current: 412.5, baseline: 655, saving: 242.5 },
    }),
    application(now, {
      name: 'search',
      description: 'Full-text search, enrolled a moment ago',
      mode: 'recommend',
      enrolled: iso(now - 3 * kMinute),
      configuration_since: iso(now - 3 * kMinute),
      waiting_for: [
        'not enough evidence yet: 2 more windows at the present configuration',
        'the next look for a gain, in 45s',
      ],
      status: 'holds still: node worker-3 is under memory pressure',
      disturbance: 'node worker-3 is under memory pressure',
      slos: [slo('p95 <= 120', 120, 'ms', 84.2), slo('error_ratio', 0.01, 'ratio', null)],
      contexts: [],
      windows: { usable: 1, refused: 0 },
      load: { now: 47.8, expected: 48, unit: '1/s', context: '' },
      cost: { currency: 'EUR', current: 210, baseline: 210, saving: 0 },
    }),
    application(now, {
      name: 'ledger',
      description: '',
      mode: 'observe',
      paused: true,
      phase: 'frozen',
      healthy: false,
      pause_reason: 'nora: change freeze for the quarter’s end',
      data_trouble: 'Prometheus at http://127.0.0.1:9090 did not answer within 2 s (3 times in a row, last 12 s ago).',
      status: 'paused by nora: change freeze for the quarter’s end',
      slos: [slo('p95', 300, 'ms', 412, 0.034), slo('throughput', 20, '1/s', 14.2, 0.02, false)],
      load: { now: 14.2, expected: 55, unit: '1/s', context: 'valley' },
      cost: { currency: 'EUR', current: 88, baseline: 88, saving: 0 },
      replica_states: [
        {
          name: 'ledger-0',
          ready: true,
          configuration: { ...baseline },
          identity: 'pid 911',
          restarts: 0,
          out_of_memory_kills: 0,
          trouble: '',
        },
        {
          name: 'ledger-1',
          ready: false,
          configuration: { ...baseline, 'jvm.heap': 2048 },
          identity: '',
          restarts: 5,
          out_of_memory_kills: 3,
          trouble: 'crash loop: 5 exits in 4 min, the last one killed for lack of memory',
        },
      ],
    }),
  ]
}

export function changes(now) {
  const found = { at: iso(now - 26 * 60 * kMinute), configuration: baseline, decision: '', kind: 'enrolled' }
  const applied = { at: iso(now - 34 * kMinute), configuration: live, decision: ids.kept, kind: 'applied' }
  return {
    shop: [
      found,
      {
        at: iso(now - 63 * kMinute),
        configuration: { ...baseline, 'jvm.heap': 1232 },
        decision: ids.rolled,
        kind: 'applied',
      },
      { at: iso(now - 61.4 * kMinute), configuration: baseline, decision: ids.rolled, kind: 'rolled_back' },
      {
        at: iso(now - 50 * kMinute),
        configuration: { ...baseline, 'tomcat.max_threads': 180 },
        decision: '',
        kind: 'drift',
      },
      applied,
    ],
    payments: [
      found,
      {
        ...applied,
        at: iso(now - 8.5 * kMinute),
        configuration: { ...baseline, 'container.cpu_limit': 1.8 },
        decision: ids.verifying,
      },
    ],
    search: [{ ...found, at: iso(now - 3 * kMinute) }],
    ledger: [found],
  }
}

export function audit(now) {
  let sequence = 400
  const line = (minutes, application, actor, action, subject, text) => ({
    sequence: sequence--,
    at: iso(now - minutes * kMinute),
    application,
    actor,
    action,
    subject,
    text,
  })
  return [
    line(4, 'shop', 'trimtab', 'proposed', ids.open, 'Proposed: save 24.50 EUR a month.'),
    line(
      8.5,
      'payments',
      'trimtab',
      'applied',
      ids.verifying,
      'container.cpu_limit 2 → 1.8 cores, read back live on 2 of 2 replicas.',
    ),
    line(9, 'payments', 'policy', 'approved', ids.verifying, 'autonomous: confidence 0.991 ≥ 0.95, effect live'),
    line(12, 'ledger', 'nora', 'paused', 'ledger', 'change freeze for the quarter’s end'),
    line(
      26,
      'shop',
      'trimtab',
      'kept',
      ids.kept,
      'Not worse in any SLO at equal load, and EUR 34.80 a month cheaper: kept.',
    ),
    line(38, 'shop', 'nora', 'approved', ids.kept, 'Looks sound.'),
    line(
      61.4,
      'shop',
      'guard',
      'rolled_back',
      ids.rolled,
      'shop-2 was killed for lack of memory 40 s after the change',
    ),
    line(96, 'shop', 'nora', 'rejected', ids.rejected, 'Campaign starts tonight; next week.'),
    line(1560, 'shop', 'nora', 'enrolled', 'shop', 'Enrolled from application.yaml (revision 4f21c9d0).'),
  ]
}
