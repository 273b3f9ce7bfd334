// Single keys ("?") and two-key sequences ("g a"). They can be turned off (WCAG 2.1.4) and are ignored while one types.
// One listener for the whole page, so that the second key of a sequence is never taken for a key of its own.
import { useEffect, useRef } from 'react'
import { shortcutsEnabled } from '../preference/theme'

export type Handlers = Record<string, () => void>

const kSequenceMs = 1_500
const registered = new Set<{ current: Handlers }>()
let first = ''
let first_at = 0

function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null
  return !!element?.closest?.(
    'input:not([type=checkbox]):not([type=radio]), textarea, select, dialog, [contenteditable]',
  )
}

function find(keys: string): (() => void) | undefined {
  // The view mounted last comes first: what it shows is nearest to the person.
  for (const handlers of [...registered].reverse()) if (handlers.current[keys]) return handlers.current[keys]
  return undefined
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.key === 'Shift') return
  if (!shortcutsEnabled() || typing(event.target) || document.querySelector('dialog[open]')) return
  const waiting = first && event.timeStamp - first_at < kSequenceMs ? first : ''
  first = ''
  const handler = find(waiting ? `${waiting} ${event.key}` : event.key)
  if (handler) {
    event.preventDefault()
    handler()
    return
  }
  const starts = [...registered].some((h) => Object.keys(h.current).some((keys) => keys.startsWith(`${event.key} `)))
  if (!waiting && starts) {
    first = event.key
    first_at = event.timeStamp
  }
}

/** Runs the handlers while the component is mounted. */
export function useShortcuts(handlers: Handlers): void {
  const latest = useRef(handlers)
  useEffect(() => {
    latest.current = handlers
  })
  useEffect(() => {
    if (registered.size === 0) window.addEventListener('keydown', onKey)
    registered.add(latest)
    return () => {
      registered.delete(latest)
      if (registered.size === 0) window.removeEventListener('keydown', onKey)
    }
  }, [])
}
