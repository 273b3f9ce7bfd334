// @vitest-environment happy-dom
import { QueryClient } from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { outdatedKeys, startEvents } from './events'

class FakeSource {
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  closed = false
  listeners: Record<string, (event: { data: string }) => void> = {}
  addEventListener(name: string, listener: (event: { data: string }) => void) {
    this.listeners[name] = listener
  }
  close() {
    this.closed = true
  }
}

describe('the stream of changes', () => {
  let sources: FakeSource[]
  let client: QueryClient
  let stop: () => void
  beforeEach(() => {
    vi.useFakeTimers()
    sources = []
    client = new QueryClient()
    vi.spyOn(client, 'invalidateQueries')
    stop = startEvents(client, () => {
      const source = new FakeSource()
      sources.push(source)
      return source as unknown as EventSource
    })
  })
  afterEach(() => {
    stop()
    vi.useRealTimers()
  })

  it('marks what a notice names as out of date', () => {
    sources[0]?.onopen?.()
    const notice = { sequence: 3, kind: 'recommendation', application: 'shop', id: 'R1' }
    sources[0]?.listeners.change?.({ data: JSON.stringify(notice) })
    expect(client.invalidateQueries).toHaveBeenCalledWith({ queryKey: ['recommendation', 'R1'] })
    expect(client.invalidateQueries).toHaveBeenCalledWith({ queryKey: ['application', 'shop'] })
  })

  it('survives a notice that is no JSON', () => {
    expect(() => sources[0]?.listeners.change?.({ data: '{' })).not.toThrow()
  })

  it('connects again after a loss, ever more slowly, and then loads everything again', () => {
    sources[0]?.onopen?.()
    sources[0]?.onerror?.()
    expect(sources[0]?.closed).toBe(true)
    vi.advanceTimersByTime(1_000)
    expect(sources).toHaveLength(2)
    sources[1]?.onerror?.()
    vi.advanceTimersByTime(1_000)
    expect(sources).toHaveLength(2)
    vi.advanceTimersByTime(1_000)
    expect(sources).toHaveLength(3)
    sources[2]?.onopen?.()
    expect(client.invalidateQueries).toHaveBeenCalledWith()
  })

  it('stops for good', () => {
    sources[0]?.onerror?.()
    stop()
    vi.advanceTimersByTime(60_000)
    expect(sources).toHaveLength(1)
  })
})

describe('outdatedKeys', () => {
  it('takes an unknown kind and a reset for everything', () => {
    expect(outdatedKeys({ sequence: 1, kind: 'reset', application: '', id: '' })).toEqual([[]])
    expect(outdatedKeys({ sequence: 1, kind: 'new' as never, application: '', id: '' })).toEqual([[]])
  })
})
