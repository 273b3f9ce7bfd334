import { describe, expect, it } from 'vitest'
import type { ApplicationDetail, MetricInfo, SloStatus } from '../api/types'
import { panelsOf, settingPoints, spanOf, stepFor } from './panels'

const metric = (name: string, unit: string, role = 'none'): MetricInfo => ({ name, unit, role, description: '' })
const slo = (name: string, unit: string): SloStatus => ({
  name,
  bound: 1,
  upper: true,
  unit,
  value: 0,
  holds: true,
  breached_share: 0,
  confidence: 0.95,
})

const detail = {
  metrics: [
    metric('p95', 'ms', 'latency'),
    metric('p99_s', 's', 'latency'),
    metric('arrivals', 'requests/s', 'load'),
    metric('errors', 'ratio', 'errors'),
    metric('container.cpu_used', 'cores'),
    metric('container.memory_working_set', 'MiB'),
    metric('jvm.heap_used', 'MiB'),
    metric('jvm.gc_time_ratio', 'ratio'),
  ],
  slos: [slo('p95 <= 250', 'ms'), slo('errors', 'ratio')],
  parameters: [
    { name: 'container.cpu_limit', unit: 'cores' },
    { name: 'container.memory_limit', unit: 'MiB' },
    { name: 'jvm.heap', unit: 'MiB' },
    { name: 'jvm.gc_threads', unit: 'threads' },
  ],
  configuration: { 'container.cpu_limit': 1.5 },
} as unknown as ApplicationDetail

describe('panelsOf', () => {
  const panels = panelsOf(detail)
  it('never mixes units on an axis', () => {
    for (const panel of panels) expect(new Set(panel.metrics.map((m) => m.unit)).size, panel.id).toBe(1)
    expect(panels.filter((p) => p.title === 'Response time')).toHaveLength(2)
  })
  it('shows every metric once', () => {
    expect(panels.flatMap((p) => p.metrics.map((m) => m.name)).sort()).toEqual(detail.metrics.map((m) => m.name).sort())
  })
  it('puts limits and SLOs beside what they limit', () => {
    const of = (id: string) => panels.find((p) => p.id === id)
    expect(of('cpu')?.settings.map((p) => p.name)).toEqual(['container.cpu_limit'])
    expect(of('memory')?.settings.map((p) => p.name)).toEqual(['container.memory_limit', 'jvm.heap'])
    expect(of('latency')?.slos.map((s) => s.name)).toEqual(['p95 <= 250'])
    expect(of('errors')?.slos).toHaveLength(1)
    expect(of('jvm.gc_time_ratio')?.main).toBe(false)
  })
})

describe('settingPoints', () => {
  it('falls back to the present value without a history', () => {
    expect(settingPoints('container.cpu_limit', [], detail, 0, 10)).toEqual([
      [0, 1.5],
      [10, 1.5],
    ])
  })
})

describe('range and step', () => {
  it('asks for about 300 points, never finer than sampled', () => {
    expect(stepFor(900, 5)).toBe(5)
    expect(stepFor(3_600, 5)).toBe(15)
    expect(stepFor(604_800, 5)).toBe(3_600)
    expect(stepFor(900, 60)).toBe(60)
  })
  it('starts narrow while the application is new', () => {
    const now = Date.parse('2026-11-24T12:00:00Z')
    expect(spanOf(null, '2026-11-24T11:57:00Z', now).key).toBe('5m')
    expect(spanOf(null, '2026-11-24T11:50:00Z', now).key).toBe('15m')
    expect(spanOf(null, '2026-11-23T11:55:00Z', now).key).toBe('1h')
    expect(spanOf('7d', '2026-11-24T11:55:00Z', now).key).toBe('7d')
  })
})
