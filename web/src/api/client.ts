// Requests to the REST API. Every request has a deadline; errors are ApiFailure with the server's own words.
import { currentAccess } from '../access/token'
import type { ApiError } from './types'

const kPrefix = '/api/v1'
const kTimeoutMs = 15_000

export class ApiFailure extends Error {
  readonly status: number
  readonly error: ApiError

  constructor(status: number, error: ApiError) {
    super(error.message)
    this.name = 'ApiFailure'
    this.status = status
    this.error = error
  }
}

function unavailable(message: string): ApiFailure {
  return new ApiFailure(0, { code: 'unavailable', message, field: '', hint: 'Is trimtab serve running?' })
}

async function readError(response: Response): Promise<ApiFailure> {
  let error: ApiError = { code: '', message: `The server answered ${response.status}.`, field: '', hint: '' }
  try {
    const body = (await response.json()) as { error?: Partial<ApiError> }
    error = { ...error, ...body.error }
  } catch {
    // Not JSON: the status has to do.
  }
  if (response.status === 401 && !error.hint) error.hint = 'Give the token that trimtab serve printed at its start.'
  return new ApiFailure(response.status, error)
}

async function request<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  const { token } = currentAccess()
  if (token) headers.Authorization = `Bearer ${token}`
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const deadline = AbortSignal.timeout(kTimeoutMs)
  let response: Response
  try {
    response = await fetch(kPrefix + path, {
      method,
      headers,
      signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw unavailable(deadline.aborted ? 'The server did not answer within 15 s.' : 'The server cannot be reached.')
  }
  if (!response.ok) throw await readError(response)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch {
    throw new ApiFailure(response.status, {
      code: 'internal',
      message: 'The server’s answer is not JSON.',
      field: '',
      hint: 'Reload the page; it may be older than the server.',
    })
  }
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return request<T>('GET', path, undefined, signal)
}

export function send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return request<T>(method, path, body)
}

/** "?a=1&b=2" of the parameters that are not empty. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') search.set(key, String(value))
  const text = search.toString()
  return text ? `?${text}` : ''
}
