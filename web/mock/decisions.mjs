// The recommendations of the stand-in: one open, one under way, and three that ended.
import { baseline, parameters } from './catalogue.mjs'
import { ids, iso, kMinute, live } from './fixtures.mjs'

const change = (name, current, proposed, why) => {
  const p = parameters.find((q) => q.name === name)
  return {
    parameter: name,
    unit: p.unit,
    current,
    proposed,
    edited: null,
    skipped: false,
    effective: proposed,
    effect: p.effect,
    why,
  }
}

const entry = (at, state, actor, action, reason = '') => ({ at: iso(at), state, actor, action, reason })

export function settle(r) {
  r.target = { ...r.current }
  for (const c of r.changes) {
    c.effective = c.skipped ? c.current : (c.edited ?? c.proposed)
    r.target[c.parameter] = c.effective
  }
  return r
}

function recommendation(now, rest) {
  const created = rest.at ?? now - 4 * kMinute
  return settle({
    application: 'shop',
    created: iso(created),
    expires: iso(created + 60 * kMinute),
    state: 'proposed',
    kind: 'exploit',
    summary: '',
    confidence: 0.973,
    current: live,
    changes: [],
    predictions: [],
    bindings: [],
    evidence: {
      windows: 212,
      windows_at_current: 58,
      load_low: 20,
      load_high: 402,
      load_expected: 402,
      statements: [],
    },
    cost: { currency: 'EUR', current: 96.4, proposed: 71.9, saving: 24.5 },
    history: [
      entry(created, 'proposed', 'trimtab', 'proposed', 'Expected to save EUR 24.50 a month with every SLO held.'),
    ],
    verdict: null,
    ...rest,
  })
}

export const verdict = {
  test: 'Welch’s t-test on windows matched by load, one-sided against "worse by more than 5 %", 95 % confidence.',
  windows_before: 14,
  windows_after: 6,
  load_before: 187.2,
  load_after: 191.4,
  rows: [
    {
      metric: 'p95',
      before: 164.1,
      after: 171.8,
      change: 0.047,
      low: -0.012,
      high: 0.106,
      p_value: 0.031,
      conclusion: 'same',
    },
    {
      metric: 'error_ratio',
      before: 0.0004,
      after: 0.0004,
      change: 0,
      low: -0.2,
      high: 0.2,
      p_value: 0.0004,
      conclusion: 'same',
    },
    {
      metric: 'throughput',
      before: 187.1,
      after: 191.3,
      change: 0.022,
      low: -0.01,
      high: 0.05,
      p_value: 0.012,
      conclusion: 'same',
    },
    {
      metric: 'cost',
      before: 131.2,
      after: 96.4,
      change: -0.265,
      low: -0.265,
      high: -0.265,
      p_value: 0,
      conclusion: 'better',
    },
  ],
  conclusion: 'Not worse in any SLO at equal load, and EUR 34.80 a month cheaper: kept.',
}

