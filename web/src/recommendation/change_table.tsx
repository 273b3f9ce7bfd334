// The changes of one decision: current, proposed, why; and, while it waits for a decision, edit or skip each.
import { useId, useState } from 'react'
import { useAccess } from '../access/token'
import { useDecide } from '../api/queries'
import type { Change, ParameterInfo, Recommendation } from '../api/types'
import { formatChange, formatSetting, humanName } from '../format/number'
import { arrows, effect_words } from '../format/words'
import { Badge, ErrorNote } from '../ui/basics'
import { type Column, Table } from '../ui/table'
import { checkEdit, domainText } from './edit_validation'

function relativeChange(change: Change): string {
  const { current, effective } = change
  if (typeof current !== 'number' || typeof effective !== 'number' || current === 0) return ''
  return current === effective ? '' : formatChange((effective - current) / Math.abs(current))
}

interface EditorProps {
  change: Change
  parameter: ParameterInfo
  busy: boolean
  onSave: (value: number | string) => void
  onClose: () => void
}

function Editor({ change, parameter, busy, onSave, onClose }: EditorProps) {
  const [text, setText] = useState(String(change.edited ?? change.proposed))
  const id = useId()
  const check = checkEdit(parameter, text, change.current)
  const choice = parameter.values.length > 0
  return (
    <form
      className="editor"
      onSubmit={(event) => {
        event.preventDefault()
        if (check.ok && !busy) onSave(check.value)
      }}
      onKeyDown={(event) => event.key === 'Escape' && onClose()}
    >
      <label htmlFor={id} className="visually-hidden">
        New value of {humanName(change.parameter)}, {domainText(parameter)}
      </label>
      <span className="editor-line">
        {choice ? (
          <select id={id} value={text} onChange={(event) => setText(event.target.value)}>
            {parameter.values.map((value) => (
              <option key={value}>{value}</option>
            ))}
          </select>
        ) : (
          <input
            id={id}
            inputMode="decimal"
            autoComplete="off"
            value={text}
            // biome-ignore lint/a11y/noAutofocus: the person has just asked to edit this value
            autoFocus
            aria-invalid={!check.ok}
            aria-describedby={`${id}-note`}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        {change.unit && <span className="muted">{change.unit}</span>}
        <button type="submit" className="button small primary" disabled={!check.ok || busy}>
          Save
        </button>
        <button type="button" className="button small" onClick={onClose}>
          Cancel
        </button>
      </span>
      <small
        id={`${id}-note`}
        className={check.ok ? (check.warning ? 'warn-text' : 'muted') : 'bad-text'}
        role="status"
      >
        {check.ok ? check.warning || domainText(parameter) : check.message}{' '}
        {!check.ok && check.suggestion !== null && (
          <button type="button" className="link" onClick={() => setText(String(check.suggestion))}>
            Use {formatSetting(check.suggestion, change.unit)}
          </button>
        )}
      </small>
    </form>
  )
}

/** The reason was given for Trimtab's own value. */
function Why({ change }: { change: Change }) {
  return (
    <span className="why">
      {change.edited !== null && <span className="muted">For {formatSetting(change.proposed, change.unit)}: </span>}
      {arrows(change.why)}
    </span>
  )
}

function ValueCell({ change }: { change: Change }) {
  if (change.skipped)
    return (
      <div className="stack-tight">
        <s className="muted">{formatSetting(change.edited ?? change.proposed, change.unit)}</s>
        <small>
          skipped, stays <b>{formatSetting(change.current, change.unit)}</b>
        </small>
      </div>
    )
  return (
    <div className="stack-tight">
      <span>
        <b>{formatSetting(change.effective, change.unit)}</b> <small>{relativeChange(change)}</small>
      </span>
      {change.edited !== null && (
        <small>
          edited; Trimtab proposed <b>{formatSetting(change.proposed, change.unit)}</b>
        </small>
      )}
    </div>
  )
}

interface ChangeTableProps {
  recommendation: Recommendation
  parameters: ParameterInfo[]
}

export function ChangeTable({ recommendation, parameters }: ChangeTableProps) {
  const [editing, setEditing] = useState('')
  const decide = useDecide(recommendation.id)
  const { token } = useAccess()
  const open = recommendation.state === 'proposed'
  const parameterOf = (change: Change) => parameters.find((p) => p.name === change.parameter)

  const controls = (change: Change) => {
    const parameter = parameterOf(change)
    const name = humanName(change.parameter)
    return (
      <div className="row-actions">
        <button
          type="button"
          className="button small"
          disabled={!token || !parameter || change.skipped || decide.isPending}
          onClick={() => setEditing(change.parameter)}
        >
          Edit<span className="visually-hidden"> {name}</span>
        </button>
        <button
          type="button"
          className="button small"
          disabled={!token || decide.isPending}
          onClick={() => decide.mutate({ action: change.skipped ? 'unskip' : 'skip', parameters: [change.parameter] })}
        >
          {change.skipped ? 'Take back in' : 'Skip'}
          <span className="visually-hidden"> {name}</span>
        </button>
      </div>
    )
  }
  const value = (change: Change) => {
    const parameter = parameterOf(change)
    if (editing !== change.parameter || !parameter || !open) return <ValueCell change={change} />
    return (
      <Editor
        change={change}
        parameter={parameter}
        busy={decide.isPending}
        onClose={() => setEditing('')}
        onSave={(v) =>
          decide.mutate({ action: 'edit', edits: { [change.parameter]: v } }, { onSuccess: () => setEditing('') })
        }
      />
    )
  }
  const columns: Column<Change>[] = [
    {
      key: 'parameter',
      label: 'Parameter',
      head: true,
      render: (c) => <span className="strong">{humanName(c.parameter)}</span>,
    },
    { key: 'current', label: 'Current', align: 'right', render: (c) => formatSetting(c.current, c.unit) },
    { key: 'proposed', label: 'Proposed', render: value },
    { key: 'why', label: 'Why', wide: true, render: (c) => <Why change={c} /> },
    {
      key: 'effect',
      label: 'Takes effect',
      render: (c) => (
        <Badge tone={c.effect === 'live' ? 'good' : 'neutral'} title={effect_words[c.effect]}>
          {c.effect}
        </Badge>
      ),
    },
    ...(open ? [{ key: 'actions', label: 'Decide', render: controls } satisfies Column<Change>] : []),
  ]
  return (
    <>
      <Table
        label="Changes"
        columns={columns}
        rows={recommendation.changes}
        rowKey={(c) => c.parameter}
        rowClass={(c) => (c.skipped ? 'skipped' : c.edited !== null ? 'edited' : '')}
      />
      {decide.error && <ErrorNote error={decide.error} />}
    </>
  )
}
