// The stream of changes: it marks queries as out of date and tells whether the server can be reached.
import type { QueryClient } from '@tanstack/react-query'
import { useSyncExternalStore } from 'react'
import type { ChangeNotice } from './types'

export interface Connection {
  state: 'connecting' | 'open' | 'lost'
  since: number // milliseconds since 1970
}

const kFirstRetryMs = 1_000
const kLongestRetryMs = 15_000

let connection: Connection = { state: 'connecting', since: Date.now() }
const listeners = new Set<() => void>()

function setConnection(state: Connection['state']): void {
  if (connection.state === state) return
  connection = { state, since: Date.now() }
  for (const listener of listeners) listener()
}

/** The keys of the queries that a notice makes out of date. An empty key stands for all. */
export function outdatedKeys(notice: ChangeNotice): string[][] {
  switch (notice.kind) {
    case 'application':
      return [['applications'], ['application', notice.application], ['changes', notice.application]]
    case 'recommendation':
      return [
        ['recommendations'],
        ['recommendation', notice.id],
        ['application', notice.application],
        ['applications'],
        ['changes', notice.application],
      ]
    case 'audit':
      return [['audit']]
    case 'study':
      return [['studies'], ['study', notice.id]]
    default:
      return [[]]
  }
}

/** Opens the stream and keeps it open; returns the way to stop. `open` is replaced in tests. */
export function startEvents(client: QueryClient, open = (url: string) => new EventSource(url)): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let retry = kFirstRetryMs
  let was_open = false

  const connect = () => {
    source = open('/api/v1/events')
    source.onopen = () => {
      retry = kFirstRetryMs
      setConnection('open')
      // What happened while the line was down was missed.
      if (was_open) void client.invalidateQueries()
      was_open = true
    }
    source.addEventListener('change', (event) => {
      let notice: ChangeNotice
      try {
        notice = JSON.parse((event as MessageEvent<string>).data) as ChangeNotice
      } catch {
        return
      }
      for (const key of outdatedKeys(notice)) void client.invalidateQueries({ queryKey: key })
    })
    source.onerror = () => {
      setConnection('lost')
      source?.close()
      timer = setTimeout(connect, retry)
      retry = Math.min(retry * 2, kLongestRetryMs)
    }
  }
  connect()
  return () => {
    source?.close()
    clearTimeout(timer)
    setConnection('connecting')
  }
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => connection,
  )
}
