// One experiment as a point, and what every picture of a study is given.
import type { StudyDetail } from '../api/types'
import type { Outcome } from './analysis'

export const kWidth = 640 // of a picture until it is measured

export interface PictureProps {
  study: StudyDetail
  best: number | undefined // number of the best experiment
  chosen: number | null
  onChoose: (experiment: number) => void
}

interface PointProps {
  x: number
  y: number
  kind: Outcome
  chosen: boolean
  past: boolean
  title: string
  onChoose: () => void
}

export function Point({ x, y, kind, chosen, past, title, onChoose }: PointProps) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: for the mouse; the table offers the same to the keyboard
    <g
      className={`point ${kind} ${chosen ? 'chosen' : ''} ${past ? 'past' : ''}`}
      transform={`translate(${x} ${y})`}
      onClick={onChoose}
    >
      <title>{past ? `${title}, before measurements changed` : title}</title>
      {chosen && <circle r={10} className="halo" />}
      {kind === 'infeasible' && <path d="M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5" />}
      {kind === 'best' && <path d="M0-8 7 0 0 8-7 0z" />}
      {kind === 'feasible' && <circle r={5} />}
    </g>
  )
}

export function PointKey({ past }: { past: boolean }) {
  return (
    <span className="point-key" aria-hidden="true">
      <svg width="14" height="16" viewBox="-7 -8 14 16" className="point best" aria-hidden="true">
        <path d="M0-8 7 0 0 8-7 0z" />
      </svg>
      best
      <svg width="12" height="12" viewBox="-6 -6 12 12" className="point feasible" aria-hidden="true">
        <circle r="5" />
      </svg>
      meets the SLOs
      <svg width="12" height="12" viewBox="-6 -6 12 12" className="point infeasible" aria-hidden="true">
        <path d="M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5" />
      </svg>
      breaks one
      {past && (
        <>
          <svg width="12" height="12" viewBox="-6 -6 12 12" className="point feasible past" aria-hidden="true">
            <circle r="5" />
          </svg>
          past
        </>
      )}
    </span>
  )
}
