// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest'
import { actionTone, isRecommendation } from './audit_view'

describe('the audit trail', () => {
  it('colours what went wrong, and only that', () => {
    expect(actionTone('guard.breach')).toBe('bad')
    expect(actionTone('configuration.drift')).toBe('bad')
    expect(actionTone('recommendation.rolled_back')).toBe('warn')
    expect(actionTone('rollback.retry')).toBe('warn')
    expect(actionTone('application.enrolled')).toBe('neutral')
    expect(actionTone('recommendation.kept')).toBe('good')
  })
  it('links only recommendations', () => {
    expect(isRecommendation('01M87WSSQF8MK1GBV3M98SXNC1')).toBe(true)
    expect(isRecommendation('shop')).toBe(false)
  })
})
