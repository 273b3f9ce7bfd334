// What may be changed, within which limits, and its present value.
import type { ApplicationDetail, ParameterInfo } from '../api/types'
import { formatSetting, humanName } from '../format/number'
import { domainText } from '../recommendation/edit_validation'
import { effect_words, mode_words } from '../format/words'
import { Badge, Empty } from '../ui/basics'
import { type Column, Table } from '../ui/table'

const columns: Column<ParameterInfo>[] = [
  {
    key: 'name',
    label: 'Parameter',
    head: true,
    sort: (p) => p.name,
    render: (p) => (
      <div className="stack-tight">
        <span className="strong">{humanName(p.name)}</span>
        {p.description && <small>{p.description}</small>}
      </div>
    ),
  },
  { key: 'live', label: 'Live value', align: 'right', render: (p) => <b>{formatSetting(p.live, p.unit)}</b> },
  {
    key: 'baseline',
    label: 'At enrolment',
    align: 'right',
    render: (p) => <span className={p.baseline === p.live ? 'muted' : ''}>{formatSetting(p.baseline, p.unit)}</span>,
  },
  { key: 'domain', label: 'May be', wide: true, render: (p) => domainText(p) },
  {
    key: 'max_step',
    label: 'Largest change at once',
    align: 'right',
    render: (p) =>
      p.max_step === null ? (
        <span className="muted">no limit</span>
      ) : (
        formatSetting(p.max_step, p.type === 'ordinal' ? 'levels' : p.unit)
      ),
  },
  { key: 'effect', label: 'A change', sort: (p) => p.effect, render: (p) => effect_words[p.effect] },
  { key: 'mode', label: 'Mode', sort: (p) => p.mode, render: (p) => <Badge>{mode_words[p.mode].text}</Badge> },
]

export function ParametersTab({ detail }: { detail: ApplicationDetail }) {
  if (detail.parameters.length === 0) return <Empty title="The document selects no parameter" />
  return <Table label="Parameters" columns={columns} rows={detail.parameters} rowKey={(p) => p.name} />
}
