// A modal dialog on the browser's own <dialog>: focus is kept inside, Escape closes.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react'

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = ref.current
    if (dialog && !dialog.open) dialog.showModal()
    return () => dialog?.close()
  }, [])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape is the keyboard's way, through onCancel
    <dialog
      ref={ref}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      onClick={(event) => event.target === ref.current && onClose()}
    >
      <div className="dialog-body">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
    </dialog>
  )
}

interface ConfirmProps {
  title: string
  action: string
  tone?: 'primary' | 'danger'
  ask_reason?: 'optional' | 'required'
  busy: boolean
  error?: ReactNode
  onConfirm: (reason: string) => void
  onClose: () => void
  children?: ReactNode
}

/** Control and Enter send the form from inside the text, where Enter alone starts a new line. */
function submitOnEnter(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit()
}

export function ConfirmDialog({
  title,
  action,
  tone = 'primary',
  ask_reason,
  busy,
  error,
  onConfirm,
  onClose,
  children,
}: ConfirmProps) {
  const [reason, setReason] = useState('')
  const id = useId()
  const missing = ask_reason === 'required' && reason.trim() === ''
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (!missing && !busy) onConfirm(reason.trim())
        }}
      >
        {children}
        {ask_reason && (
          <div className="field">
            <label htmlFor={id}>Reason {ask_reason === 'optional' && <span className="muted">(optional)</span>}</label>
            <textarea
              id={id}
              rows={2}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              onKeyDown={submitOnEnter}
            />
          </div>
        )}
        {error}
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className={`button ${tone}`} disabled={busy || missing}>
            {busy ? 'Working …' : action}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
