// Any two of goal, parameters and metrics against each other.
import { useState } from 'react'
import type { Experiment, StudyDetail } from '../api/types'
import { formatNumber, humanName } from '../format/number'
import { useWidth } from '../ui/width'
import { isScored, outcome } from './analysis'
import { box, Frame, scaleOf } from './frame'
import { kWidth, type PictureProps, Point } from './point'

export interface Quantity {
  key: string
  label: string
  levels?: string[]
  of: (e: Experiment) => number | null
}

/** What may be put on an axis: the goal, every parameter, every metric. */
export function quantities(study: StudyDetail): Quantity[] {
  const metrics = [...new Set(study.experiments_list.flatMap((e) => Object.keys(e.metrics)))].sort()
  const number = (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : null)
  const parameters = study.parameters.map((p): Quantity => {
    const label = humanName(p.name) + (p.unit ? ` (${p.unit})` : '')
    if (p.values.length === 0) return { key: `p:${p.name}`, label, of: (e) => number(e.configuration[p.name]) }
    const index = (e: Experiment) => {
      const i = p.values.indexOf(String(e.configuration[p.name]))
      return i < 0 ? null : i
    }
    return { key: `p:${p.name}`, label, levels: p.values, of: index }
  })
  return [
    { key: 'goal', label: 'goal', of: (e) => (isScored(e) ? e.goal : null) },
    ...parameters,
    ...metrics.map((m): Quantity => ({ key: `m:${m}`, label: humanName(m), of: (e) => number(e.metrics[m]) })),
  ]
}

interface AxisChoiceProps {
  label: string
  value: string
  all: Quantity[]
  onChange: (key: string) => void
}

function AxisChoice({ label, value, all, onChange }: AxisChoiceProps) {
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

type PlotProps = PictureProps & { across: Quantity; up: Quantity }

function Plot({ study, best, chosen, onChoose, across, up }: PlotProps) {
  const [ref, width] = useWidth<HTMLDivElement>(kWidth)
  const points = study.experiments_list.flatMap((e) => {
    const px = across.of(e)
    const py = up.of(e)
    return px === null || py === null ? [] : [{ e, px, py }]
  })
  const levels = across.levels?.map((_, i) => i) ?? []
  const x = scaleOf([...points.map((p) => p.px), ...levels], box.left + 8, width - box.right)
  const heights = points.map((p) => p.py)
  const y = scaleOf(heights, box.height - box.bottom, box.top)
  return (
    <div ref={ref}>
      <Frame
        width={width}
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
            past={e.past}
            title={`experiment ${e.number}: ${formatNumber(py, 4)}`}
            onChoose={() => onChoose(e.number)}
          />
        ))}
      </Frame>
    </div>
  )
}

export function Scatter(props: PictureProps) {
  const { study } = props
  const all = quantities(study)
  const most_important = study.importance[0]?.parameter ?? study.parameters[0]?.name
  const [x_key, setX] = useState(most_important ? `p:${most_important}` : 'goal')
  const [y_key, setY] = useState('goal')
  const numbers = all.filter((q) => !q.levels)
  const across = all.find((q) => q.key === x_key) ?? all[0]
  const up = numbers.find((q) => q.key === y_key) ?? numbers[0]
  if (!across || !up) return null
  return (
    <>
      <div className="toolbar">
        <AxisChoice label="Across" value={across.key} all={all} onChange={setX} />
        <AxisChoice label="Up" value={up.key} all={numbers} onChange={setY} />
      </div>
      <Plot {...props} across={across} up={up} />
    </>
  )
}
