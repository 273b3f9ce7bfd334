// Preferences of this browser: theme and single-key shortcuts. public/theme.js applies the theme before the first paint.
import { useSyncExternalStore } from 'react'

export type Theme = 'system' | 'light' | 'dark'

const listeners = new Set<() => void>()

function read(key: string): string {
  try {
    return localStorage.getItem(key) ?? ''
  } catch {
    return ''
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Storage is refused: the choice lives as long as the page.
  }
}

function parseTheme(text: string): Theme {
  return text === 'light' || text === 'dark' ? text : 'system'
}

let theme: Theme = parseTheme(read('trimtab.theme'))
let shortcuts = read('trimtab.shortcuts') !== 'off'

function notify(): void {
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  const media = window.matchMedia?.('(prefers-color-scheme: dark)')
  media?.addEventListener?.('change', listener)
  return () => {
    listeners.delete(listener)
    media?.removeEventListener?.('change', listener)
  }
}

export function setTheme(next: Theme): void {
  theme = next
  write('trimtab.theme', next)
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
  notify()
}

export function setShortcuts(on: boolean): void {
  shortcuts = on
  write('trimtab.shortcuts', on ? 'on' : 'off')
  notify()
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => theme)
}

export function shortcutsEnabled(): boolean {
  return shortcuts
}

export function useShortcutsEnabled(): boolean {
  return useSyncExternalStore(subscribe, shortcutsEnabled)
}

/** What is really shown: charts are drawn in its colours. */
export function useEffectiveTheme(): 'light' | 'dark' {
  return useSyncExternalStore(subscribe, () => {
    if (theme !== 'system') return theme
    return window.matchMedia?.('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  })
}
