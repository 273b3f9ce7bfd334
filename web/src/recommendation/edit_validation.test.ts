import { describe, expect, it } from 'vitest'
import type { ParameterInfo } from '../api/types'
import { checkEdit, domainText, snap } from './edit_validation'

function parameter(rest: Partial<ParameterInfo>): ParameterInfo {
  return {
    name: 'p',
    component: 'c',
    type: 'integer',
    min: null,
    max: null,
    step: null,
    values: [],
    unit: '',
    max_step: null,
    effect: 'restart',
    mode: 'recommend',
    description: '',
    live: null,
    baseline: null,
    ...rest,
  }
}
const cpu = parameter({ type: 'real', min: 0.2, max: 4, step: 0.05, unit: 'cores', max_step: 0.5 })
const heap = parameter({ min: 128, max: 3072, step: 16, unit: 'MiB', max_step: 256 })
const threads = parameter({ min: 1, max: 8, unit: 'threads' })
const collector = parameter({ type: 'categorical', values: ['Serial', 'Parallel', 'G1'] })
const level = parameter({ type: 'ordinal', values: ['low', 'medium', 'high'], max_step: 1 })

describe('checkEdit of numbers', () => {
  it('accepts values on the grid, whatever the binary fractions', () => {
    for (const text of ['0.2', '0.35', '1.15', ' 3.95 ', '4', '1,15', '.25'])
      expect(checkEdit(cpu, text, 1), text).toMatchObject({ ok: true })
    expect(checkEdit(cpu, '1,15', 1)).toMatchObject({ value: 1.15 })
  })
  it('refuses values outside the range and suggests the nearest', () => {
    expect(checkEdit(cpu, '0.1', 1)).toMatchObject({ ok: false, suggestion: 0.2 })
    expect(checkEdit(cpu, '9', 1)).toMatchObject({ ok: false, suggestion: 4 })
    expect(checkEdit(heap, '-128', 1024)).toMatchObject({ ok: false, suggestion: 128 })
  })
  it('refuses values between two steps and suggests the nearest', () => {
    expect(checkEdit(cpu, '1.17', 1)).toMatchObject({ ok: false, suggestion: 1.15 })
    expect(checkEdit(heap, '1000', 1024)).toMatchObject({ ok: false, suggestion: 1008 })
    expect(checkEdit(threads, '2.5', 2)).toMatchObject({ ok: false, message: 'Only whole numbers.' })
  })
  it('refuses what is no number, and what may be two', () => {
    for (const text of ['', 'abc', '1e3', '0x10', '1 GiB', 'NaN', 'Infinity', '1,024', '1.2.3'])
      expect(checkEdit(heap, text, 1024), text).toMatchObject({ ok: false })
  })
  it('warns of a larger change than Trimtab would make, but lets it pass', () => {
    expect(checkEdit(cpu, '0.5', 1)).toMatchObject({ ok: true, warning: '' })
    expect(checkEdit(cpu, '0.2', 1.5)).toMatchObject({ ok: true, warning: expect.stringContaining('0.5 cores') })
  })
})

describe('checkEdit of choices', () => {
  it('accepts only the listed values', () => {
    expect(checkEdit(collector, 'G1', 'Serial')).toMatchObject({ ok: true, value: 'G1' })
    expect(checkEdit(collector, 'ZGC', 'Serial')).toMatchObject({ ok: false })
  })
  it('counts levels of ordinals', () => {
    expect(checkEdit(level, 'medium', 'low')).toMatchObject({ ok: true, warning: '' })
    expect(checkEdit(level, 'high', 'low')).toMatchObject({ ok: true, warning: expect.stringContaining('1 levels') })
  })
})

describe('snap and domainText', () => {
  it('stays inside the range when the last step would leave it', () => {
    expect(snap(parameter({ min: 0, max: 10, step: 4 }), 10)).toBe(8)
    expect(snap(cpu, 0.30000000000000004)).toBe(0.3)
  })
  it('says what is allowed', () => {
    expect(domainText(cpu)).toBe('0.2 to 4 cores in steps of 0.05')
    expect(domainText(threads)).toBe('1 to 8 threads')
    expect(domainText(collector)).toBe('Serial, Parallel or G1')
    expect(domainText(level)).toBe('low, medium or high (in this order)')
  })
})
