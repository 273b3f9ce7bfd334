// The goal of each experiment and the best so far; where measurements changed it begins anew.
import { formatNumber } from '../format/number'
import { useWidth } from '../ui/width'
import { bestPath, changeWords, isScored, outcome } from './analysis'
import { box, Frame, type Scale, scaleOf } from './frame'
import { kWidth, type PictureProps, Point } from './point'

export function Progress(props: PictureProps) {
  const [ref, width] = useWidth<HTMLDivElement>(kWidth)
  return (
    <div ref={ref}>
      <Picture {...props} width={width} />
    </div>
  )
}

/** A line before the first experiment of an era. */
function ChangeMark({ change, x, right }: { change: { trial: number; experiment: number }; x: Scale; right: number }) {
  const at = x.at(change.experiment - 0.5)
  const leftwards = at > (box.left + right) / 2
  return (
    <g>
      <line className="change" x1={at} x2={at} y1={box.top} y2={box.height - box.bottom} />
      <text className="tick" x={leftwards ? at - 5 : at + 5} y={box.top + 8} textAnchor={leftwards ? 'end' : 'start'}>
        measurements changed, trial {change.trial}
      </text>
    </g>
  )
}

function Picture({ study, best, chosen, onChoose, width }: PictureProps & { width: number }) {
  const experiments = study.experiments_list
  const scored = experiments.filter(isScored)
  const numbers = experiments.map((e) => e.number)
  const goals = [...scored.map((e) => e.goal), ...(study.baseline === null ? [] : [study.baseline])]
  const right = width - box.right
  const bottom = box.height - box.bottom
  const x = scaleOf(numbers, box.left, right)
  const y = scaleOf(goals, bottom, box.top)
  const latest = study.changes.at(-1)
  const since = latest ? x.at(latest.experiment - 0.5) : box.left // the baseline is of the present era
  const words = changeWords(study.changes)
  const label = `Goal of each experiment and the best so far; best ${formatNumber(study.best, 4)}, baseline ${formatNumber(study.baseline, 4)}${words && `. ${words}`}`
  return (
    <Frame width={width} label={label} x={x} y={y} x_title="experiment" y_title={`goal (${study.direction})`}>
      {study.baseline !== null && (
        <g>
          <line className="baseline" x1={since} x2={right} y1={y.at(study.baseline)} y2={y.at(study.baseline)} />
          <text className="tick" x={right - 4} y={y.at(study.baseline) - 5} textAnchor="end">
            baseline {formatNumber(study.baseline, 4)}
          </text>
        </g>
      )}
      {study.changes.map((change) => (
        <ChangeMark key={change.trial} change={change} x={x} right={right} />
      ))}
      <path className="best-line" d={bestPath(study, x.at, y.at)} />
      {scored.map((e) => (
        <Point
          key={e.number}
          x={x.at(e.number)}
          y={y.at(e.goal)}
          kind={outcome(e, best)}
          chosen={chosen === e.number}
          past={e.past}
          title={`experiment ${e.number}: ${formatNumber(e.goal, 4)}`}
          onChoose={() => onChoose(e.number)}
        />
      ))}
      {experiments
        .filter((e) => !isScored(e))
        .map((e) => (
          <text
            key={e.number}
            className={`failed-mark ${e.past ? 'past' : ''}`}
            x={x.at(e.number)}
            y={bottom - 4}
            textAnchor="middle"
          >
            <title>{`experiment ${e.number} failed: ${e.failure}`}</title>✕
          </text>
        ))}
    </Frame>
  )
}
