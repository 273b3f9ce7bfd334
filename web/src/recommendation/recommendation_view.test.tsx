// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { setAccess } from '../access/token'
import type { ApplicationDetail, Change, Recommendation, SloStatus } from '../api/types'
import { expectedBreaches } from './decision_bar'
import { RecommendationView } from './recommendation_view'
import { describe as describeRow } from './verdict_panel'

const change = (parameter: string, current: number, proposed: number): Change => ({
  parameter,
  unit: 'MiB',
  current,
  proposed,
  edited: null,
  skipped: false,
  effective: proposed,
  effect: 'restart',
  why: `${parameter} is larger than needed`,
})

function recommendation(rest: Partial<Recommendation> = {}): Recommendation {
  return {
    id: 'R1',
    application: 'shop',
    created: '2026-11-24T10:00:00Z',
    expires: '2026-11-24T11:00:00Z',
    state: 'proposed',
    kind: 'exploit',
    summary: 'Save 20 EUR a month',
    confidence: 0.97,
    current: {},
    target: {},
    changes: [change('jvm.heap', 1024, 768), change('container.memory_limit', 1536, 1280)],
    predictions: [{ metric: 'p95', unit: 'ms', current: 170, mean: 180, low: 160, high: 260, at_load: 300 }],
    bindings: [{ kind: 'slo', subject: 'p95', text: 'binds at 300 requests/s' }],
    evidence: {
      windows: 40,
      windows_at_current: 12,
      load_low: 10,
      load_high: 300,
      load_expected: 320,
      statements: ['seen a lot'],
    },
    cost: { currency: 'EUR', current: 100, proposed: 80, saving: 20 },
    history: [{ at: '2026-11-24T10:00:00Z', state: 'proposed', actor: 'trimtab', action: 'proposed', reason: '' }],
    verdict: null,
    ...rest,
  }
}

const detail = {
  name: 'shop',
  load: { now: 1, expected: 2, unit: 'requests/s', context: '' },
  metrics: [],
  slos: [
    { name: 'p95', bound: 250, upper: true, unit: 'ms', value: 170, holds: true, breached_share: 0, confidence: 0.95 },
  ],
  parameters: [
    {
      name: 'jvm.heap',
      component: 'jvm',
      type: 'integer',
      min: 128,
      max: 2048,
      step: 16,
      values: [],
      unit: 'MiB',
      max_step: 256,
      effect: 'restart',
      mode: 'recommend',
      description: '',
      live: 1024,
      baseline: 1024,
    },
  ],
} as unknown as ApplicationDetail

let sent: { path: string; body: unknown }[]

function serve(value: Recommendation, refusal?: object) {
  sent = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (init.method === 'POST') {
      sent.push({ path, body: JSON.parse(String(init.body)) })
      if (refusal) return new Response(JSON.stringify({ error: refusal }), { status: 409 })
    }
    return new Response(JSON.stringify(path.includes('/applications/') ? detail : value))
  })
}

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <RecommendationView id="R1" />
    </QueryClientProvider>,
  )
}

beforeEach(() => setAccess({ token: 'secret', actor: 'nora' }))
afterEach(() => {
  cleanup()
  vi.unstubAllGlobals()
})

