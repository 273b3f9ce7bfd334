// The shapes of the REST API, version 1 (prefix /api/v1). The server's side is src/api/*_json.cc; the OpenAPI document is
// served at /api/v1/openapi.json. Times are RFC 3339 text in UTC; points of series are [milliseconds since 1970, value].
//
// GET    /version                                   Version
// GET    /applications                              {applications: ApplicationSummary[]}
// POST   /applications          {document, file?}   201 ApplicationDetail     (enrols or replaces; document is YAML text)
// GET    /applications/:name                        ApplicationDetail
// DELETE /applications/:name                        204
// PUT    /applications/:name/mode    {mode}         ApplicationDetail
// PUT    /applications/:name/paused  {paused, reason?}  ApplicationDetail
// GET    /applications/:name/series?metrics=a,b&from=&to=&step=  {series: Record<string, Series>}   (step: "5s")
// GET    /applications/:name/changes?from=&to=      {changes: ConfigurationChange[]}
// GET    /recommendations?application=&state=&limit=&before=     {recommendations: Recommendation[]}   newest first
// GET    /recommendations/:id                       Recommendation
// POST   /recommendations/:id/decision  DecisionRequest           Recommendation
// GET    /audit?application=&subject=&limit=&before=             {entries: AuditEntry[]}               newest first
// GET    /studies                                   {studies: StudySummary[]}
// GET    /studies/:name                             StudyDetail
// GET    /events                                    text/event-stream: event "change", data ChangeNotice; a comment every 15 s
// GET    /openapi.json
//
// Everything but GET needs "Authorization: Bearer <token>". Errors: {error: ApiError} with the matching HTTP status.

export interface Version { version: string; revision: string; started: string }
export interface ApiError { code: string; message: string; field: string; hint: string }
export interface ChangeNotice { sequence: number; kind: 'application' | 'recommendation' | 'audit' | 'study' | 'reset'; application: string; id: string }

export type Mode = 'observe' | 'recommend' | 'autonomous'
export type Phase = 'starting' | 'observing' | 'applying' | 'verifying' | 'rolling_back' | 'frozen'
export type Value = number | string
export type Configuration = Record<string, Value>

export interface SloStatus { name: string; bound: number; upper: boolean; unit: string; value: number | null; holds: boolean | null; breached_share: number; confidence: number }

export interface ApplicationSummary {
  name: string
  description: string
  mode: Mode
  phase: Phase
  paused: boolean
  status: string // one line: what it does now
  waiting_for: string[]
  data_trouble: string
  disturbance: string // trouble around it: nothing new begins
  healthy: boolean
  replicas: number
  slos: SloStatus[]
  load: { now: number; expected: number; unit: string; context: string }
  cost: { currency: string; current: number; baseline: number; saving: number } // per month
  open_recommendation: string | null
  decision: string | null // id of the recommendation being applied, verified or rolled back
}

export interface ParameterInfo {
  name: string; component: string; type: 'integer' | 'real' | 'categorical' | 'ordinal'
  min: number | null; max: number | null; step: number | null; values: string[]; unit: string
  max_step: number | null; effect: 'live' | 'reload' | 'restart'; mode: Mode; description: string
  live: Value | null; baseline: Value | null
}
export interface MetricInfo { name: string; unit: string; role: string; description: string }
export interface Replica { name: string; ready: boolean; configuration: Configuration; identity: string; restarts: number; out_of_memory_kills: number; trouble: string }
export interface LoadContext { id: string; name: string; low: number; high: number; centre: number; share: number; current: boolean }
export interface Barred { configuration: Configuration; context: string; until: string; reason: string }

export interface ApplicationDetail extends ApplicationSummary {
  document: string
  enrolled: string
  platform: string
  load_metric: string
  parameters: ParameterInfo[]
  metrics: MetricInfo[]
  configuration: Configuration
  configuration_since: string
  replica_states: Replica[]
  contexts: LoadContext[]
  barred: Barred[]
  left_alone: Record<string, string> // parameter -> why no proposal changes it
  windows: { usable: number; refused: number }
  cadence: { window_s: number; step_s: number; decide_every_s: number; guard_every_s: number; settle_s: number }
  pause_reason: string
}

export interface Series { unit: string; points: [number, number][] }
export interface ConfigurationChange { at: string; configuration: Configuration; decision: string; kind: 'enrolled' | 'applied' | 'rolled_back' | 'drift' }

export type RecommendationState = 'proposed' | 'approved' | 'rejected' | 'expired' | 'superseded' | 'applying' | 'verifying' | 'rolling_back' | 'kept' | 'rolled_back' | 'failed'
export interface Change {
  parameter: string; unit: string; current: Value; proposed: Value; edited: Value | null; skipped: boolean; effective: Value
  effect: 'live' | 'reload' | 'restart'; why: string
}
export interface Prediction { metric: string; unit: string; current: number; mean: number; low: number; high: number; at_load: number }
export interface Binding { kind: string; subject: string; text: string }
export interface VerdictRow { metric: string; before: number; after: number; change: number; low: number; high: number; p_value: number; conclusion: 'better' | 'same' | 'worse' | 'undecided' }
export interface Verdict { test: string; windows_before: number; windows_after: number; load_before: number; load_after: number; rows: VerdictRow[]; conclusion: string }
export interface Recommendation {
  id: string; application: string; created: string; expires: string; state: RecommendationState
  kind: string; summary: string; confidence: number | null
  current: Configuration; target: Configuration; changes: Change[]
  predictions: Prediction[]; bindings: Binding[]
  evidence: { windows: number; windows_at_current: number; load_low: number; load_high: number; load_expected: number; statements: string[] }
  cost: { currency: string; current: number; proposed: number; saving: number }
  history: { at: string; state: RecommendationState; actor: string; action: string; reason: string }[]
  verdict: Verdict | null
}
export interface DecisionRequest {
  action: 'approve' | 'edit' | 'skip' | 'unskip' | 'reject' | 'expire'
  actor?: string; reason?: string
  edits?: Configuration // edit
  parameters?: string[] // skip, unskip
}
export interface AuditEntry { sequence: number; at: string; application: string; actor: string; action: string; subject: string; text: string }

export type StudyState = 'running' | 'interrupted' | 'finished' | 'failed'
export interface StudySummary {
  name: string; state: StudyState; goal: string; direction: 'minimize' | 'maximize'; experiments: number; budget: number; best: number | null; baseline: number | null; created: string; updated: string
  changed_since: number | null // the first trial since measurements last changed; best and baseline are of since then
}
export interface Experiment {
  number: number; configuration: Configuration; goal: number | null; feasible: boolean; failed: boolean; failure: string
  metrics: Record<string, number>; trials: number; started: string; ended: string; why: string
  era: number; past: boolean // changes before it; whether it was measured before the latest one
}
export interface StudyDetail extends StudySummary {
  document: string
  parameters: ParameterInfo[]
  slos: string[]
  experiments_list: Experiment[]
  best_configuration: Configuration | null
  importance: { parameter: string; share: number }[]
  changes: { trial: number; experiment: number }[] // where measurements changed: the first trial after it
  status: string
}
