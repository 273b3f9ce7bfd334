// Who changes things, and by what right.
import { useState } from 'react'
import { Dialog } from '../ui/dialog'
import { setAccess, useAccess } from './token'

export function AccessDialog({ onClose }: { onClose: () => void }) {
  const access = useAccess()
  const [token, setToken] = useState(access.token)
  const [actor, setActor] = useState(access.actor)
  return (
    <Dialog title="Access" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          setAccess({ token: token.trim(), actor: actor.trim() })
          onClose()
        }}
      >
        <p>
          Everyone who reaches this page may read. Changes need the token that <code>trimtab serve</code> created at its
          first start; it is also in the address that it prints.
        </p>
        <div className="field">
          <label htmlFor="access-token">Token</label>
          <input
            id="access-token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
          <small>Kept for this browser tab only.</small>
        </div>
        <div className="field">
          <label htmlFor="access-actor">Your name</label>
          <input
            id="access-actor"
            autoComplete="name"
            value={actor}
            onChange={(event) => setActor(event.target.value)}
          />
          <small>Written beside your decisions in the audit trail.</small>
        </div>
        <div className="dialog-actions">
          {access.token && (
            <button
              type="button"
              className="button danger-text"
              onClick={() => {
                setAccess({ token: '' })
                onClose()
              }}
            >
              Forget the token
            </button>
          )}
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button primary">
            Save
          </button>
        </div>
      </form>
    </Dialog>
  )
}

export function openAccess(): void {
  window.dispatchEvent(new Event('trimtab:access'))
}

/** Explains why the controls beside it are disabled; nothing when a token is there. */
export function ReadOnlyNote({ what }: { what: string }) {
  const { token } = useAccess()
  if (token) return null
  return (
    <p className="read-only">
      {what} needs the token that <code>trimtab serve</code> printed.{' '}
      <button type="button" className="link" onClick={openAccess}>
        Enter the token
      </button>
    </p>
  )
}
