// The study in pictures: progress, scatter, parallel coordinates, importance. All of them mark the chosen experiment; the
// table below holds the same figures as text.
import { useState } from 'react'
import type { Experiment, ParameterInfo, StudyDetail } from '../api/types'
import { formatNumber, formatSetting, formatShare, humanName } from '../format/number'
import { axisPosition, bestSoFar, isScored, type Outcome, outcome } from './analysis'
import { box, Frame, scaleOf } from './frame'

export interface PictureProps {
  study: StudyDetail
  best: number | undefined // number of the best experiment
  chosen: number | null
  onChoose: (experiment: number) => void
}

function Point({
  x,
  y,
  kind,
  chosen,
  title,
  onChoose,
}: {
  x: number
  y: number
  kind: Outcome
  chosen: boolean
  title: string
  onChoose: () => void
}) {
  const size = kind === 'best' ? 7 : 5
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; the table offers the same to the keyboard
    <g className={`point ${kind} ${chosen ? 'chosen' : ''}`} transform={`translate(${x} ${y})`} onClick={onChoose}>
      <title>{title}</title>
      {chosen && <circle r={size + 5} className="halo" />}
      {kind === 'infeasible' ? (
        <path d="M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5" />
      ) : kind === 'best' ? (
        <path d="M0-8 7 0 0 8-7 0z" />
      ) : (
        <circle r={size} />
      )}
    </g>
  )
}

export function Progress({ study, best, chosen, onChoose }: PictureProps) {
  const experiments = study.experiments_list
  const scored = experiments.filter(isScored)
  const curve = bestSoFar(experiments, study.direction)
  const goals = scored.map((e) => e.goal)
  if (study.baseline !== null) goals.push(study.baseline)
  const x = scaleOf(
    experiments.map((e) => e.number),
    box.left,
    box.width - box.right,
  )
  const y = scaleOf(goals, box.height - box.bottom, box.top)
  let path = ''
  experiments.forEach((e, i) => {
    const value = curve[i]
    if (value === null || value === undefined) return
    path += path ? `H${x.at(e.number)}V${y.at(value)}` : `M${x.at(e.number)} ${y.at(value)}`
  })
  return (
    <Frame
      label={`Goal of each experiment and the best so far; best ${formatNumber(study.best, 4)}, baseline ${formatNumber(study.baseline, 4)}`}
      x={x}
      y={y}
      x_title="experiment"
      y_title={`goal (${study.direction})`}
    >
      {study.baseline !== null && (
        <g>
          <line
            className="baseline"
            x1={box.left}
            x2={box.width - box.right}
            y1={y.at(study.baseline)}
            y2={y.at(study.baseline)}
          />
          <text className="tick" x={box.width - box.right - 4} y={y.at(study.baseline) - 5} textAnchor="end">
            baseline {formatNumber(study.baseline, 4)}
          </text>
        </g>
      )}
      <path className="best-line" d={path} />
      {scored.map((e) => (
        <Point
          key={e.number}
          x={x.at(e.number)}
          y={y.at(e.goal)}
          kind={outcome(e, best)}
          chosen={chosen === e.number}
          title={`experiment ${e.number}: ${formatNumber(e.goal, 4)}`}
          onChoose={() => onChoose(e.number)}
        />
      ))}
      {experiments
        .filter((e) => !isScored(e))
        .map((e) => (
          <text
            key={e.number}
            className="failed-mark"
            x={x.at(e.number)}
            y={box.height - box.bottom - 4}
            textAnchor="middle"
          >
            <title>{`experiment ${e.number} failed: ${e.failure}`}</title>✕
          </text>
        ))}
    </Frame>
  )
}

interface Quantity {
  key: string
  label: string
  levels?: string[]
  of: (e: Experiment) => number | null
}