export function recommendations(now) {
  const open_changes = [
    change(
      'container.cpu_limit',
      1.5,
      1.15,
      'At 402 requests/s one replica needs 0.86 cores; throttling was below 0.1 % in all 58 windows, and 0.29 cores of head room remain.',
    ),
    change(
      'container.memory_limit',
      1280,
      1024,
      'The working set never exceeded 806 MiB; with the new heap 968 MiB are needed at most.',
    ),
    change(
      'jvm.heap',
      896,
      720,
      'Live data after a full collection is 388 MiB; collections cost 1.1 % of the time and would cost 1.6 %.',
    ),
    change(
      'jvm.gc',
      'G1',
      'Parallel',
      'Below 2 cores and 1792 MiB the parallel collector pauses shorter in total; seen pauses fit inside the p95.',
    ),
    change('tomcat.max_threads', 120, 64, 'At most 31 threads were busy; more only compete for the CPU quota.'),
  ]
  return [
    recommendation(now, {
      id: ids.open,
      summary: 'Save 24.50 EUR a month: less CPU, memory and heap, parallel collector',
      changes: open_changes,
      predictions: [
        { metric: 'p95 <= 250', unit: '', current: 171.4, mean: 188.2, low: 166.3, high: 221.9, at_load: 402 },
        { metric: 'p99', unit: 'ms', current: 262, mean: 301, low: 251, high: 372, at_load: 402 },
        {
          metric: 'error_ratio',
          unit: 'ratio',
          current: 0.0004,
          mean: 0.0005,
          low: 0.0002,
          high: 0.0011,
          at_load: 402,
        },
        { metric: 'container.cpu_used', unit: 'cores', current: 0.86, mean: 0.88, low: 0.82, high: 0.95, at_load: 402 },
        { metric: 'cost', unit: 'EUR/month', current: 96.4, mean: 71.9, low: 71.9, high: 71.9, at_load: 402 },
      ],
      bindings: [
        {
          kind: 'slo',
          subject: 'p95',
          text: 'would be broken with a probability above 5 % at 402 requests/s below 1.1 cores',
        },
        { kind: 'step', subject: 'container.memory_limit', text: 'changes by at most 512 MiB at once' },
        {
          kind: 'constraint',
          subject: 'jvm.heap + 248 <= container.memory_limit',
          text: 'leaves no room for less memory with this heap',
        },
      ],
      evidence: {
        windows: 212,
        windows_at_current: 58,
        load_low: 20,
        load_high: 402,
        load_expected: 402,
        statements: [
          '58 usable windows with the present configuration, in all four load contexts.',
          'p95 grows by 0.21 ms for every request/s; at the highest expected load it is 171 ms, 79 ms below its SLO.',
          'No window was throttled by more than 0.4 %, and no process was killed for lack of memory.',
        ],
      },
    }),
    recommendation(now, {
      id: ids.verifying,
      application: 'payments',
      at: now - 9 * kMinute,
      state: 'verifying',
      summary: 'Save 18.20 EUR a month: one tenth less CPU',
      current: baseline,
      changes: [change('container.cpu_limit', 2, 1.8, 'The busiest window used 1.1 cores.')],
      cost: { currency: 'EUR', current: 430.7, proposed: 412.5, saving: 18.2 },
      predictions: [{ metric: 'p99', unit: 'ms', current: 281, mean: 284, low: 270, high: 301, at_load: 140 }],
      history: [
        entry(now - 9 * kMinute, 'proposed', 'trimtab', 'proposed'),
        entry(
          now - 9 * kMinute + 400,
          'approved',
          'policy',
          'approved',
          'autonomous: confidence 0.991 ≥ 0.95, effect live',
        ),
        entry(now - 8.8 * kMinute, 'applying', 'trimtab', 'applying'),
        entry(now - 8.5 * kMinute, 'verifying', 'trimtab', 'applied', 'read back live on 2 of 2 replicas'),
      ],
    }),
    recommendation(now, {
      id: ids.rolled,
      at: now - 70 * kMinute,
      state: 'rolled_back',
      kind: 'manual',
      summary: 'Larger heap, as edited by a person',
      current: live,
      changes: [{ ...change('jvm.heap', 896, 784, 'Collections cost 1.1 % of the time.'), edited: 1232 }],
      cost: { currency: 'EUR', current: 96.4, proposed: 96.4, saving: 0 },
      verdict: {
        ...verdict,
        rows: [
          {
            metric: 'p95',
            before: 168,
            after: 611,
            change: 2.64,
            low: 1.9,
            high: 3.3,
            p_value: 0.9999,
            conclusion: 'worse',
          },
        ],
        windows_after: 1,
        conclusion: 'Rolled back by the guard before the comparison was complete.',
      },
      history: [
        entry(now - 70 * kMinute, 'proposed', 'trimtab', 'proposed'),
        entry(
          now - 66 * kMinute,
          'proposed',
          'tom',
          'edited',
          'jvm.heap 784 → 1232 MiB: try the biggest heap that fits',
        ),
        entry(now - 65 * kMinute, 'approved', 'tom', 'approved'),
        entry(now - 64.8 * kMinute, 'applying', 'trimtab', 'applying'),
        entry(now - 63 * kMinute, 'verifying', 'trimtab', 'applied', 'read back live on 2 of 2 replicas'),
        entry(
          now - 62.3 * kMinute,
          'rolling_back',
          'guard',
          'rolling_back',
          'shop-2 was killed for lack of memory 40 s after the change',
        ),
        entry(
          now - 61.4 * kMinute,
          'rolled_back',
          'guard',
          'rolled_back',
          'read back live; not proposed again at peak until tomorrow',
        ),
      ],
    }),
    recommendation(now, {
      id: ids.rejected,
      at: now - 100 * kMinute,
      state: 'rejected',
      summary: 'Save 9.10 EUR a month: fewer collector threads',
      current: live,
      changes: [change('jvm.gc_threads', 2, 1, 'One thread can carry the collections.')],
      cost: { currency: 'EUR', current: 96.4, proposed: 87.3, saving: 9.1 },
      history: [
        entry(now - 100 * kMinute, 'proposed', 'trimtab', 'proposed'),
        entry(now - 96 * kMinute, 'rejected', 'nora', 'rejected', 'Campaign starts tonight; next week.'),
      ],
    }),
    recommendation(now, {
      id: ids.kept,
      at: now - 45 * kMinute,
      state: 'kept',
      summary: 'Save 34.80 EUR a month: less CPU and memory, fewer threads',
      current: baseline,
      verdict,
      changes: [
        change('container.cpu_limit', 2, 1.5, 'One replica used 0.86 cores at most.'),
        change('container.memory_limit', 1536, 1280, 'The working set never exceeded 930 MiB.'),
        change('jvm.heap', 1024, 896, 'Live data is 390 MiB.'),
        change('jvm.gc_threads', 4, 2, 'More threads than cores.'),
        change('tomcat.max_threads', 200, 120, 'At most 34 busy.'),
      ],
      cost: { currency: 'EUR', current: 131.2, proposed: 96.4, saving: 34.8 },
      history: [
        entry(now - 45 * kMinute, 'proposed', 'trimtab', 'proposed'),
        entry(now - 38 * kMinute, 'approved', 'nora', 'approved', 'Looks sound.'),
        entry(now - 37.8 * kMinute, 'applying', 'trimtab', 'applying'),
        entry(now - 34 * kMinute, 'verifying', 'trimtab', 'applied', 'read back live on 2 of 2 replicas'),
        entry(now - 26 * kMinute, 'kept', 'trimtab', 'kept', verdict.conclusion),
      ],
    }),
  ].sort((a, b) => b.created.localeCompare(a.created))
}
