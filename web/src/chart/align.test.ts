import { describe, expect, it } from 'vitest'
import { align, steps, valueAt, withGaps } from './align'

describe('withGaps', () => {
  it('breaks the line where points are missing', () => {
    expect(
      withGaps(
        [
          [0, 1],
          [1000, 2],
          [9000, 3],
        ],
        2500,
      ),
    ).toEqual([
      [0, 1],
      [1000, 2],
      [2250, null],
      [9000, 3],
    ])
  })
  it('takes what is no number for a gap', () => {
    expect(
      withGaps(
        [
          [0, Number.NaN],
          [1000, 2],
        ],
        2500,
      ),
    ).toEqual([
      [0, null],
      [1000, 2],
    ])
  })
})

describe('align', () => {
  it('joins different times and tells a gap from a time that is not its own', () => {
    const [times, a, b] = align([
      [
        [0, 1],
        [2000, 3],
      ],
      [[1000, null]],
    ])
    expect(times).toEqual([0, 1, 2])
    expect(a).toEqual([1, undefined, 3])
    expect(b).toEqual([undefined, null, undefined])
  })
})

describe('steps', () => {
  const changes = [
    { at: 50, value: 2 },
    { at: 10, value: 1 },
    { at: 90, value: undefined },
    { at: 200, value: 9 },
  ]
  it('carries the value before the range in and the last one to its end', () => {
    expect(steps(changes, 20, 100)).toEqual([
      [20, 1],
      [50, 2],
      [100, 2],
    ])
  })
  it('shows nothing before the first known value', () => {
    expect(steps(changes, 0, 30)).toEqual([
      [10, 1],
      [30, 1],
    ])
    expect(steps([], 0, 30)).toEqual([])
  })
})

describe('valueAt', () => {
  it('looks back over times of other series, but not over a gap', () => {
    expect(valueAt([1, undefined, undefined], 2)).toBe(1)
    expect(valueAt([1, null, undefined], 2)).toBeNull()
    expect(valueAt([1, 2, 3])).toBe(3)
    expect(valueAt([], null)).toBeNull()
  })
})
