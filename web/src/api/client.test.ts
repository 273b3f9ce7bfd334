// @vitest-environment happy-dom
import { afterEach, describe, expect, it, vi } from 'vitest'
import { setAccess } from '../access/token'
import { type ApiFailure, get, query, send } from './client'

function answer(status: number, body: string) {
  const spy = vi.fn(async (_url: string, _init: RequestInit) => new Response(status === 204 ? null : body, { status }))
  vi.stubGlobal('fetch', spy)
  return spy
}

afterEach(() => {
  vi.unstubAllGlobals()
  setAccess({ token: '', actor: '' })
})

describe('requests', () => {
  it('carry the token only when there is one', async () => {
    const spy = answer(200, '{"a":1}')
    await get('/version')
    setAccess({ token: 'secret' })
    await send('PUT', '/applications/shop/mode', { mode: 'observe' })
    const headers = (call: number) => spy.mock.calls[call]?.[1].headers as Record<string, string>
    expect(headers(0).Authorization).toBeUndefined()
    expect(headers(1).Authorization).toBe('Bearer secret')
    expect(spy.mock.calls[1]?.[0]).toBe('/api/v1/applications/shop/mode')
  })

  it('pass on the server’s words', async () => {
    answer(409, '{"error":{"code":"conflict","message":"already decided","field":"id","hint":"reload"}}')
    const failure = (await send('POST', '/x', {}).catch((e: unknown) => e)) as ApiFailure
    expect(failure.status).toBe(409)
    expect(failure.error).toEqual({ code: 'conflict', message: 'already decided', field: 'id', hint: 'reload' })
  })

  it('explain an answer without words, and a missing token', async () => {
    answer(502, '<html>')
    expect(((await get('/x').catch((e: unknown) => e)) as ApiFailure).message).toBe('The server answered 502.')
    answer(401, '{}')
    expect(((await get('/x').catch((e: unknown) => e)) as ApiFailure).error.hint).toContain('token')
  })

  it('say so when the server cannot be reached or speaks no JSON', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => Promise.reject(new TypeError('network'))),
    )
    expect(((await get('/x').catch((e: unknown) => e)) as ApiFailure).error.code).toBe('unavailable')
    answer(200, 'not json')
    expect(((await get('/x').catch((e: unknown) => e)) as ApiFailure).error.code).toBe('internal')
  })

  it('accept an empty answer', async () => {
    answer(204, '')
    expect(await send('DELETE', '/applications/shop')).toBeUndefined()
  })
})

describe('query', () => {
  it('leaves empty parameters out and escapes the others', () => {
    expect(query({ a: '', b: undefined, c: 'x y', d: 5 })).toBe('?c=x+y&d=5')
    expect(query({})).toBe('')
  })
})
