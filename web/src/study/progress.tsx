// The goal of each experiment and the best so far.
import { formatNumber } from '../format/number'
import { useWidth } from '../ui/width'
import { bestSoFar, isScored, outcome } from './analysis'
import { box, Frame, scaleOf } from './frame'
import { kWidth, type PictureProps, Point } from './point'

export function Progress(props: PictureProps) {
  const [ref, width] = useWidth<HTMLDivElement>(kWidth)
  return (
    <div ref={ref}>
      <Picture {...props} width={width} />
    </div>
  )
}

function Picture({ study, best, chosen, onChoose, width }: PictureProps & { width: number }) {
  const experiments = study.experiments_list
  const scored = experiments.filter(isScored)
  const curve = bestSoFar(experiments, study.direction)
  const numbers = experiments.map((e) => e.number)
  const goals = [...scored.map((e) => e.goal), ...(study.baseline === null ? [] : [study.baseline])]
  const right = width - box.right
  const bottom = box.height - box.bottom
  const x = scaleOf(numbers, box.left, right)
  const y = scaleOf(goals, bottom, box.top)
  let path = ''
  experiments.forEach((e, i) => {
    const value = curve[i]
    if (value === null || value === undefined) return
    path += path ? `H${x.at(e.number)}V${y.at(value)}` : `M${x.at(e.number)} ${y.at(value)}`
  })
  const label = `Goal of each experiment and the best so far; best ${formatNumber(study.best, 4)}, baseline ${formatNumber(study.baseline, 4)}`
  return (
    <Frame width={width} label={label} x={x} y={y} x_title="experiment" y_title={`goal (${study.direction})`}>
      {study.baseline !== null && (
        <g>
          <line className="baseline" x1={box.left} x2={right} y1={y.at(study.baseline)} y2={y.at(study.baseline)} />
          <text className="tick" x={right - 4} y={y.at(study.baseline) - 5} textAnchor="end">
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
          <text key={e.number} className="failed-mark" x={x.at(e.number)} y={bottom - 4} textAnchor="middle">
            <title>{`experiment ${e.number} failed: ${e.failure}`}</title>✕
          </text>
        ))}
    </Frame>
  )
}
