// Numbers for people. Units are those of the API: "ms", "s", "MiB", "cores", "ratio", "requests/s", "EUR"; others are
// shown as they are. Always English digits, so that two people who compare screens see the same text.

const kMissing = '–'

function decimals(value: number, significant: number): string {
  if (value === 0) return '0'
  const magnitude = Math.floor(Math.log10(Math.abs(value)))
  const digits = Math.min(6, Math.max(0, significant - 1 - magnitude))
  return new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(value)
}

/** A plain number with three significant digits after rounding, thousands separated. */
export function formatNumber(value: number | null | undefined, significant = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return kMissing
  return decimals(value, significant)
}

/** A share (0 to 1) in per cent; small shares keep enough digits to be told from zero. */
export function formatShare(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return kMissing
  const percent = value * 100
  const size = Math.abs(percent)
  let digits = 1
  if (size > 0 && size < 1) digits = 2
  if (size > 0 && size < 0.05) digits = 3
  return `${new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(percent)} %`
}

/** A relative change, signed: 0.12 -> "+12 %". */
export function formatChange(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return kMissing
  if (Math.abs(value) < 0.0005) return '±0 %'
  const text = formatShare(Math.abs(value))
  return `${value > 0 ? '+' : '−'}${text}`
}

function scaled(value: number, from: string): { value: number; unit: string } {
  const size = Math.abs(value)
  if (from === 'ms' && size >= 10_000) return { value: value / 1000, unit: 's' }
  if (from === 's' && size > 0 && size < 1) return { value: value * 1000, unit: 'ms' }
  if (from === 'MiB' && size >= 10_240) return { value: value / 1024, unit: 'GiB' }
  if (from === 'bytes' && size >= 1_048_576) return scaled(value / 1_048_576, 'MiB')
  return { value, unit: from }
}

/** A measured or predicted quantity with its unit: (212.4, "ms") -> "212 ms"; (0.004, "ratio") -> "0.4 %". */
export function formatQuantity(value: number | null | undefined, unit: string, significant = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return kMissing
  if (unit === 'ratio') return formatShare(value)
  if (/^[A-Z]{3}(\/.*)?$/.test(unit)) return formatMoney(value, unit.slice(0, 3)) + unit.slice(3)
  const fit = scaled(value, unit)
  const text = decimals(fit.value, significant)
  if (fit.unit === '') return text
  if (fit.unit === '%') return `${text} %`
  if (fit.unit === '1/s') return `${text}/s`
  return `${text} ${text === '1' ? singular(fit.unit) : fit.unit}`
}

function singular(unit: string): string {
  return /^(cores|threads|kills|replicas|restarts|CPUs|errors)$/.test(unit) ? unit.slice(0, -1) : unit
}

/** A value of a parameter, exactly as it is set: never rounded, never rescaled. */
export function formatSetting(value: number | string | null | undefined, unit: string): string {
  if (value === null || value === undefined) return kMissing
  if (typeof value !== 'number') return String(value)
  const text = new Intl.NumberFormat('en', { maximumFractionDigits: 6 }).format(value)
  return unit === '' ? text : `${text} ${text === '1' ? singular(unit) : unit}`
}

export function formatMoney(value: number | null | undefined, currency: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return kMissing
  const digits = Math.abs(value) >= 1000 ? 0 : 2
  try {
    return new Intl.NumberFormat('en', {
      style: 'currency',
      currency: currency || 'EUR',
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    }).format(value)
  } catch {
    return `${decimals(value, 4)} ${currency}`
  }
}

export function formatMoneyPerMonth(value: number | null | undefined, currency: string): string {
  const text = formatMoney(value, currency)
  return text === kMissing ? text : `${text}/month`
}

/** The p-value of a test: never "0". */
export function formatPValue(value: number): string {
  if (!Number.isFinite(value)) return kMissing
  if (value < 0.001) return '< 0.001'
  return value.toFixed(3)
}

const acronyms = new Set(['cpu', 'gc', 'jvm', 'hpa', 'oom', 'slo', 'http', 'io', 'id'])

/** "jvm.gc_threads" -> "JVM GC threads"; formulas (with an operator) stay as they were written. */
export function humanName(name: string): string {
  if (/[^\w.]/.test(name)) return name
  return name
    .split(/[._]/)
    .map((word) => (acronyms.has(word) ? word.toUpperCase() : word))
    .join(' ')
}

/** A number for an axis whose unit is named beside it; shares are in per cent. */
export function formatTick(value: number, unit: string): string {
  return unit === 'ratio' ? formatShare(value) : formatNumber(value)
}
