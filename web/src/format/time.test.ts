import { describe, expect, it } from 'vitest'
import { formatDuration, formatRelative } from './time'

describe('formatDuration', () => {
  it.each([
    [0, '0 s'],
    [42, '42 s'],
    [60, '1 min'],
    [95, '1 min 35 s'],
    [1_790, '30 min'],
    [3_600, '1 h'],
    [3_660, '1 h 1 min'],
    [7_199, '2 h'],
    [86_400, '1 d'],
    [93_600, '1 d 2 h'],
    [900_000, '10 d'],
  ])('%d s is %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text)
  })
})

describe('formatRelative', () => {
  const now = Date.parse('2026-11-24T12:00:00Z')
  it.each([
    ['2026-11-24T11:59:58Z', 'now'],
    ['2026-11-24T11:59:48Z', '10 s ago'],
    ['2026-11-24T11:55:30Z', '4 min ago'],
    ['2026-11-24T12:59:00Z', 'in 59 min'],
    ['2026-11-23T10:00:00Z', '1 d 2 h ago'],
    ['not a time', ''],
  ])('%s is %s', (at, text) => {
    expect(formatRelative(at, now)).toBe(text)
  })
})
