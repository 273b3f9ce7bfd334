// Every experiment as a line across the axes of its parameters, ending at its goal.
import type { Experiment, ParameterInfo } from '../api/types'
import { formatNumber, formatSetting, humanName } from '../format/number'
import { useWidth } from '../ui/width'
import { axisPosition, isScored, outcome } from './analysis'
import { scaleOf } from './frame'
import type { PictureProps } from './point'

const kHeight = 300
const kTop = 44
const kBottom = kHeight - 24
const kMargin = 50
const kLeastGap = 96 // between two axes; below it the picture scrolls

function AxisLine({ parameter, x }: { parameter: ParameterInfo; x: number }) {
  const [component, short] = parameter.name.includes('.') ? parameter.name.split('.') : ['', parameter.name]
  const level = parameter.values.length > 0
  return (
    <g>
      <line className="axis" x1={x} x2={x} y1={kTop} y2={kBottom} />
      <text className="axis-title" x={x} y={14} textAnchor="middle">
        {humanName(short ?? '')}
        <title>{parameter.name}</title>
      </text>
      <text className="tick" x={x} y={28} textAnchor="middle">
        {level ? component : `${formatSetting(parameter.max, '')} ${parameter.unit}`}
      </text>
      {!level && (
        <text className="tick" x={x} y={kBottom + 15} textAnchor="middle">
          {formatSetting(parameter.min, '')}
        </text>
      )}
      {parameter.values.map((value) => {
        const y = kBottom - (axisPosition(parameter, value) ?? 0) * (kBottom - kTop)
        return (
          <text key={value} className="tick level" x={x + 6} y={y} dy="0.32em">
            {value}
          </text>
        )
      })}
    </g>
  )
}

function GoalAxis({ x, low, high }: { x: number; low: number; high: number }) {
  return (
    <g>
      <line className="axis" x1={x} x2={x} y1={kTop} y2={kBottom} />
      <text className="axis-title" x={x} y={14} textAnchor="middle">
        goal
      </text>
      <text className="tick" x={x} y={28} textAnchor="middle">
        {formatNumber(high, 3)}
      </text>
      <text className="tick" x={x} y={kBottom + 15} textAnchor="middle">
        {formatNumber(low, 3)}
      </text>
    </g>
  )
}

function Lines({ study, best, chosen, onChoose, width }: PictureProps & { width: number }) {
  const { parameters } = study
  const at = (i: number) => kMargin + (i * (width - 2 * kMargin)) / Math.max(1, parameters.length)
  const goals = study.experiments_list.filter(isScored).map((e) => e.goal)
  const goal = scaleOf(goals, kBottom, kTop)
  const lineOf = (e: Experiment) => {
    const points = parameters.flatMap((p, i) => {
      const position = axisPosition(p, e.configuration[p.name])
      return position === null ? [] : [`${at(i).toFixed(1)},${(kBottom - position * (kBottom - kTop)).toFixed(1)}`]
    })
    if (isScored(e)) points.push(`${at(parameters.length).toFixed(1)},${goal.at(e.goal).toFixed(1)}`)
    return points.join(' ')
  }
  // The best and the chosen one are drawn last, on top.
  const rank = (e: Experiment) => (e.number === chosen ? 2 : e.number === best ? 1 : 0)
  const experiments = [...study.experiments_list].sort((a, b) => rank(a) - rank(b))
  return (
    <svg
      className="frame"
      width={width}
      height={kHeight}
      viewBox={`0 0 ${width} ${kHeight}`}
      role="img"
      aria-label={`Parallel coordinates of ${parameters.length} parameters and the goal, ${experiments.length} experiments`}
    >
      {experiments.map((e) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; the table offers the same to the keyboard
        <polyline
          key={e.number}
          className={`run ${outcome(e, best)} ${chosen === e.number ? 'chosen' : ''} ${e.past ? 'past' : ''}`}
          points={lineOf(e)}
          onClick={() => onChoose(e.number)}
        >
          <title>{`experiment ${e.number}${e.past ? ', before measurements changed' : ''}`}</title>
        </polyline>
      ))}
      {parameters.map((p, i) => (
        <AxisLine key={p.name} parameter={p} x={at(i)} />
      ))}
      <GoalAxis x={at(parameters.length)} low={goal.low} high={goal.high} />
    </svg>
  )
}

export function ParallelCoordinates(props: PictureProps) {
  const [ref, measured] = useWidth<HTMLElement>(1100)
  const width = Math.max(measured, 2 * kMargin + kLeastGap * props.study.parameters.length)
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="scroll-x" tabIndex={0} aria-label="Parallel coordinates" ref={ref}>
      <Lines {...props} width={width} />
    </section>
  )
}
