// Which charts an application gets: one per question (how fast? how much? how many errors? ...), from the roles and units
// of its metrics, with the SLO and the settings that belong to the same axis.
import type { ApplicationDetail, ConfigurationChange, MetricInfo, ParameterInfo, SloStatus } from '../api/types'
import { type Points, steps } from '../chart/align'
import { boundsMetric } from '../format/slo'

export interface ChartPanel {
  id: string
  title: string
  unit: string
  metrics: MetricInfo[]
  slos: SloStatus[]
  settings: ParameterInfo[]
  main: boolean // shown at once; the others on request
}

interface Question {
  id: string
  title: string
  fits: (metric: MetricInfo) => boolean
  settings_unit?: string
}

const questions: Question[] = [
  { id: 'latency', title: 'Response time', fits: (m) => m.role === 'latency' },
  { id: 'load', title: 'Arrivals and throughput', fits: (m) => m.role === 'load' || m.role === 'throughput' },
  { id: 'errors', title: 'Errors', fits: (m) => m.role === 'errors' },
  { id: 'cpu', title: 'CPU per replica, used and limit', fits: (m) => m.unit === 'cores', settings_unit: 'cores' },
  { id: 'throttling', title: 'CPU throttling', fits: (m) => m.role === 'throttling' },
  { id: 'memory', title: 'Memory per replica, used and limits', fits: (m) => m.unit === 'MiB', settings_unit: 'MiB' },
  { id: 'replicas', title: 'Replicas', fits: (m) => m.role === 'replicas' },
]

export function panelsOf(detail: ApplicationDetail): ChartPanel[] {
  const left = new Set(detail.metrics)
  const panels: ChartPanel[] = []
  const add = (id: string, title: string, metrics: MetricInfo[], settings: ParameterInfo[], main: boolean) => {
    const unit = metrics[0]?.unit ?? ''
    const slos = detail.slos.filter((slo) => metrics.some((m) => boundsMetric(slo, m.name)))
    panels.push({ id, title, unit, metrics, slos, settings, main })
  }
  for (const question of questions) {
    const fitting = [...left].filter(question.fits)
    for (const metric of fitting) left.delete(metric)
    const settings = detail.parameters.filter(
      (p) => question.settings_unit !== undefined && p.unit === question.settings_unit,
    )
    // One axis carries one unit: metrics with another unit get a chart of their own.
    for (const [index, unit] of [...new Set(fitting.map((m) => m.unit))].entries()) {
      const same = fitting.filter((m) => m.unit === unit)
      add(`${question.id}${index || ''}`, question.title, same, settings, true)
    }
  }
  for (const metric of left) add(metric.name, metric.description || metric.name, [metric], [], false)
  return panels
}

/** A setting's value over the range, from the history of configurations. */
export function settingPoints(
  parameter: string,
  changes: ConfigurationChange[],
  detail: ApplicationDetail,
  from: number,
  to: number,
): Points {
  const number = (value: unknown) => (typeof value === 'number' ? value : undefined)
  const known = changes.map((change) => ({ at: Date.parse(change.at), value: number(change.configuration[parameter]) }))
  // Without any history the present value is all there is.
  if (known.length === 0) known.push({ at: from, value: number(detail.configuration[parameter]) })
  return steps(known, from, to)
}

export interface Span {
  key: string
  label: string
  seconds: number
}

export const spans: [Span, Span, Span, ...Span[]] = [
  { key: '5m', label: '5 min', seconds: 300 },
  { key: '15m', label: '15 min', seconds: 900 },
  { key: '1h', label: '1 h', seconds: 3_600 },
  { key: '6h', label: '6 h', seconds: 21_600 },
  { key: '24h', label: '24 h', seconds: 86_400 },
  { key: '7d', label: '7 d', seconds: 604_800 },
]

/** The span asked for; else an hour, or less while the application is new and the rest would be empty. */
export function spanOf(key: string | null, enrolled: string, now: number): Span {
  const asked = spans.find((span) => span.key === key)
  if (asked) return asked
  const minutes = (now - Date.parse(enrolled)) / 60_000
  if (minutes < 5) return spans[0]
  return minutes < 20 ? spans[1] : spans[2]
}

/** About 300 points a chart, never finer than the application is sampled. */
export function stepFor(seconds: number, finest_s: number): number {
  const wish = seconds / 300
  const nice = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600]
  const step = nice.find((s) => s >= wish) ?? 3_600
  return Math.max(step, Math.ceil(finest_s))
}
