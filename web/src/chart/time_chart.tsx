// One chart over time, drawn by uPlot: series, bounds (SLO), settings as steps, configuration changes as marks. The same
// figures are in the legend above it as text; the canvas itself is hidden from screen readers.
import { useEffect, useMemo, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { formatQuantity, formatTick } from '../format/number'
import { formatClock } from '../format/time'
import { useEffectiveTheme } from '../preference/theme'
import { align, type Points, valueAt, withGaps } from './align'

export interface Curve {
  label: string
  points: Points
  color: string // a custom property of the style sheet: "--series-1"
  setting?: boolean // a configured value: steps, dashed
}
export interface Bound {
  label: string
  value: number
  upper: boolean
}
export interface Mark {
  at: number
  kind: string
  text: string
  href: string
}
interface ChartProps {
  title: string
  unit: string
  from: number
  to: number
  longest_gap: number // milliseconds without a point that still is no gap
  curves: Curve[]
  bounds: Bound[]
  marks: Mark[]
}

const kHeight = 168
const kAxisWidth = 50

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888'
}

/** The greatest value of the y axis: room for the curves and for a bound that is near enough to matter. */
export function yRange(highest: number, bounds: Bound[], unit: string): [number, number] {
  let top = Number.isFinite(highest) && highest > 0 ? highest : 0
  for (const bound of bounds) if (bound.value <= 6 * top || top === 0) top = Math.max(top, bound.value)
  // A share that is always zero gets an axis to one per cent, not to a hundred.
  if (top === 0) return [0, unit === 'ratio' ? 0.01 : 1]
  return [0, top * 1.12]
}

function drawBounds(u: uPlot, bounds: Bound[]): void {
  const { ctx } = u
  ctx.save()
  ctx.strokeStyle = css('--bad')
  ctx.lineWidth = 1.5 * devicePixelRatio
  ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
  for (const bound of bounds) {
    const y = u.valToPos(bound.value, 'y', true)
    if (y < u.bbox.top || y > u.bbox.top + u.bbox.height) continue
    ctx.beginPath()
    ctx.moveTo(u.bbox.left, y)
    ctx.lineTo(u.bbox.left + u.bbox.width, y)
    ctx.stroke()
  }
  ctx.restore()
}

/** Marks are links laid over the plot, so that a click leads to the decision. */
function placeMarks(u: uPlot, marks: Mark[]): void {
  for (const old of u.over.querySelectorAll('.chart-mark')) old.remove()
  for (const mark of marks) {
    const x = u.valToPos(mark.at / 1000, 'x')
    if (x < 0 || x > u.over.clientWidth) continue
    const element = document.createElement(mark.href ? 'a' : 'span')
    element.className = `chart-mark ${mark.kind}`
    element.style.left = `${x}px`
    element.title = `${formatClock(mark.at)} ${mark.text}`
    element.tabIndex = -1
    if (element instanceof HTMLAnchorElement) element.href = mark.href
    u.over.append(element)
  }
}

function stepped(): Pick<uPlot.Series, 'paths'> {
  const paths = uPlot.paths.stepped?.({ align: 1 })
  return paths ? { paths } : {}
}

function options(
  props: ChartProps,
  width: number,
  live: { current: ChartProps },
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const grid = { stroke: css('--grid'), width: 1 }
  const axis = { stroke: css('--muted'), font: '11px system-ui, sans-serif', ticks: { show: false }, grid }
  return {
    width,
    height: kHeight,
    padding: [10, 8, 0, 0],
    cursor: { sync: { key: 'application' }, y: false, drag: { x: false, y: false }, points: { size: 6 } },
    legend: { show: false },
    scales: {
      x: { time: true, range: () => [live.current.from / 1000, live.current.to / 1000] },
      y: { range: (_u, _min, max) => yRange(max, live.current.bounds, live.current.unit) },
    },
    axes: [
      { ...axis, size: 26, space: 70, values: (_u, times) => times.map((t) => shortTime(t, live.current)) },
      {
        ...axis,
        size: kAxisWidth,
        space: 34,
        values: (_u, values) => values.map((v) => formatTick(v, props.unit)),
      },
    ],
    series: [
      {},
      ...props.curves.map(
        (curve): uPlot.Series => ({
          label: curve.label,
          stroke: css(curve.color),
          width: curve.setting ? 1.5 : 2,
          ...(curve.setting ? { dash: [5, 4], ...stepped() } : {}),
          points: { show: false },
        }),
      ),
    ],
    hooks: {
      draw: [(u) => drawBounds(u, live.current.bounds), (u) => placeMarks(u, live.current.marks)],
      setCursor: [(u) => onCursor(u.cursor.idx ?? null)],
    },
  }
}

