// The token that allows changes. It arrives once in the fragment of the address (#token=...), which no browser sends to
// a server, is moved to the session's storage, and leaves the address bar. The name of the person goes with every
// decision into the audit trail.
import { useSyncExternalStore } from 'react'

const kToken = 'trimtab.token'
const kActor = 'trimtab.actor'

export interface Access {
  token: string
  actor: string
}

let access: Access = { token: read(() => sessionStorage, kToken), actor: read(() => localStorage, kActor) }
const listeners = new Set<() => void>()

function read(storage: () => Storage, key: string): string {
  try {
    return storage().getItem(key) ?? ''
  } catch {
    return '' // Storage is refused: the token lives as long as the page.
  }
}

function write(storage: () => Storage, key: string, value: string): void {
  try {
    if (value) storage().setItem(key, value)
    else storage().removeItem(key)
  } catch {
    // See read.
  }
}

export function currentAccess(): Access {
  return access
}

export function setAccess(next: Partial<Access>): void {
  access = { ...access, ...next }
  write(() => sessionStorage, kToken, access.token)
  write(() => localStorage, kActor, access.actor)
  for (const listener of listeners) listener()
}

/** Takes a token out of the address, if there is one. Called once, before the first rendering and on every new hash. */
export function takeTokenFromAddress(): void {
  const fragment = new URLSearchParams(window.location.hash.replace(/^#/, ''))
  const token = fragment.get('token')
  if (!token) return
  fragment.delete('token')
  const rest = fragment.toString()
  const address = window.location.pathname + window.location.search + (rest ? `#${rest}` : '')
  window.history.replaceState(window.history.state, '', address)
  setAccess({ token: token.trim() })
}

export function useAccess(): Access {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => access,
  )
}
