// Brings series with their own times onto one time axis, the form uPlot draws: one column of times, one column of values
// per series, null where a gap must show, undefined where the line runs on to the next value.

export type Points = [number, number][]
export type Column = (number | null | undefined)[]

/** Inserts a gap (null) wherever two neighbours are further apart than `longest` milliseconds. */
export function withGaps(points: Points, longest: number): [number, number | null][] {
  const out: [number, number | null][] = []
  let last: number | undefined
  for (const [at, value] of points) {
    if (last !== undefined && at - last > longest) out.push([last + longest / 2, null])
    out.push([at, Number.isFinite(value) ? value : null])
    last = at
  }
  return out
}

/** Times in seconds, ascending, then one column per series. */
export function align(series: [number, number | null][][]): [number[], ...Column[]] {
  const times = [...new Set(series.flatMap((points) => points.map(([at]) => at)))].sort((a, b) => a - b)
  const index = new Map(times.map((at, i) => [at, i]))
  const columns = series.map((points) => {
    const column: Column = new Array(times.length).fill(undefined)
    for (const [at, value] of points) column[index.get(at) as number] = value
    return column
  })
  return [times.map((at) => at / 1000), ...columns]
}

/** The value of a setting over time, from its changes: a point at each change and at both ends of the range. */
export function steps(changes: { at: number; value: number | undefined }[], from: number, to: number): Points {
  const sorted = changes
    .filter((change): change is { at: number; value: number } => change.value !== undefined && change.at <= to)
    .sort((a, b) => a.at - b.at)
  const points: Points = []
  let before: number | undefined
  for (const { at, value } of sorted) {
    if (at < from) before = value
    else points.push([at, value])
  }
  if (before !== undefined) points.unshift([from, before])
  const last = points.at(-1)
  if (last && last[0] < to) points.push([to, last[1]])
  return points
}

/** The last value that is not a gap, at or before `index` (default: the end). */
export function valueAt(column: Column | undefined, index?: number | null): number | null {
  if (!column) return null
  for (let i = index ?? column.length - 1; i >= 0; i--) {
    const value = column[i]
    if (value === null) return null
    if (value !== undefined) return value
  }
  return null
}
