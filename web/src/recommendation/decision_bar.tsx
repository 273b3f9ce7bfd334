// Approve or reject, each with a confirmation; also by the keys "a" and "r".
import { useState } from 'react'
import { ReadOnlyNote } from '../access/access_dialog'
import { useAccess } from '../access/token'
import { useDecide } from '../api/queries'
import type { Recommendation } from '../api/types'
import { formatMoneyPerMonth, formatSetting, formatShare, humanName } from '../format/number'
import { ErrorNote } from '../ui/basics'
import { ConfirmDialog } from '../ui/dialog'
import { useShortcuts } from '../ui/shortcuts'

type Asking = 'approve' | 'reject' | null

function ApproveSummary({ recommendation }: { recommendation: Recommendation }) {
  const changed = recommendation.changes.filter((c) => !c.skipped && c.effective !== c.current)
  const restarts = changed.some((c) => c.effect === 'restart')
  const edited = changed.some((c) => c.edited !== null)
  return (
    <>
      <p>
        Trimtab applies to {recommendation.application}, reads back that it is live, verifies it and rolls it back if it
        is worse:
      </p>
      <ul className="plain-list">
        {changed.map((c) => (
          <li key={c.parameter}>
            {humanName(c.parameter)}: {formatSetting(c.current, '')} → <b>{formatSetting(c.effective, c.unit)}</b>
            {c.edited !== null && <span className="warn-text"> (edited)</span>}
          </li>
        ))}
      </ul>
      {restarts && <p>Each replica is drained and restarted in turn.</p>}
      {edited ? (
        <p className="warn-text">The predictions were made for Trimtab’s own values, not for the edited ones.</p>
      ) : (
        <p>
          {formatShare(recommendation.confidence)} sure that every SLO holds; saves{' '}
          {formatMoneyPerMonth(recommendation.cost.saving, recommendation.cost.currency)}.
        </p>
      )}
    </>
  )
}

export function DecisionBar({ recommendation }: { recommendation: Recommendation }) {
  const [asking, setAsking] = useState<Asking>(null)
  const decide = useDecide(recommendation.id)
  const { token } = useAccess()
  const open = recommendation.state === 'proposed'
  const nothing = recommendation.changes.every((c) => c.skipped || c.effective === c.current)
  const ask = (what: Asking) => {
    if (!open || !token || (what === 'approve' && nothing)) return
    decide.reset()
    setAsking(what)
  }
  useShortcuts({ a: () => ask('approve'), r: () => ask('reject') })
  if (!open) return null
  const close = () => setAsking(null)
  const error = decide.error && <ErrorNote error={decide.error} />
  return (
    <div className="decision-bar">
      <button
        type="button"
        className="button primary"
        disabled={!token || nothing}
        onClick={() => ask('approve')}
        aria-keyshortcuts="a"
      >
        Approve …
      </button>
      <button type="button" className="button" disabled={!token} onClick={() => ask('reject')} aria-keyshortcuts="r">
        Reject …
      </button>
      {nothing && <span className="muted">Every change is skipped: there is nothing to approve.</span>}
      <ReadOnlyNote what="Deciding" />
      {asking === 'approve' && (
        <ConfirmDialog
          title="Approve this change?"
          action="Approve and apply"
          ask_reason="optional"
          busy={decide.isPending}
          error={error}
          onConfirm={(reason) =>
            decide.mutate({ action: 'approve', ...(reason ? { reason } : {}) }, { onSuccess: close })
          }
          onClose={close}
        >
          <ApproveSummary recommendation={recommendation} />
        </ConfirmDialog>
      )}
      {asking === 'reject' && (
        <ConfirmDialog
          title="Reject this recommendation?"
          action="Reject"
          tone="danger"
          ask_reason="required"
          busy={decide.isPending}
          error={error}
          onConfirm={(reason) => decide.mutate({ action: 'reject', reason }, { onSuccess: close })}
          onClose={close}
        >
          <p>Nothing changes in the application. The reason stays in the audit trail.</p>
        </ConfirmDialog>
      )}
    </div>
  )
}
