// What the study's pictures and tables need, computed from its experiments. Pure.
import type { Experiment, ParameterInfo, StudyDetail, Value } from '../api/types'

export type Direction = 'minimize' | 'maximize'

export function better(a: number, b: number, direction: Direction): boolean {
  return direction === 'minimize' ? a < b : a > b
}

export function isScored(experiment: Experiment): experiment is Experiment & { goal: number } {
  return !experiment.failed && experiment.goal !== null && Number.isFinite(experiment.goal)
}

/** The best feasible goal of its era after each experiment; null until there is one. */
export function bestSoFar(experiments: Experiment[], direction: Direction): (number | null)[] {
  let best: number | null = null
  let era = 0
  return experiments.map((e) => {
    if (e.era !== era) best = null
    era = e.era
    if (isScored(e) && e.feasible && (best === null || better(e.goal, best, direction))) best = e.goal
    return best
  })
}

export function bestExperiment(experiments: Experiment[], direction: Direction): Experiment | null {
  let best: (Experiment & { goal: number }) | null = null
  for (const e of experiments)
    if (isScored(e) && e.feasible && !e.past && (!best || better(e.goal, best.goal, direction))) best = e
  return best
}

/** Relative gain over the baseline, positive when better. */
export function improvement(best: number | null, baseline: number | null, direction: Direction): number | null {
  if (best === null || baseline === null || baseline === 0) return null
  const change = (best - baseline) / Math.abs(baseline)
  return direction === 'minimize' ? -change : change
}

/** Where a value lies on its parameter's axis, 0 to 1; levels are spread evenly. Null when it is not on the axis. */
export function axisPosition(parameter: ParameterInfo, value: Value | undefined): number | null {
  if (value === undefined) return null
  if (parameter.type === 'categorical' || parameter.type === 'ordinal') {
    const index = parameter.values.indexOf(String(value))
    if (index < 0) return null
    return parameter.values.length === 1 ? 0.5 : index / (parameter.values.length - 1)
  }
  const { min, max } = parameter
  if (typeof value !== 'number' || min === null || max === null || max <= min) return null
  return Math.min(1, Math.max(0, (value - min) / (max - min)))
}

/** Evenly spaced round numbers that cover [low, high]: steps of 1, 2 or 5 times a power of ten. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low]
  const rough = (high - low) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough) ?? rough
  const out: number[] = []
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-6; v += step) out.push(Number(v.toPrecision(12)))
  return out
}

/** The line of the best so far, as an SVG path with a piece for every era. */
export function bestPath(study: StudyDetail, x: (n: number) => number, y: (goal: number) => number): string {
  const curve = bestSoFar(study.experiments_list, study.direction)
  let path = ''
  let era: number | null = null
  study.experiments_list.forEach((e, i) => {
    const value = curve[i]
    if (value === null || value === undefined) return
    path += e.era === era ? `H${x(e.number)}V${y(value)}` : `M${x(e.number)} ${y(value)}`
    era = e.era
  })
  return path
}

/** "Measurements changed with trial 43": what people are told of a study's changes; empty when there was none. */
export function changeWords(changes: StudyDetail['changes']): string {
  const trials = changes.map((c) => c.trial)
  const last = trials.pop()
  if (last === undefined) return ''
  return `Measurements changed with ${trials.length > 0 ? `trials ${trials.join(', ')} and` : 'trial'} ${last}`
}

export type Outcome = 'best' | 'feasible' | 'infeasible' | 'failed'

export function outcome(experiment: Experiment, best: number | undefined): Outcome {
  if (experiment.failed) return 'failed'
  if (!experiment.feasible) return 'infeasible'
  return experiment.number === best ? 'best' : 'feasible'
}

export const outcome_words: Record<Outcome, string> = {
  best: 'best',
  feasible: 'meets the SLOs',
  infeasible: 'breaks an SLO',
  failed: 'failed',
}

function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The experiments as CSV (RFC 4180). */
export function toCsv(study: StudyDetail): string {
  const parameters = study.parameters.map((p) => p.name)
  const metrics = [...new Set(study.experiments_list.flatMap((e) => Object.keys(e.metrics)))].sort()
  const head = [
    'experiment',
    'started',
    'ended',
    'trials',
    'goal',
    'feasible',
    'failed',
    'failure',
    'past',
    ...parameters,
    ...metrics,
  ]
  const rows = study.experiments_list.map((e) => [
    e.number,
    e.started,
    e.ended,
    e.trials,
    e.goal,
    e.feasible,
    e.failed,
    e.failure,
    e.past,
    ...parameters.map((p) => e.configuration[p]),
    ...metrics.map((m) => e.metrics[m]),
  ])
  return `${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}
