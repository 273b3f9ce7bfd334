// SLOs as people read them. The API names an SLO by its metric ("p95") or by its text ("p95 <= 250"). A text whose right
// side is a formula ("throughput >= 0.95 * arrivals") is measured as left side / right side, with a bound of 1 and no unit.
import type { SloStatus } from '../api/types'
import type { Tone } from '../ui/basics'
import { formatQuantity, formatShare } from './number'

const comparison = /\s*(<=|>=|<|>)\s*/

interface Parts {
  left: string
  right: string
}

function parts(name: string): Parts {
  const [left = '', , right = ''] = name.split(comparison)
  return { left: left.trim(), right: right.trim() }
}

/** Whether the SLO bounds a metric by a number, so that both belong on the metric's axis. */
export function boundsMetric(slo: SloStatus, metric: string): boolean {
  const { left, right } = parts(slo.name)
  return left === metric && (right === '' || !Number.isNaN(Number(right)))
}

/** Whether the value is a share of a bound that moves with other metrics. */
export function isRelative(slo: SloStatus): boolean {
  const { right } = parts(slo.name)
  return slo.unit === '' && slo.bound === 1 && right !== '' && Number.isNaN(Number(right))
}

/** "p95", "throughput": for chips and legends. */
export function sloShort(slo: SloStatus): string {
  return parts(slo.name).left || slo.name
}

export function sloBound(slo: SloStatus): string {
  return `${slo.upper ? '≤' : '≥'} ${formatQuantity(slo.bound, slo.unit)}`
}

/** "p95 ≤ 250 ms", "throughput ≥ 0.95 * arrivals". */
export function sloTitle(slo: SloStatus): string {
  if (isRelative(slo)) return slo.name.replace('<=', '≤').replace('>=', '≥')
  return `${sloShort(slo)} ${sloBound(slo)}`
}

export function sloValue(slo: SloStatus, value: number | null = slo.value): string {
  return isRelative(slo) ? formatShare(value) : formatQuantity(value, slo.unit)
}

export function sloWord(slo: SloStatus): { text: string; tone: Tone } {
  if (slo.holds === null) return { text: 'no data', tone: 'neutral' }
  return slo.holds ? { text: 'holds', tone: 'good' } : { text: 'breached', tone: 'bad' }
}

/** The SLO a prediction or a row of a verdict is about, named as an SLO or by its metric. */
export function sloOf(name: string, slos: SloStatus[]): SloStatus | undefined {
  return slos.find((slo) => slo.name === name) ?? slos.find((slo) => boundsMetric(slo, name))
}
