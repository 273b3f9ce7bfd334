// The comparison before and after at equal load, once it was made.
import type { MetricInfo, SloStatus, Verdict, VerdictRow } from '../api/types'
import { formatChange, formatPValue, formatQuantity, formatShare, humanName } from '../format/number'
import { sloShort, sloValue } from '../format/slo'
import { sentence } from '../format/words'
import { Badge, Panel, type Tone } from '../ui/basics'
import { type Column, Table } from '../ui/table'

const tones: Record<VerdictRow['conclusion'], Tone> = {
  better: 'good',
  same: 'neutral',
  worse: 'bad',
  undecided: 'warn',
}

interface Described {
  name: string
  text: (value: number) => string
}

/** How a row is named and its values are written. Throughput is compared as the share of the load that was answered. */
export function describe(row: VerdictRow, slos: SloStatus[], metrics: MetricInfo[], unit: string): Described {
  const slo = slos.find((s) => s.name === row.metric)
  if (slo) return { name: sloShort(slo), text: (value) => sloValue(slo, value) }
  const name = humanName(row.metric)
  if (metrics.some((m) => m.name === row.metric && m.role === 'throughput'))
    return { name: `${name}, share of the load`, text: formatShare }
  return { name, text: (value) => formatQuantity(value, unit) }
}

function columns(of: (row: VerdictRow) => Described): Column<VerdictRow>[] {
  return [
    { key: 'metric', label: 'Metric', head: true, render: (r) => of(r).name },
    { key: 'before', label: 'Before', align: 'right', render: (r) => of(r).text(r.before) },
    { key: 'after', label: 'After', align: 'right', render: (r) => <b>{of(r).text(r.after)}</b> },
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
  metrics: MetricInfo[]
  unitOf: (metric: string) => string
  load_unit: string
}

export function VerdictPanel({ verdict, slos, metrics, unitOf, load_unit }: VerdictProps) {
  return (
    <Panel title="Before and after at equal load" id="verdict">
      <p className="strong">{sentence(verdict.conclusion)}</p>
      <Table
        label="Before and after"
        columns={columns((row) => describe(row, slos, metrics, unitOf(row.metric)))}
        rows={verdict.rows}
        rowKey={(r) => r.metric}
      />
      <p className="muted">
        {verdict.test.replace(/\.$/, '')}. {verdict.windows_before} windows before at{' '}
        {formatQuantity(verdict.load_before, load_unit)}, {verdict.windows_after} after at{' '}
        {formatQuantity(verdict.load_after, load_unit)}.
      </p>
    </Panel>
  )
}
