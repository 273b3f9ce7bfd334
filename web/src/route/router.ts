// Routing over the browser's history. Every link is a plain <a href>, so that middle click, copy and screen readers
// work; one listener turns a plain click on a link of this page into a change of place without loading.
import { useSyncExternalStore } from 'react'

export interface Place {
  path: string
  search: URLSearchParams
}

let place: Place = readPlace()
const listeners = new Set<() => void>()

function readPlace(): Place {
  return { path: window.location.pathname, search: new URLSearchParams(window.location.search) }
}

function changed(): void {
  place = readPlace()
  for (const listener of listeners) listener()
}

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (options.replace) window.history.replaceState(null, '', to)
  else window.history.pushState(null, '', to)
  const moved = place.path !== window.location.pathname
  changed()
  if (moved) {
    window.scrollTo(0, 0)
    // Keyboard and screen-reader users start at the top of the new view.
    requestAnimationFrame(() => document.getElementById('main')?.focus({ preventScroll: true }))
  }
}

/** Sets one query parameter of the present place; an empty value removes it. */
export function setSearch(key: string, value: string): void {
  const search = new URLSearchParams(place.search)
  if (value) search.set(key, value)
  else search.delete(key)
  const text = search.toString()
  navigate(place.path + (text ? `?${text}` : ''), { replace: true })
}

function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return
  const link = (event.target as Element | null)?.closest?.('a')
  if (!link || link.target || link.hasAttribute('download')) return
  const url = new URL(link.href, window.location.href)
  if (
    url.origin !== window.location.origin ||
    url.pathname.startsWith('/api/') ||
    link.getAttribute('href')?.startsWith('#')
  )
    return
  event.preventDefault()
  navigate(url.pathname + url.search + url.hash)
}

/** Starts to listen; returns the way to stop. */
export function startRouter(): () => void {
  document.addEventListener('click', onClick)
  window.addEventListener('popstate', changed)
  return () => {
    document.removeEventListener('click', onClick)
    window.removeEventListener('popstate', changed)
  }
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => place,
  )
}

/** The parameters of `pattern` ("/studies/:name") in `path`, or null when it does not fit. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/').filter(Boolean)
  const have = path.split('/').filter(Boolean)
  if (want.length !== have.length) return null
  const found: Record<string, string> = {}
  for (let i = 0; i < want.length; i++) {
    const w = want[i] as string
    const h = have[i] as string
    if (w.startsWith(':')) {
      try {
        found[w.slice(1)] = decodeURIComponent(h)
      } catch {
        return null
      }
    } else if (w !== h) return null
  }
  return found
}

export function applicationPath(name: string, tab = ''): string {
  return `/applications/${encodeURIComponent(name)}${tab ? `?tab=${tab}` : ''}`
}
export function recommendationPath(id: string): string {
  return `/recommendations/${encodeURIComponent(id)}`
}
export function studyPath(name: string): string {
  return `/studies/${encodeURIComponent(name)}`
}
