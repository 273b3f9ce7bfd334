import { describe, expect, it } from 'vitest'
import type { ApplicationSummary } from '../api/types'
import { waitingOf, waitingText } from './waiting'

const application = (rest: Partial<ApplicationSummary>) =>
  ({
    status: 'observes: 4 usable windows',
    waiting_for: [],
    data_trouble: '',
    disturbance: '',
    paused: false,
    open_recommendation: null,
    ...rest,
  }) as ApplicationSummary

describe('waitingOf', () => {
  it('tells thin evidence from the ordinary rhythm', () => {
    const young = application({
      waiting_for: ['not enough evidence yet: 2 more windows', 'the next look for a gain, in 30s'],
    })
    expect(waitingOf(young)).toEqual({ thin: true, items: ['2 more windows', 'the next look for a gain, in 30s'] })
    expect(waitingOf(application({ waiting_for: ['the next look for a gain, in 30s'] })).thin).toBe(false)
  })
  it('does not repeat what another notice says', () => {
    const all = application({
      waiting_for: [
        'a person to resume',
        'usable data: Prometheus is away',
        'calm around the application: node n1 is cordoned',
        'a decision on the open recommendation',
        'a change window',
      ],
      paused: true,
      data_trouble: 'Prometheus is away',
      disturbance: 'node n1 is cordoned',
      open_recommendation: 'R1',
    })
    expect(waitingOf(all).items).toEqual(['a change window'])
  })
  it('writes one line', () => {
    expect(waitingText(application({ waiting_for: ['not enough evidence yet: 2 more windows'] }))).toBe(
      'Not enough evidence yet: waits for 2 more windows',
    )
    expect(waitingText(application({}))).toBe('Observes: 4 usable windows')
  })
})
