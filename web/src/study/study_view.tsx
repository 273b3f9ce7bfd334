// One study: how far it is, what it found, and every experiment.
import { useMemo, useState } from 'react'
import { useStudy } from '../api/queries'
import type { Experiment, ParameterInfo, StudyDetail } from '../api/types'
import { formatChange, formatNumber, formatSetting, humanName } from '../format/number'
import { study_words } from '../format/words'
import { Badge, Callout, Empty, Figure, Loaded, Panel, RelativeTime } from '../ui/basics'
import { type Column, Table } from '../ui/table'
import { bestExperiment, changeWords, improvement, outcome, outcome_words, toCsv } from './analysis'
import { Importance } from './importance'
import { ParallelCoordinates } from './parallel'
import { PointKey } from './point'
import { Progress } from './progress'
import { Scatter } from './scatter'

const outcome_tones = { best: 'good', feasible: 'neutral', infeasible: 'warn', failed: 'bad' } as const

function Figures({ study }: { study: StudyDetail }) {
  const gain = improvement(study.best, study.baseline, study.direction)
  return (
    <dl className="figures">
      <Figure
        label="Best goal"
        value={formatNumber(study.best, 4)}
        note={
          study.baseline === null && study.changed_since !== null
            ? 'baseline not measured since the change'
            : `baseline ${formatNumber(study.baseline, 4)}`
        }
      />
      <Figure
        label="Better than the baseline by"
        value={gain !== null && gain > 0 ? formatChange(gain).slice(1) : '–'}
        tone={gain !== null && gain > 0 ? 'good' : 'neutral'}
      />
      <Figure
        label="Experiments"
        value={`${study.experiments} of ${study.budget}`}
        note={<progress value={study.experiments} max={Math.max(1, study.budget)} aria-label="Experiments done" />}
      />
      <Figure label="Updated" value={<RelativeTime at={study.updated} />} note={study.status} />
    </dl>
  )
}

interface BestRow {
  parameter: ParameterInfo
  baseline: number | string | null
  best: number | string | undefined
}

function BestConfiguration({ study }: { study: StudyDetail }) {
  const best = study.best_configuration
  const since = study.changed_since === null ? 'yet' : 'since measurements changed'
  if (!best) return <Empty title={`No experiment has met every SLO ${since}`} />
  const rows: BestRow[] = study.parameters.map((p) => ({ parameter: p, baseline: p.baseline, best: best[p.name] }))
  const columns: Column<BestRow>[] = [
    { key: 'parameter', label: 'Parameter', head: true, render: (r) => humanName(r.parameter.name) },
    { key: 'baseline', label: 'Baseline', align: 'right', render: (r) => formatSetting(r.baseline, r.parameter.unit) },
    {
      key: 'best',
      label: 'Best',
      align: 'right',
      render: (r) => (
        <span className={r.best !== r.baseline ? 'strong' : 'muted'}>{formatSetting(r.best, r.parameter.unit)}</span>
      ),
    },
  ]
  return <Table label="Best configuration" columns={columns} rows={rows} rowKey={(r) => r.parameter.name} />
}

function experimentColumns(
  study: StudyDetail,
  best: number | undefined,
  onChoose: (n: number) => void,
): Column<Experiment>[] {
  const metrics = [...new Set(study.experiments_list.flatMap((e) => Object.keys(e.metrics)))].sort()
  return [
    {
      key: 'number',
      label: '#',
      head: true,
      sort: (e) => e.number,
      render: (e) => (
        <button
          type="button"
          className="link"
          onClick={() => onChoose(e.number)}
          aria-label={`Show experiment ${e.number}`}
        >
          {e.number}
        </button>
      ),
    },
    {
      key: 'outcome',
      label: 'Outcome',
      sort: (e) => outcome(e, best),
      render: (e) => {
        const kind = outcome(e, best)
        return (
          <Badge tone={e.past ? 'neutral' : outcome_tones[kind]} title={e.failure || e.why}>
            {e.past ? `past: ${outcome_words[kind]}` : outcome_words[kind]}
          </Badge>
        )
      },
    },
    {
      key: 'goal',
      label: 'Goal',
      align: 'right',
      sort: (e) => e.goal,
      render: (e) => <b>{formatNumber(e.goal, 4)}</b>,
    },
    ...study.parameters.map(
      (p): Column<Experiment> => ({
        key: `p:${p.name}`,
        label: humanName(p.name) + (p.unit ? `, ${p.unit}` : ''),
        align: 'right',
        sort: (e) => e.configuration[p.name] ?? null,
        render: (e) => formatSetting(e.configuration[p.name], ''),
      }),
    ),
    ...metrics.map(
      (m): Column<Experiment> => ({
        key: `m:${m}`,
        label: humanName(m),
        align: 'right',
        sort: (e) => e.metrics[m] ?? null,
        render: (e) => formatNumber(e.metrics[m]),
      }),
    ),
    { key: 'trials', label: 'Trials', align: 'right', sort: (e) => e.trials, render: (e) => e.trials },
  ]
}

