// A prediction as a picture: the interval as a bar, its mean as a dot, the present value as a tick, the bound as a line.
interface IntervalProps {
  current: number
  mean: number
  low: number
  high: number
  bound?: { value: number; upper: boolean } | undefined
  tone: 'good' | 'bad' | 'neutral'
}

/** Where the values lie between 0 and 1; the axis starts at zero so that lengths may be compared. */
export function intervalScale(values: number[]): (value: number) => number {
  const finite = values.filter(Number.isFinite)
  const low = Math.min(0, ...finite)
  const high = Math.max(...finite, low)
  const span = high - low || 1
  return (value) => Math.min(1, Math.max(0, (value - low) / (span * 1.06)))
}

export function Interval({ current, mean, low, high, bound, tone }: IntervalProps) {
  const scale = intervalScale([current, mean, low, high, ...(bound ? [bound.value] : [])])
  const at = (value: number) => `${(100 * scale(value)).toFixed(2)}%`
  const width = `${Math.max(0.6, 100 * (scale(high) - scale(low))).toFixed(2)}%`
  return (
    <div className={`interval ${tone}`} aria-hidden="true">
      <span className="interval-axis" />
      <span className="interval-bar" style={{ left: at(low), width }} />
      <span className="interval-current" style={{ left: at(current) }} />
      <span className="interval-mean" style={{ left: at(mean) }} />
      {bound && <span className="interval-bound" style={{ left: at(bound.value) }} />}
    </div>
  )
}
