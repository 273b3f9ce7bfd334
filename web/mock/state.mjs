// What the stand-in remembers, and the life cycle of a decision in fast motion.
import { parameters } from './catalogue.mjs'
import { recommendations, settle, verdict } from './decisions.mjs'
import { applications, audit, changes } from './fixtures.mjs'
import { studies } from './studies.mjs'

export function createState(now) {
  return {
    started: new Date(now - 26 * 3600_000).toISOString(),
    sequence: 1,
    applications: applications(now),
    recommendations: recommendations(now),
    changes: changes(now),
    audit: audit(now),
    studies: studies(now),
  }
}

function record(state, r, next, actor, action, reason, notify) {
  const at = new Date().toISOString()
  r.state = next
  r.history.push({ at, state: next, actor, action, reason })
  state.audit.unshift({
    sequence: (state.audit[0]?.sequence ?? 0) + 1,
    at,
    application: r.application,
    actor,
    action,
    subject: r.id,
    text: reason || action,
  })
  notify('recommendation', r.application, r.id)
  notify('audit', r.application, r.id)
}

function invalidEdit(name, value) {
  const p = parameters.find((q) => q.name === name)
  if (!p)
    return { status: 400, code: 'invalid_input', message: `There is no parameter ${name}.`, field: `edits.${name}` }
  if (p.values.length > 0 ? p.values.includes(value) : typeof value === 'number' && value >= p.min && value <= p.max)
    return null
  return {
    status: 400,
    code: 'invalid_input',
    message: `${name} must be between ${p.min} and ${p.max} ${p.unit}.`,
    field: `edits.${name}`,
  }
}

function goLive(state, r, configuration, kind) {
  const application = state.applications.find((a) => a.name === r.application)
  const at = new Date().toISOString()
  state.changes[r.application].push({ at, configuration, decision: r.id, kind })
  Object.assign(application, { configuration, configuration_since: at })
  for (const p of application.parameters) p.live = configuration[p.name]
  for (const replica of application.replica_states) replica.configuration = { ...configuration }
  return application
}

function run(state, r, actor, notify) {
  const application = state.applications.find((a) => a.name === r.application)
  Object.assign(application, {
    open_recommendation: null,
    decision: r.id,
    phase: 'applying',
    status: 'Applying a change: replica 1 of 2.',
  })
  const risky = r.changes.some((c) => c.edited !== null && !c.skipped)
  const later = (ms, what) => setTimeout(what, ms)
  later(800, () => record(state, r, 'applying', 'trimtab', 'applying', '', notify))
  later(2000, () => {
    goLive(state, r, r.target, 'applied')
    Object.assign(application, { phase: 'verifying', status: 'Verifying a change: 0 of 3 windows at equal load.' })
    record(state, r, 'verifying', 'trimtab', 'applied', 'read back live on 2 of 2 replicas', notify)
  })
  later(4000, () => {
    if (risky) {
      goLive(state, r, r.current, 'rolled_back')
      record(
        state,
        r,
        'rolled_back',
        'guard',
        'rolled_back',
        `p95 above its SLO in 2 looks in a row, after the edit by ${actor}`,
        notify,
      )
    } else {
      r.verdict = verdict
      application.cost = {
        ...application.cost,
        current: r.cost.proposed,
        saving: application.cost.baseline - r.cost.proposed,
      }
      record(state, r, 'kept', 'trimtab', 'kept', verdict.conclusion, notify)
    }
    Object.assign(application, { decision: null, phase: 'observing', status: 'Observes; the next proposal in 3 min.' })
    notify('application', r.application, '')
  })
}

/** After an edit the confidence is not known, and the predictions are those of the new values. */
function restate(r) {
  r.confidence = 0
  const cpu = r.changes.find((c) => c.parameter === 'container.cpu_limit')?.effective
  for (const p of r.predictions)
    if (p.metric.startsWith('p95') && cpu < 0.5) Object.assign(p, { mean: 640, low: 310, high: 1320 })
}

/** Carries out a decision; answers why not when it cannot. */
export function decide(state, r, wish, notify) {
  if (r.state !== 'proposed')
    return { status: 409, code: 'conflict', message: `The recommendation is already ${r.state.replaceAll('_', ' ')}.` }
  const actor = wish.actor || 'someone'
  const named = (name) => r.changes.find((c) => c.parameter === name)
  if (wish.action === 'edit') {
    for (const [name, value] of Object.entries(wish.edits ?? {})) {
      const refusal = invalidEdit(name, value)
      if (refusal) return refusal
      named(name).edited = value
      record(state, r, 'proposed', actor, 'edited', `${name} → ${value}`, notify)
    }
  }
  if (wish.action === 'skip' || wish.action === 'unskip') {
    for (const name of wish.parameters ?? []) named(name).skipped = wish.action === 'skip'
    record(
      state,
      r,
      'proposed',
      actor,
      wish.action === 'skip' ? 'skipped' : 'unskipped',
      (wish.parameters ?? []).join(', '),
      notify,
    )
  }
  settle(r)
  if (wish.action === 'edit' || wish.action === 'skip' || wish.action === 'unskip') restate(r)
  if (wish.action === 'reject') {
    state.applications.find((a) => a.name === r.application).open_recommendation = null
    record(state, r, 'rejected', actor, 'rejected', wish.reason ?? '', notify)
  }
  if (wish.action === 'approve') {
    record(state, r, 'approved', actor, 'approved', wish.reason ?? '', notify)
    run(state, r, actor, notify)
  }
  return null
}
