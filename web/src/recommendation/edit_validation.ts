// Whether a person's value may be sent. The server decides in the end (it also checks the constraints between
// parameters); this spares the round trip and says at once what is allowed.
import type { ParameterInfo, Value } from '../api/types'
import { formatSetting } from '../format/number'

export type EditCheck =
  | { ok: true; value: Value; warning: string }
  | { ok: false; message: string; suggestion: number | null }

function grid(parameter: ParameterInfo): number | null {
  return parameter.step ?? (parameter.type === 'integer' ? 1 : null)
}

/** The nearest admissible number. */
export function snap(parameter: ParameterInfo, value: number): number {
  const low = parameter.min ?? Number.NEGATIVE_INFINITY
  const high = parameter.max ?? Number.POSITIVE_INFINITY
  const step = grid(parameter)
  let snapped = Math.min(high, Math.max(low, value))
  if (step !== null && step > 0) {
    const origin = parameter.min ?? 0
    snapped = origin + Math.round((snapped - origin) / step) * step
    if (snapped > high) snapped -= step
  }
  // Binary fractions of a decimal grid (0.15000000000000002) are not what anyone means.
  return Number(snapped.toPrecision(12))
}

/** "0.2 to 4 cores in steps of 0.05", "Serial, Parallel or G1". */
export function domainText(parameter: ParameterInfo): string {
  if (parameter.type === 'categorical' || parameter.type === 'ordinal') {
    const list = parameter.type === 'ordinal' ? ' (in this order)' : ''
    if (parameter.values.length < 2) return parameter.values.join('')
    return `${parameter.values.slice(0, -1).join(', ')} or ${parameter.values.at(-1)}${list}`
  }
  const low = formatSetting(parameter.min, '')
  const high = formatSetting(parameter.max, parameter.unit)
  const step = grid(parameter)
  const steps = step !== null && step !== 1 ? ` in steps of ${formatSetting(step, '')}` : ''
  return `${low} to ${high}${steps}`
}

function parseNumber(text: string): number | null {
  const clean = text.trim().replace(/\s/g, '')
  // A comma followed by exactly three digits may be a thousands mark or a decimal one: ask rather than guess.
  if (!/^[+-]?(\d+([.,]\d*)?|[.,]\d+)$/.test(clean) || /,\d{3}$/.test(clean)) return null
  return Number(clean.replace(',', '.'))
}

function stepWarning(parameter: ParameterInfo, value: Value, current: Value): string {
  if (parameter.max_step === null) return ''
  let distance = 0
  if (parameter.type === 'ordinal')
    distance = Math.abs(parameter.values.indexOf(String(value)) - parameter.values.indexOf(String(current)))
  else if (typeof value === 'number' && typeof current === 'number') distance = Math.abs(value - current)
  if (distance <= parameter.max_step * (1 + 1e-9)) return ''
  const unit = parameter.type === 'ordinal' ? 'levels' : parameter.unit
  return `A larger change at once than Trimtab would make (${formatSetting(parameter.max_step, unit)}).`
}

export function checkEdit(parameter: ParameterInfo, text: string, current: Value): EditCheck {
  if (parameter.type === 'categorical' || parameter.type === 'ordinal') {
    if (!parameter.values.includes(text))
      return { ok: false, message: `Choose ${domainText(parameter)}.`, suggestion: null }
    return { ok: true, value: text, warning: stepWarning(parameter, text, current) }
  }
  const number = parseNumber(text)
  if (number === null) return { ok: false, message: `Enter a number, ${domainText(parameter)}.`, suggestion: null }
  const nearest = snap(parameter, number)
  if ((parameter.min !== null && number < parameter.min) || (parameter.max !== null && number > parameter.max))
    return { ok: false, message: `Outside its range: ${domainText(parameter)}.`, suggestion: nearest }
  // Steps are compared with a tolerance, because 0.35 is not a binary fraction.
  if (Math.abs(nearest - number) > 1e-9 * Math.max(1, Math.abs(number))) {
    const step = grid(parameter)
    const what = step === 1 ? 'Only whole numbers.' : `Only steps of ${formatSetting(step, parameter.unit)}.`
    return { ok: false, message: what, suggestion: nearest }
  }
  return { ok: true, value: nearest, warning: stepWarning(parameter, nearest, current) }
}