/** What may be put on an axis: the goal, every parameter, every metric. */
export function quantities(study: StudyDetail): Quantity[] {
  const metrics = [...new Set(study.experiments_list.flatMap((e) => Object.keys(e.metrics)))].sort()
  const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null)
  return [
    { key: 'goal', label: 'goal', of: (e) => (isScored(e) ? e.goal : null) },
    ...study.parameters.map((p): Quantity => {
      const label = humanName(p.name) + (p.unit ? ` (${p.unit})` : '')
      if (p.values.length === 0) return { key: `p:${p.name}`, label, of: (e) => number(e.configuration[p.name]) }
      const index = (e: Experiment) => {
        const i = p.values.indexOf(String(e.configuration[p.name]))
        return i < 0 ? null : i
      }
      return { key: `p:${p.name}`, label, levels: p.values, of: index }
    }),
    ...metrics.map((m): Quantity => ({ key: `m:${m}`, label: humanName(m), of: (e) => number(e.metrics[m]) })),
  ]
}

function AxisChoice({
  label,
  value,
  all,
  onChange,
}: {
  label: string
  value: string
  all: Quantity[]
  onChange: (key: string) => void
}) {
  return (
    <label className="inline-field">
      {label}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {all.map((q) => (
          <option key={q.key} value={q.key}>
            {q.label}
          </option>
        ))}
      </select>
    </label>
  )
}

export function Scatter({ study, best, chosen, onChoose }: PictureProps) {
  const all = quantities(study)
  const first = study.importance[0]?.parameter ?? study.parameters[0]?.name
  const [x_key, setX] = useState(first ? `p:${first}` : 'goal')
  const [y_key, setY] = useState('goal')
  const across = all.find((q) => q.key === x_key) ?? all[0]
  const up = all.find((q) => q.key === y_key && !q.levels) ?? all[0]
  if (!across || !up) return null
  const points = study.experiments_list.flatMap((e) => {
    const px = across.of(e)
    const py = up.of(e)
    return px === null || py === null ? [] : [{ e, px, py }]
  })
  const levels = across.levels?.map((_, i) => i) ?? []
  const x = scaleOf([...points.map((p) => p.px), ...levels], box.left + 8, box.width - box.right)
  const y = scaleOf(
    points.map((p) => p.py),
    box.height - box.bottom,
    box.top,
  )
  return (
    <>
      <div className="toolbar">
        <AxisChoice label="Across" value={across.key} all={all} onChange={setX} />
        <AxisChoice label="Up" value={up.key} all={all.filter((q) => !q.levels)} onChange={setY} />
      </div>
      <Frame
        label={`${up.label} against ${across.label}, ${points.length} experiments`}
        x={x}
        y={y}
        x_title={across.label}
        y_title={up.label}
        {...(across.levels ? { x_levels: across.levels } : {})}
      >
        {points.map(({ e, px, py }) => (
          <Point
            key={e.number}
            x={x.at(px)}
            y={y.at(py)}
            kind={outcome(e, best)}
            chosen={chosen === e.number}
            title={`experiment ${e.number}: ${formatNumber(py, 4)}`}
            onChoose={() => onChoose(e.number)}
          />
        ))}
      </Frame>
    </>
  )
}

const kParallelHeight = 300

function AxisLine({ parameter, x }: { parameter: ParameterInfo; x: number }) {
  const top = 44
  const bottom = kParallelHeight - 24
  const ends = parameter.values.length > 0 ? [] : [parameter.min, parameter.max]
  return (
    <g>
      <line className="axis" x1={x} x2={x} y1={top} y2={bottom} />
      <text className="axis-title" x={x} y={14} textAnchor="middle">
        {humanName(parameter.name.split('.').at(-1) ?? '')}
      </text>
      <text className="tick" x={x} y={28} textAnchor="middle">
        {parameter.unit || (parameter.name.includes('.') ? parameter.name.split('.')[0] : '')}
      </text>
      {ends[1] !== undefined && (
        <text className="tick" x={x} y={top - 4} textAnchor="middle">
          {formatSetting(ends[1], '')}
        </text>
      )}
      {ends[0] !== undefined && (
        <text className="tick" x={x} y={bottom + 14} textAnchor="middle">
          {formatSetting(ends[0], '')}
        </text>
      )}
      {parameter.values.map((value) => (
        <text
          key={value}
          className="tick level"
          x={x + 6}
          y={bottom - (axisPosition(parameter, value) ?? 0) * (bottom - top)}
          dy="0.32em"
        >
          {value}
        </text>
      ))}
    </g>
  )
}

