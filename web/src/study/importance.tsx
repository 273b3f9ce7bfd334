// How much of the goal's variation each parameter explains.
import type { StudyDetail } from '../api/types'
import { formatShare, humanName } from '../format/number'

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
