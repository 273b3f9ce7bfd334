// The load contexts that Trimtab recognised, the evidence so far, and the replicas.
import type { ApplicationDetail, LoadContext, Replica } from '../api/types'
import { formatQuantity, formatSetting, formatShare, humanName } from '../format/number'
import { formatDuration } from '../format/time'
import { Badge, Empty, Figure, Panel } from '../ui/basics'
import { type Column, Table } from '../ui/table'

function Contexts({ contexts, unit, now }: { contexts: LoadContext[]; unit: string; now: number }) {
  const sorted = [...contexts].sort((a, b) => a.centre - b.centre)
  const top = Math.max(now, ...sorted.map((c) => c.high)) * 1.05 || 1
  return (
    <ol className="contexts">
      {sorted.map((context) => (
        <li key={context.id} className={context.current ? 'current' : ''}>
          <span className="context-name">
            {context.name} {context.current && <Badge tone="info">now</Badge>}
          </span>
          <span className="context-track" aria-hidden="true">
            <span
              className="context-bar"
              style={{
                left: `${(100 * context.low) / top}%`,
                width: `${Math.max(0.8, (100 * (context.high - context.low)) / top)}%`,
              }}
            />
            {context.current && <span className="context-now" style={{ left: `${(100 * now) / top}%` }} />}
          </span>
          <span className="context-figures">
            {formatQuantity(context.low, '')}–{formatQuantity(context.high, unit)} · {formatShare(context.share)} of the
            time
          </span>
        </li>
      ))}
    </ol>
  )
}

function replicaColumns(detail: ApplicationDetail): Column<Replica>[] {
  const differs = (replica: Replica) =>
    Object.entries(replica.configuration).filter(([name, value]) => detail.configuration[name] !== value)
  return [
    { key: 'name', label: 'Replica', head: true, render: (r) => r.name },
    {
      key: 'ready',
      label: 'State',
      render: (r) => <Badge tone={r.ready ? 'good' : 'bad'}>{r.ready ? 'ready' : 'not ready'}</Badge>,
    },
    { key: 'identity', label: 'Identity', render: (r) => <code>{r.identity || '–'}</code> },
    { key: 'restarts', label: 'Restarts', align: 'right', render: (r) => r.restarts },
    {
      key: 'kills',
      label: 'Killed for memory',
      align: 'right',
      render: (r) => <span className={r.out_of_memory_kills > 0 ? 'bad-text' : ''}>{r.out_of_memory_kills}</span>,
    },
    {
      key: 'configuration',
      label: 'Configuration',
      wide: true,
      render: (r) => {
        const other = differs(r)
        if (other.length === 0) return <span className="muted">as decided</span>
        return other.map(([name, value]) => `${humanName(name)} ${formatSetting(value, '')}`).join(', ')
      },
    },
    { key: 'trouble', label: 'Trouble', wide: true, render: (r) => r.trouble || <span className="muted">none</span> },
  ]
}

export function LoadTab({ detail }: { detail: ApplicationDetail }) {
  const { windows, cadence } = detail
  return (
    <>
      <Panel title="Load contexts" id="contexts">
        {detail.contexts.length === 0 ? (
          <Empty title="No load context recognised yet">Trimtab needs a few more observation windows.</Empty>
        ) : (
          <Contexts contexts={detail.contexts} unit={detail.load.unit} now={detail.load.now} />
        )}
      </Panel>
      <Panel title="Evidence" id="evidence">
        <dl className="figures inside">
          <Figure
            label="Usable windows"
            value={windows.usable}
            note={`${windows.refused} refused by the quality gate`}
          />
          <Figure
            label="Observation window"
            value={formatDuration(cadence.window_s)}
            note={`sampled every ${formatDuration(cadence.step_s)}`}
          />
          <Figure
            label="Proposes at most every"
            value={formatDuration(cadence.decide_every_s)}
            note={`${formatDuration(cadence.settle_s)} after a change are left out`}
          />
          <Figure label="Guard looks every" value={formatDuration(cadence.guard_every_s)} />
        </dl>
      </Panel>
      <Panel title="Replicas" id="replicas">
        {detail.replica_states.length === 0 ? (
          <Empty title="No replica was read yet" />
        ) : (
          <Table
            label="Replicas"
            columns={replicaColumns(detail)}
            rows={detail.replica_states}
            rowKey={(r) => r.name}
          />
        )}
      </Panel>
    </>
  )
}
