// Approve or reject, each with a confirmation; also by the keys "a" and "r".
import { useState } from 'react'
import { ReadOnlyNote } from '../access/access_dialog'
import { useAccess } from '../access/token'
import { useDecide } from '../api/queries'
import type { Recommendation, SloStatus } from '../api/types'
import { formatMoneyPerMonth, formatSetting, formatShare, humanName } from '../format/number'
import { sloOf, sloShort, sloTitle, sloValue } from '../format/slo'
import { Callout, ErrorNote } from '../ui/basics'
import { ConfirmDialog } from '../ui/dialog'
import { useShortcuts } from '../ui/shortcuts'

type Asking = 'approve' | 'reject' | null

interface DecisionBarProps {
  recommendation: Recommendation
  slos: SloStatus[]
}

/** The SLOs that the change is expected to break, judged by the middle of the prediction. */
export function expectedBreaches(recommendation: Recommendation, slos: SloStatus[]): string[] {
  return recommendation.predictions.flatMap((p) => {
    const slo = sloOf(p.metric, slos)
    if (!slo || (slo.upper ? p.mean <= slo.bound : p.mean >= slo.bound)) return []
    return [`${sloShort(slo)} is predicted at ${sloValue(slo, p.mean)}, outside its SLO ${sloTitle(slo)}.`]
  })
}

function ApproveSummary({ recommendation, slos }: DecisionBarProps) {
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
      {expectedBreaches(recommendation, slos).map((text) => (
        <Callout key={text} tone="bad" title={text} />
      ))}
      {edited || recommendation.confidence === null ? (
        <p className="warn-text">
          {edited
            ? 'You changed values: how sure Trimtab was no longer counts.'
            : 'No search has weighed these values as a whole.'}{' '}
          A breach of an SLO is noticed and rolled back.
        </p>
      ) : (
        <p>
          {formatShare(recommendation.confidence)} sure that every SLO holds; saves{' '}
          {formatMoneyPerMonth(recommendation.cost.saving, recommendation.cost.currency)}.
        </p>
      )}
    </>
  )
}

export function DecisionBar({ recommendation, slos }: DecisionBarProps) {
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
          <ApproveSummary recommendation={recommendation} slos={slos} />
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
