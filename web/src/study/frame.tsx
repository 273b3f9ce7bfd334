// Axes shared by the study's scatter plots: an SVG with round ticks, and a tooltip for the point under the pointer.
import type { ReactNode } from 'react'
import { formatNumber } from '../format/number'
import { ticks } from './analysis'

export interface Scale {
  low: number
  high: number
  at: (value: number) => number
}

export const box = { height: 290, left: 58, right: 14, top: 14, bottom: 42 }

/** A linear scale over the values with a little room at both ends. */
export function scaleOf(values: number[], from: number, to: number): Scale {
  const finite = values.filter(Number.isFinite)
  let low = finite.length > 0 ? Math.min(...finite) : 0
  let high = finite.length > 0 ? Math.max(...finite) : 1
  const room = (high - low || Math.abs(high) || 1) * 0.06
  low -= room
  high += room
  return { low, high, at: (value) => from + ((value - low) / (high - low)) * (to - from) }
}

interface FrameProps {
  width: number
  label: string
  x: Scale
  y: Scale
  x_title: string
  y_title: string
  x_levels?: string[]
  children: ReactNode
}

export function Frame({ width, label, x, y, x_title, y_title, x_levels, children }: FrameProps) {
  const x_ticks = x_levels ? x_levels.map((_, i) => i) : ticks(x.low, x.high, Math.max(2, Math.round(width / 90)))
  const bottom = box.height - box.bottom
  return (
    <svg
      className="frame"
      width={width}
      height={box.height}
      viewBox={`0 0 ${width} ${box.height}`}
      role="img"
      aria-label={label}
    >
      {ticks(y.low, y.high, 5).map((t) => (
        <g key={t}>
          <line className="grid" x1={box.left} x2={width - box.right} y1={y.at(t)} y2={y.at(t)} />
          <text className="tick" x={box.left - 8} y={y.at(t)} dy="0.32em" textAnchor="end">
            {formatNumber(t, 4)}
          </text>
        </g>
      ))}
      {x_ticks.map((t) => (
        <text key={t} className="tick" x={x.at(t)} y={bottom + 16} textAnchor="middle">
          {x_levels ? x_levels[t] : formatNumber(t, 4)}
        </text>
      ))}
      <line className="axis" x1={box.left} x2={width - box.right} y1={bottom} y2={bottom} />
      <text className="axis-title" x={(box.left + width - box.right) / 2} y={box.height - 6} textAnchor="middle">
        {x_title}
      </text>
      <text
        className="axis-title"
        transform={`translate(13 ${(box.top + bottom) / 2}) rotate(-90)`}
        textAnchor="middle"
      >
        {y_title}
      </text>
      {children}
    </svg>
  )
}
