// How much freedom Trimtab has, and the kill switch.
import { useState } from 'react'
import { openAccess } from '../access/access_dialog'
import { useAccess } from '../access/token'
import { useSetMode, useSetPaused } from '../api/queries'
import type { ApplicationDetail, Mode } from '../api/types'
import { mode_words } from '../format/words'
import { ErrorNote } from '../ui/basics'
import { ConfirmDialog } from '../ui/dialog'
import { Segmented } from '../ui/segmented'

export function ModeSwitch({ detail }: { detail: ApplicationDetail }) {
  const [wish, setWish] = useState<Mode | null>(null)
  const change = useSetMode(detail.name)
  const { token } = useAccess()
  const modes = Object.keys(mode_words) as Mode[]
  return (
    <>
      <Segmented
        label="Mode"
        value={detail.mode}
        disabled={!token}
        options={modes.map((mode) => ({
          value: mode,
          text: mode_words[mode].text,
          title: mode_words[mode].explanation,
        }))}
        onChange={(mode) => {
          change.reset()
          setWish(mode)
        }}
      />
      {!token && (
        <button type="button" className="link" onClick={openAccess}>
          Read only: enter the token
        </button>
      )}
      {wish && wish !== detail.mode && (
        <ConfirmDialog
          title={`Change ${detail.name} to “${mode_words[wish].text}”?`}
          action={`Change to ${mode_words[wish].text.toLowerCase()}`}
          busy={change.isPending}
          error={change.error && <ErrorNote error={change.error} />}
          onConfirm={() => change.mutate(wish, { onSuccess: () => setWish(null) })}
          onClose={() => setWish(null)}
        >
          <p>{mode_words[wish].explanation}</p>
          {wish === 'autonomous' && (
            <p>
              Ranges, steps, change windows and the confidence of the policy stay in force, and a change that breaches
              an SLO is rolled back. Parameters with a stricter mode of their own keep it.
            </p>
          )}
        </ConfirmDialog>
      )}
    </>
  )
}

export function PauseButton({ detail }: { detail: ApplicationDetail }) {
  const [asking, setAsking] = useState(false)
  const change = useSetPaused(detail.name)
  const { token } = useAccess()
  const text = detail.paused ? 'Resume' : 'Pause'
  return (
    <>
      <button
        type="button"
        className={`button ${detail.paused ? 'primary' : 'danger-text'}`}
        disabled={!token}
        onClick={() => {
          change.reset()
          setAsking(true)
        }}
      >
        {text}
      </button>
      {asking && (
        <ConfirmDialog
          title={`${text} ${detail.name}?`}
          action={text}
          tone={detail.paused ? 'primary' : 'danger'}
          ask_reason="optional"
          busy={change.isPending}
          error={change.error && <ErrorNote error={change.error} />}
          onConfirm={(reason) =>
            change.mutate({ paused: !detail.paused, reason }, { onSuccess: () => setAsking(false) })
          }
          onClose={() => setAsking(false)}
        >
          <p>
            {detail.paused
              ? 'Trimtab observes, proposes and verifies again, as its mode allows.'
              : 'From now on nothing new begins until someone resumes. A change that is not live on every replica yet is put back; one that is live goes on being guarded and is rolled back if it fails.'}
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}