export function ParallelCoordinates({ study, best, chosen, onChoose }: PictureProps) {
  const parameters = study.parameters
  const gap = 118
  const width = Math.max(640, 60 + gap * parameters.length)
  const at = (i: number) => 60 + (i * (width - 120)) / Math.max(1, parameters.length)
  const goals = study.experiments_list.filter(isScored).map((e) => e.goal)
  const y_goal = scaleOf(goals, kParallelHeight - 24, 44)
  const goal_x = at(parameters.length)
  const lineOf = (e: Experiment) => {
    const points = parameters.flatMap((p, i) => {
      const position = axisPosition(p, e.configuration[p.name])
      return position === null
        ? []
        : [`${at(i).toFixed(1)},${(kParallelHeight - 24 - position * (kParallelHeight - 68)).toFixed(1)}`]
    })
    if (isScored(e)) points.push(`${goal_x.toFixed(1)},${y_goal.at(e.goal).toFixed(1)}`)
    return points.join(' ')
  }
  // The best and the chosen one are drawn last, on top.
  const rank = (e: Experiment) => (e.number === chosen ? 2 : e.number === best ? 1 : 0)
  const lines = [...study.experiments_list].sort((a, b) => rank(a) - rank(b))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="scroll-x" tabIndex={0} aria-label="Parallel coordinates">
      <svg
        className="frame parallel"
        viewBox={`0 0 ${width} ${kParallelHeight}`}
        style={{ minWidth: `${Math.min(width, 90 * (parameters.length + 1))}px` }}
        role="img"
        aria-label={`Parallel coordinates of ${parameters.length} parameters and the goal, ${lines.length} experiments`}
      >
        {lines.map((e) => (
          // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; the table offers the same to the keyboard
          <polyline
            key={e.number}
            className={`run ${outcome(e, best)} ${chosen === e.number ? 'chosen' : ''}`}
            points={lineOf(e)}
            onClick={() => onChoose(e.number)}
          >
            <title>{`experiment ${e.number}`}</title>
          </polyline>
        ))}
        {parameters.map((p, i) => (
          <AxisLine key={p.name} parameter={p} x={at(i)} />
        ))}
        <line className="axis" x1={goal_x} x2={goal_x} y1={44} y2={kParallelHeight - 24} />
        <text className="axis-title" x={goal_x} y={14} textAnchor="middle">
          goal
        </text>
        <text className="tick" x={goal_x} y={40} textAnchor="middle">
          {formatNumber(y_goal.high, 3)}
        </text>
        <text className="tick" x={goal_x} y={kParallelHeight - 10} textAnchor="middle">
          {formatNumber(y_goal.low, 3)}
        </text>
      </svg>
    </section>
  )
}

export function Importance({ study }: { study: StudyDetail }) {
  const sorted = [...study.importance].sort((a, b) => b.share - a.share)
  const top = Math.max(...sorted.map((i) => i.share), 1e-9)
  if (sorted.length === 0) return <p className="muted">Known after a few more experiments.</p>
  return (
    <ol className="importance">
      {sorted.map((item) => (
        <li key={item.parameter}>
          <span>{humanName(item.parameter)}</span>
          <span className="importance-track" aria-hidden="true">
            <span className="importance-bar" style={{ width: `${(100 * item.share) / top}%` }} />
          </span>
          <b>{formatShare(item.share)}</b>
        </li>
      ))}
    </ol>
  )
}
