// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ApplicationSummary } from '../api/types'
import { ApplicationsView, totals } from './applications_view'

function application(name: string, rest: Partial<ApplicationSummary> = {}): ApplicationSummary {
  return {
    name,
    description: '',
    mode: 'recommend',
    phase: 'observing',
    paused: false,
    status: 'Observes.',
    waiting_for: [],
    data_trouble: '',
    disturbance: '',
    healthy: true,
    replicas: 2,
    slos: [],
    load: { now: 10, expected: 20, unit: 'requests/s', context: '' },
    cost: { currency: 'EUR', current: 80, baseline: 100, saving: 20 },
    open_recommendation: null,
    decision: null,
    ...rest,
  }
}

function show(answer: () => Promise<Response>) {
  vi.stubGlobal('fetch', answer)
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <ApplicationsView />
    </QueryClientProvider>,
  )
}

afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('ApplicationsView', () => {
  it('says that it loads, then that there is nothing', async () => {
    show(async () => new Response('{"applications":[]}'))
    expect(screen.getByText(/Loading applications/)).toBeTruthy()
    expect(await screen.findByText('No application is enrolled yet')).toBeTruthy()
  })

  it('says why nothing can be shown and offers to try again', async () => {
    show(async () => new Response('{"error":{"code":"unavailable","message":"the store is locked"}}', { status: 503 }))
    expect(await screen.findByText('the store is locked')).toBeTruthy()
    expect(screen.getByRole('button', { name: 'Try again' })).toBeTruthy()
  })

  it('shows what an application waits for and where a decision is needed', async () => {
    const list = [
      application('shop', { waiting_for: ['not enough evidence yet: 2 more windows'] }),
      application('pay', { open_recommendation: 'R7' }),
    ]
    show(async () => new Response(JSON.stringify({ applications: list })))
    expect(await screen.findByText(/Not enough evidence yet: waits for 2 more windows/)).toBeTruthy()
    const link = screen.getByRole('link', { name: 'Review the recommendation for pay' })
    expect(link.getAttribute('href')).toBe('/recommendations/R7')
  })
})

describe('totals', () => {
  it('adds up one currency only', () => {
    const breached = {
      name: 'p95',
      bound: 1,
      upper: true,
      unit: 'ms',
      value: 2,
      holds: false,
      breached_share: 1,
      confidence: 0.95,
    }
    const sum = totals([
      application('a', { slos: [breached], paused: true }),
      application('b', { open_recommendation: 'R' }),
      application('c', { cost: { currency: 'USD', current: 1, baseline: 1000, saving: 999 } }),
    ])
    expect(sum).toEqual({ currency: 'EUR', saving: 40, current: 160, baseline: 200, breached: 1, open: 1, paused: 1 })
  })
})