describe('a recommendation that waits', () => {
  it('shows what, why, what binds, and the cost', async () => {
    serve(recommendation())
    show()
    expect(await screen.findByRole('heading', { level: 1, name: /^Save €20.00\/month/ })).toBeTruthy()
    expect(screen.getByText('jvm.heap is larger than needed')).toBeTruthy()
    expect(screen.getByText('binds at 300 requests/s')).toBeTruthy()
    expect(screen.getByText(/Saves €20.00\/month/)).toBeTruthy()
    expect(screen.getByText('seen a lot')).toBeTruthy()
  })

  it('is approved only after a confirmation, with the person’s name', async () => {
    serve(recommendation())
    show()
    fireEvent.click(await screen.findByRole('button', { name: /^Approve/ }))
    expect(sent).toHaveLength(0)
    fireEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Approve and apply' }))
    await vi.waitFor(() => expect(sent).toHaveLength(1))
    expect(sent[0]).toEqual({ path: '/api/v1/recommendations/R1/decision', body: { action: 'approve', actor: 'nora' } })
  })

  it('is rejected only with a reason', async () => {
    serve(recommendation())
    show()
    fireEvent.click(await screen.findByRole('button', { name: /^Reject/ }))
    const dialog = within(screen.getByRole('dialog'))
    const button = dialog.getByRole('button', { name: 'Reject' }) as HTMLButtonElement
    expect(button.disabled).toBe(true)
    fireEvent.change(dialog.getByLabelText(/Reason/), { target: { value: 'campaign tonight' } })
    fireEvent.click(button)
    await vi.waitFor(() =>
      expect(sent[0]?.body).toEqual({ action: 'reject', reason: 'campaign tonight', actor: 'nora' }),
    )
  })

  it('sends an edit only when the value is admissible', async () => {
    serve(recommendation())
    show()
    const edit = (await screen.findByRole('button', { name: 'Edit JVM heap' })) as HTMLButtonElement
    await vi.waitFor(() => expect(edit.disabled).toBe(false))
    fireEvent.click(edit)
    const input = screen.getByLabelText(/New value of JVM heap/)
    const save = screen.getByRole('button', { name: 'Save' }) as HTMLButtonElement
    fireEvent.change(input, { target: { value: '100' } })
    expect(save.disabled).toBe(true)
    expect(screen.getByText(/Outside its range/)).toBeTruthy()
    fireEvent.click(screen.getByRole('button', { name: /Use 128 MiB/ }))
    expect(save.disabled).toBe(false)
    fireEvent.click(save)
    await vi.waitFor(() => expect(sent[0]?.body).toEqual({ action: 'edit', edits: { 'jvm.heap': 128 }, actor: 'nora' }))
  })

  it('skips one change', async () => {
    serve(recommendation())
    show()
    fireEvent.click(await screen.findByRole('button', { name: 'Skip container memory limit' }))
    await vi.waitFor(() =>
      expect(sent[0]?.body).toEqual({ action: 'skip', parameters: ['container.memory_limit'], actor: 'nora' }),
    )
  })

  it('shows why the server refused', async () => {
    serve(recommendation(), {
      code: 'conflict',
      message: 'the live configuration has changed',
      field: '',
      hint: 'wait for the next one',
    })
    show()
    fireEvent.click(await screen.findByRole('button', { name: /^Approve/ }))
    fireEvent.click(screen.getByRole('button', { name: 'Approve and apply' }))
    expect(await screen.findByText('the live configuration has changed')).toBeTruthy()
    expect(screen.getByText('wait for the next one')).toBeTruthy()
  })

  it('cannot be changed without a token, and says why', async () => {
    setAccess({ token: '' })
    serve(recommendation())
    show()
    const approve = (await screen.findByRole('button', { name: /^Approve/ })) as HTMLButtonElement
    expect(approve.disabled).toBe(true)
    expect(screen.getByText(/needs the token/)).toBeTruthy()
    fireEvent.keyDown(window, { key: 'a' })
    expect(screen.queryByRole('dialog')).toBeNull()
  })
})

describe('a recommendation that was decided', () => {
  it('offers no decision and shows the verdict and the reason of the roll back', async () => {
    const verdict = {
      test: 'Welch',
      windows_before: 5,
      windows_after: 3,
      load_before: 100,
      load_after: 101,
      conclusion: 'Slower than tolerated.',
      rows: [
        {
          metric: 'p95',
          before: 170,
          after: 260,
          change: 0.53,
          low: 0.4,
          high: 0.6,
          p_value: 0.99,
          conclusion: 'worse' as const,
        },
      ],
    }
    const last = {
      at: '2026-11-24T10:10:00Z',
      state: 'rolled_back' as const,
      actor: 'guard',
      action: 'rolled_back',
      reason: 'p95 breached twice',
    }
    serve(recommendation({ state: 'rolled_back', verdict, history: [last] }))
    show()
    expect(await screen.findByText('Slower than tolerated.')).toBeTruthy()
    expect(screen.getAllByText('p95 breached twice').length).toBeGreaterThan(0)
    expect(screen.queryByRole('button', { name: /^Approve/ })).toBeNull()
    expect(screen.getByText('worse')).toBeTruthy()
  })
})

describe('words about what was predicted and compared', () => {
  const prediction = { metric: 'p95 <= 250', unit: '', current: 170, mean: 300, low: 200, high: 400, at_load: 10 }
  const slo = { ...(detail.slos[0] as SloStatus), name: 'p95 <= 250' }

  it('name the SLOs that a change is expected to break', () => {
    expect(expectedBreaches(recommendation({ predictions: [prediction] }), [slo])).toEqual([
      'p95 is predicted at 300 ms, outside its SLO p95 ≤ 250 ms.',
    ])
    expect(expectedBreaches(recommendation(), detail.slos)).toEqual([])
  })

  it('do not call an unknown confidence zero', async () => {
    serve(recommendation({ confidence: null }))
    show()
    expect(await screen.findByText(/confidence not known/)).toBeTruthy()
  })

  it('tell throughput compared with the load from throughput itself', () => {
    const row = {
      metric: 'throughput',
      before: 1,
      after: 0.998,
      change: 0,
      low: 0,
      high: 0,
      p_value: 0,
      conclusion: 'same' as const,
    }
    const metrics = [{ name: 'throughput', unit: '1/s', role: 'throughput', description: '' }]
    const described = describeRow(row, [], metrics, '1/s')
    expect([described.name, described.text(row.after)]).toEqual(['throughput, share of the load', '99.8 %'])
    expect(describeRow({ ...row, metric: 'p95 <= 250' }, [slo], metrics, '').text(170)).toBe('170 ms')
  })
})