const hour_minute = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const day_hour = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
})

function shortTime(seconds: number, props: ChartProps): string {
  const span = (props.to - props.from) / 1000
  return (span > 2 * 86_400 ? day_hour : hour_minute).format(seconds * 1000)
}

function useChart(props: ChartProps, data: uPlot.AlignedData, onCursor: (index: number | null) => void) {
  const holder = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const live = useRef(props)
  const theme = useEffectiveTheme()
  live.current = props
  const structure = `${theme}|${props.unit}|${props.curves.map((c) => `${c.label}${c.color}${c.setting}`).join('|')}`
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new plot only for a new structure; data follow below
  useEffect(() => {
    const element = holder.current
    if (!element) return
    const u = new uPlot(options(live.current, Math.max(200, element.clientWidth), live, onCursor), data, element)
    plot.current = u
    const observer = new ResizeObserver(() => {
      const width = element.clientWidth
      if (width > 0 && width !== u.width) u.setSize({ width, height: kHeight })
    })
    observer.observe(element)
    return () => {
      observer.disconnect()
      u.destroy()
      plot.current = null
    }
  }, [structure])
  // biome-ignore lint/correctness/useExhaustiveDependencies: marks and bounds are drawn with the data
  useEffect(() => {
    plot.current?.setData(data)
  }, [data, props.marks, props.bounds])
  return holder
}

/** The axis's unit, unless the ticks carry it or the title says it. */
function shownUnit({ unit, title }: ChartProps): string {
  if (unit === '1/s') return 'per second'
  return unit === 'ratio' || unit === title.toLowerCase() ? '' : unit
}

function summary(props: ChartProps, data: uPlot.AlignedData): string {
  const now = props.curves.map((c, i) => `${c.label} ${formatQuantity(valueAt(data[i + 1] as never), props.unit)}`)
  const bounds = props.bounds.map(
    (b) => `${b.label} ${b.upper ? 'at most' : 'at least'} ${formatQuantity(b.value, props.unit)}`,
  )
  return `${props.title}, latest values: ${[...now, ...bounds].join(', ')}.`
}

export function TimeChart(props: ChartProps) {
  const [cursor, setCursor] = useState<number | null>(null)
  const data = useMemo(
    () =>
      align(
        props.curves.map((c) => (c.setting ? c.points : withGaps(c.points, props.longest_gap))),
      ) as uPlot.AlignedData,
    [props.curves, props.longest_gap],
  )
  const holder = useChart(props, data, setCursor)
  const times = data[0]
  const empty = props.curves.every((c) => c.setting || c.points.length === 0)
  const at = cursor === null ? undefined : times[cursor]
  return (
    <figure className="chart">
      <figcaption>
        <h3>
          {props.title} {shownUnit(props) && <small>{shownUnit(props)}</small>}
        </h3>
        {at !== undefined && <span className="chart-time">{formatClock(at * 1000)}</span>}
      </figcaption>
      <div className="legend" aria-hidden="true">
        {props.curves.map((curve, i) => (
          <span key={curve.label} className="legend-entry">
            <span
              className={`swatch ${curve.setting ? 'dashed' : ''}`}
              style={{ borderColor: `var(${curve.color})` }}
            />
            {curve.label} <b>{formatQuantity(valueAt(data[i + 1] as never, cursor), props.unit)}</b>
          </span>
        ))}
        {props.bounds.map((bound) => (
          <span key={bound.label} className="legend-entry">
            <span className="swatch dashed" style={{ borderColor: 'var(--bad)' }} />
            {bound.label} <b>{`${bound.upper ? '≤' : '≥'} ${formatQuantity(bound.value, props.unit)}`}</b>
          </span>
        ))}
      </div>
      <p className="visually-hidden">{summary(props, data)}</p>
      <div className="plot" ref={holder} aria-hidden="true">
        {empty && <div className="plot-empty">No data in this range</div>}
      </div>
    </figure>
  )
}
