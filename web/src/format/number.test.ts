import { describe, expect, it } from 'vitest'
import {
  formatChange,
  formatMoney,
  formatMoneyPerMonth,
  formatNumber,
  formatPValue,
  formatQuantity,
  formatSetting,
  formatShare,
  humanName,
} from './number'

describe('formatQuantity', () => {
  it.each([
    [212.4, 'ms', '212 ms'],
    [12_345, 'ms', '12.3 s'],
    [0.0421, 's', '42.1 ms'],
    [0.004, 'ratio', '0.4 %'],
    [0.00041, 'ratio', '0.041 %'],
    [0.00004, 'ratio', '0.004 %'],
    [1, 'cores', '1 core'],
    [0.854, 'cores', '0.854 cores'],
    [806, 'MiB', '806 MiB'],
    [12_288, 'MiB', '12 GiB'],
    [2_147_483_648, 'bytes', '2,048 MiB'],
    [1234.5, 'requests/s', '1,235 requests/s'],
    [71.9, 'EUR/month', '€71.90/month'],
    [2.345678, '', '2.35'],
    [0, 'ms', '0 ms'],
  ])('writes %s %s as %s', (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text)
  })
  it('shows a dash for what is not known', () => {
    for (const value of [null, undefined, Number.NaN, Number.POSITIVE_INFINITY])
      expect(formatQuantity(value, 'ms')).toBe('–')
  })
})

describe('formatSetting', () => {
  it('neither rounds nor rescales', () => {
    expect(formatSetting(1.15, 'cores')).toBe('1.15 cores')
    expect(formatSetting(12_288, 'MiB')).toBe('12,288 MiB')
    expect(formatSetting('Parallel', '')).toBe('Parallel')
    expect(formatSetting(null, 'MiB')).toBe('–')
    expect(formatSetting(1, 'threads')).toBe('1 thread')
  })
})

describe('shares, changes, money, p-values', () => {
  it('signs changes with a real minus', () => {
    expect(formatChange(-0.233)).toBe('−23.3 %')
    expect(formatChange(0.098)).toBe('+9.8 %')
    expect(formatChange(0.0001)).toBe('±0 %')
  })
  it('keeps small shares apart from zero', () => {
    expect(formatShare(0)).toBe('0 %')
    expect(formatShare(0.0001)).toBe('0.01 %')
    expect(formatShare(1)).toBe('100 %')
  })
  it('writes money with cents only below a thousand', () => {
    expect(formatMoney(96.4, 'EUR')).toBe('€96.40')
    expect(formatMoney(12_345.6, 'USD')).toBe('$12,346')
    expect(formatMoneyPerMonth(-4, 'EUR')).toBe('-€4.00/month')
    expect(formatMoneyPerMonth(null, 'EUR')).toBe('–')
    expect(formatMoney(5, 'tokens')).toBe('5 tokens')
  })
  it('never calls a p-value zero', () => {
    expect(formatPValue(0)).toBe('< 0.001')
    expect(formatPValue(0.0312)).toBe('0.031')
  })
  it('groups thousands', () => {
    expect(formatNumber(1_234_567)).toBe('1,234,567')
    expect(formatNumber(0.0000123)).toBe('0.000012')
  })
})

describe('humanName', () => {
  it('reads names aloud and leaves formulas alone', () => {
    expect(humanName('jvm.gc_threads')).toBe('JVM GC threads')
    expect(humanName('container.cpu_limit')).toBe('container CPU limit')
    expect(humanName('p95')).toBe('p95')
    expect(humanName('jvm.heap + 248 <= container.memory_limit')).toBe('jvm.heap + 248 <= container.memory_limit')
  })
})
