// The comparison before and after at equal load, once it was made.
import type { SloStatus, Verdict, VerdictRow } from '../api/types'
import { formatChange, formatPValue, formatQuantity, humanName } from '../format/number'
import { sloOf, sloShort } from '../format/slo'
import { sentence } from '../format/words'
import { Badge, Panel, type Tone } from '../ui/basics'
import { type Column, Table } from '../ui/table'

const tones: Record<VerdictRow['conclusion'], Tone> = {
  better: 'good',
  same: 'neutral',
  worse: 'bad',
  undecided: 'warn',
}

function metricName(name: string, slos: SloStatus[]): string {
  const slo = sloOf(name, slos)
  return slo ? sloShort(slo) : humanName(name)
}

function columns(unitOf: (metric: string) => string, slos: SloStatus[]): Column<VerdictRow>[] {
  return [
    { key: 'metric', label: 'Metric', head: true, render: (r) => metricName(r.metric, slos) },
    { key: 'before', label: 'Before', align: 'right', render: (r) => formatQuantity(r.before, unitOf(r.metric)) },
    { key: 'after', label: 'After', align: 'right', render: (r) => <b>{formatQuantity(r.after, unitOf(r.metric))}</b> },
    { key: 'change', label: 'Change', align: 'right', render: (r) => formatChange(r.change) },
    {
      key: 'interval',
      label: 'Interval of the change',
      align: 'right',
      render: (r) => `${formatChange(r.low)} to ${formatChange(r.high)}`,
    },
    { key: 'p', label: 'p (worse)', align: 'right', render: (r) => formatPValue(r.p_value) },
    {
      key: 'conclusion',
      label: 'Conclusion',
      render: (r) => <Badge tone={tones[r.conclusion] ?? 'neutral'}>{r.conclusion}</Badge>,
    },
  ]
}

interface VerdictProps {
  verdict: Verdict
  slos: SloStatus[]
  unitOf: (metric: string) => string
  load_unit: string
}

export function VerdictPanel({ verdict, slos, unitOf, load_unit }: VerdictProps) {
  return (
    <Panel title="Before and after at equal load" id="verdict">
      <p className="strong">{sentence(verdict.conclusion)}</p>
      <Table label="Before and after" columns={columns(unitOf, slos)} rows={verdict.rows} rowKey={(r) => r.metric} />
      <p className="muted">
        {verdict.test.replace(/\.$/, '')}. {verdict.windows_before} windows before at{' '}
        {formatQuantity(verdict.load_before, load_unit)}, {verdict.windows_after} after at{' '}
        {formatQuantity(verdict.load_after, load_unit)}.
      </p>
    </Panel>
  )
}
