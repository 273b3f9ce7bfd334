// The application's document: read it, replace it, or stop optimising.
import { useState } from 'react'
import { ReadOnlyNote } from '../access/access_dialog'
import { useAccess } from '../access/token'
import { useEnroll, useRemoveApplication } from '../api/queries'
import type { ApplicationDetail } from '../api/types'
import { navigate } from '../route/router'
import { ErrorNote, Panel, RelativeTime } from '../ui/basics'
import { ConfirmDialog } from '../ui/dialog'

function Removal({ name }: { name: string }) {
  const [asking, setAsking] = useState(false)
  const removal = useRemoveApplication()
  const { token } = useAccess()
  return (
    <>
      <button type="button" className="button danger-text" disabled={!token} onClick={() => setAsking(true)}>
        Stop optimising …
      </button>
      {asking && (
        <ConfirmDialog
          title={`Stop optimising ${name}?`}
          action="Stop optimising"
          tone="danger"
          busy={removal.isPending}
          error={removal.error && <ErrorNote error={removal.error} />}
          onConfirm={() => removal.mutate(name, { onSuccess: () => navigate('/') })}
          onClose={() => setAsking(false)}
        >
          <p>The application itself keeps running with its present configuration. Its history of decisions stays.</p>
        </ConfirmDialog>
      )}
    </>
  )
}

export function DocumentTab({ detail }: { detail: ApplicationDetail }) {
  const [draft, setDraft] = useState<string | null>(null)
  const enroll = useEnroll()
  const { token } = useAccess()
  return (
    <Panel
      id="document"
      title={
        <>
          Document{' '}
          <small>
            {detail.platform}, enrolled <RelativeTime at={detail.enrolled} />
          </small>
        </>
      }
      actions={
        <>
          {draft === null && (
            <button type="button" className="button small" disabled={!token} onClick={() => setDraft(detail.document)}>
              Edit
            </button>
          )}
          <Removal name={detail.name} />
        </>
      }
    >
      <ReadOnlyNote what="Changing the document" />
      {draft === null ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <pre className="document" tabIndex={0}>
          {detail.document}
        </pre>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault()
            enroll.mutate(draft, { onSuccess: () => setDraft(null) })
          }}
        >
          <textarea
            className="code-input"
            aria-label="Document (YAML)"
            rows={28}
            spellCheck={false}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
          />
          {enroll.error && <ErrorNote error={enroll.error} />}
          <div className="form-actions">
            <button type="button" className="button" onClick={() => setDraft(null)}>
              Cancel
            </button>
            <button type="submit" className="button primary" disabled={enroll.isPending || draft === detail.document}>
              {enroll.isPending ? 'Checking …' : 'Check and replace'}
            </button>
          </div>
        </form>
      )}
    </Panel>
  )
}
