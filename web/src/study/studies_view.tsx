// All studies: searches driven by a load test, before production.
import { useStudies } from '../api/queries'
import type { StudySummary } from '../api/types'
import { formatChange, formatNumber } from '../format/number'
import { study_words } from '../format/words'
import { studyPath } from '../route/router'
import { Badge, Empty, Loaded, RelativeTime } from '../ui/basics'
import { type Column, Table } from '../ui/table'
import { improvement } from './analysis'

const columns: Column<StudySummary>[] = [
  {
    key: 'name',
    label: 'Study',
    head: true,
    sort: (s) => s.name,
    render: (s) => (
      <div className="stack-tight">
        <a className="strong" href={studyPath(s.name)}>
          {s.name}
        </a>
        <small className="clamp">
          {s.direction} <code>{s.goal}</code>
        </small>
      </div>
    ),
  },
  {
    key: 'state',
    label: 'State',
    sort: (s) => s.state,
    render: (s) => (
      <div className="stack-tight">
        <span>
          <Badge tone={study_words[s.state].tone}>{study_words[s.state].text}</Badge>
        </span>
        {s.changed_since !== null && <small>changed with trial {s.changed_since}</small>}
      </div>
    ),
  },
  {
    key: 'progress',
    label: 'Experiments',
    align: 'right',
    sort: (s) => s.experiments,
    render: (s) => (
      <div className="stack-tight">
        <span>
          {s.experiments} of {s.budget}
        </span>
        <progress value={s.experiments} max={Math.max(s.budget, 1)} aria-label={`${s.name}: experiments done`} />
      </div>
    ),
  },
  {
    key: 'baseline',
    label: 'Baseline',
    align: 'right',
    sort: (s) => s.baseline,
    render: (s) => formatNumber(s.baseline, 4),
  },
  { key: 'best', label: 'Best', align: 'right', sort: (s) => s.best, render: (s) => <b>{formatNumber(s.best, 4)}</b> },
  {
    key: 'gain',
    label: 'Better by',
    align: 'right',
    sort: (s) => improvement(s.best, s.baseline, s.direction),
    render: (s) => {
      const gain = improvement(s.best, s.baseline, s.direction)
      return gain !== null && gain > 0 ? <span className="good-text strong">{formatChange(gain).slice(1)}</span> : '–'
    },
  },
  {
    key: 'updated',
    label: 'Updated',
    align: 'right',
    sort: (s) => Date.parse(s.updated),
    render: (s) => <RelativeTime at={s.updated} />,
  },
]

export default function StudiesView() {
  const result = useStudies()
  return (
    <>
      <div className="page-head">
        <h1>Studies</h1>
      </div>
      <Loaded result={result} what="studies">
        {(studies) =>
          studies.length === 0 ? (
            <Empty title="No study yet">
              A study drives a load test and searches for the best configuration before production:{' '}
              <code>trimtab study run study.yaml</code>.
            </Empty>
          ) : (
            <Table label="Studies" columns={columns} rows={studies} rowKey={(s) => s.name} />
          )
        }
      </Loaded>
    </>
  )
}
