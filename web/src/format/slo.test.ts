import { describe, expect, it } from 'vitest'
import type { SloStatus } from '../api/types'
import { boundsMetric, sloOf, sloShort, sloTitle, sloValue } from './slo'

const slo = (rest: Partial<SloStatus>): SloStatus => ({
  name: 'p95',
  bound: 250,
  upper: true,
  unit: 'ms',
  value: 171.4,
  holds: true,
  breached_share: 0,
  confidence: 0.95,
  ...rest,
})
const text = slo({ name: 'p95 <= 250' })
const relative = slo({ name: 'throughput >= 0.95 * arrivals', upper: false, bound: 1, unit: '', value: 1.052 })

describe('SLOs', () => {
  it('are titled with their unit, whichever way they are named', () => {
    expect(sloTitle(slo({}))).toBe('p95 ≤ 250 ms')
    expect(sloTitle(text)).toBe('p95 ≤ 250 ms')
    expect(sloTitle(relative)).toBe('throughput ≥ 0.95 * arrivals')
    expect(sloShort(text)).toBe('p95')
    expect(sloShort(relative)).toBe('throughput')
  })
  it('show a relative value as a share of the bound', () => {
    expect(sloValue(text)).toBe('171 ms')
    expect(sloValue(relative)).toBe('105.2 %')
    expect(sloValue(slo({ value: null }))).toBe('–')
  })
  it('belong on a metric’s axis only when they bound it by a number', () => {
    expect(boundsMetric(text, 'p95')).toBe(true)
    expect(boundsMetric(slo({}), 'p95')).toBe(true)
    expect(boundsMetric(relative, 'throughput')).toBe(false)
    expect(boundsMetric(slo({ name: 'p95 <= 2 * p50' }), 'p95')).toBe(false)
    expect(boundsMetric(text, 'p9')).toBe(false)
  })
  it('are found by name first', () => {
    expect(sloOf('throughput >= 0.95 * arrivals', [text, relative])).toBe(relative)
    expect(sloOf('p95', [text, relative])).toBe(text)
    expect(sloOf('cost', [text, relative])).toBeUndefined()
  })
})