function Changed({ study }: { study: StudyDetail }) {
  if (study.changes.length === 0) return null
  return (
    <Callout tone="warn" title={changeWords(study.changes)}>
      <div>
        What was measured before is a hint only: it is not counted for the best, and is pale in the pictures and marked
        “past” in the table.
      </div>
    </Callout>
  )
}

function Chosen({ experiment }: { experiment: Experiment | undefined }) {
  if (!experiment) return null
  return (
    <div className="chosen-note" role="status">
      <b>Experiment {experiment.number}</b> {experiment.failed ? `failed: ${experiment.failure}` : experiment.why}
    </div>
  )
}

function download(study: StudyDetail): void {
  const url = URL.createObjectURL(new Blob([toCsv(study)], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${study.name}.csv`
  link.click()
  URL.revokeObjectURL(url)
}

function Body({ study }: { study: StudyDetail }) {
  const [chosen, setChosen] = useState<number | null>(null)
  const best = useMemo(() => bestExperiment(study.experiments_list, study.direction)?.number, [study])
  const choose = (n: number) => setChosen((old) => (old === n ? null : n))
  const picture = { study, best, chosen, onChoose: choose }
  const word = study_words[study.state]
  return (
    <>
      <nav className="crumbs" aria-label="Breadcrumb">
        <a href="/studies">Studies</a> <span aria-hidden="true">/</span>
      </nav>
      <div className="page-head">
        <div className="grow">
          <h1>
            {study.name} <Badge tone={word.tone}>{word.text}</Badge>
          </h1>
          <p className="lede">
            {study.direction} <code>{study.goal}</code>
            {study.slos.length > 0 && (
              <>
                {' '}
                while <code>{study.slos.join(', ')}</code>
              </>
            )}
          </p>
        </div>
        <button
          type="button"
          className="button"
          onClick={() => download(study)}
          disabled={study.experiments_list.length === 0}
        >
          Experiments as CSV
        </button>
      </div>
      <Changed study={study} />
      <Figures study={study} />
      {study.experiments_list.length === 0 ? (
        <Empty title="No experiment has finished yet">{study.status}</Empty>
      ) : (
        <>
          <div className="columns">
            <div>
              <Panel title="Progress" id="progress" actions={<PointKey past={study.changes.length > 0} />}>
                <Progress {...picture} />
              </Panel>
              <Panel title="Scatter" id="scatter">
                <Scatter {...picture} />
              </Panel>
            </div>
            <div>
              <Panel title="Best configuration" id="best">
                <BestConfiguration study={study} />
              </Panel>
              <Panel title="Importance of the parameters" id="importance">
                <Importance study={study} />
              </Panel>
            </div>
          </div>
          <Panel
            title="Parallel coordinates"
            id="parallel"
            actions={
              <span className="point-key" aria-hidden="true">
                <span className="key-line best" /> best <span className="key-line feasible" /> meets the SLOs{' '}
                <span className="key-line infeasible" /> breaks one <span className="key-line failed" /> failed
              </span>
            }
          >
            <ParallelCoordinates {...picture} />
          </Panel>
          <Panel title="Experiments" id="experiments">
            <Chosen experiment={study.experiments_list.find((e) => e.number === chosen)} />
            <Table
              label="Experiments"
              dense
              columns={experimentColumns(study, best, choose)}
              rows={study.experiments_list}
              rowKey={(e) => String(e.number)}
              rowClass={(e) => `${e.number === chosen ? 'chosen' : ''} ${e.past ? 'past' : ''}`}
            />
          </Panel>
        </>
      )}
      <details className="panel">
        <summary>Document</summary>
        <pre className="document">{study.document}</pre>
      </details>
    </>
  )
}

export default function StudyView({ name }: { name: string }) {
  const result = useStudy(name)
  return (
    <Loaded result={result} what={name}>
      {(study) => <Body study={study} />}
    </Loaded>
  )
}
