// All applications: what each one does now, whether its SLOs hold, what it costs and what it saved.
import { useApplications } from '../api/queries'
import type { ApplicationSummary, SloStatus } from '../api/types'
import { formatMoney, formatMoneyPerMonth, formatQuantity, formatShare } from '../format/number'
import { waitingText } from '../application/waiting'
import { sloShort, sloTitle, sloValue, sloWord } from '../format/slo'
import { applicationWord, mode_words } from '../format/words'
import { applicationPath, recommendationPath } from '../route/router'
import { Badge, Empty, Figure, Loaded } from '../ui/basics'
import { type Column, Table } from '../ui/table'

export interface Totals {
  currency: string
  saving: number
  current: number
  baseline: number
  breached: number
  open: number
  paused: number
}

/** Sums per currency; applications with another currency than the first are left out of the money. */
export function totals(applications: ApplicationSummary[]): Totals {
  const currency = applications[0]?.cost.currency ?? ''
  const same = applications.filter((a) => a.cost.currency === currency)
  const sum = (pick: (a: ApplicationSummary) => number) => same.reduce((total, a) => total + pick(a), 0)
  return {
    currency,
    saving: sum((a) => a.cost.saving),
    current: sum((a) => a.cost.current),
    baseline: sum((a) => a.cost.baseline),
    breached: applications.filter((a) => a.slos.some((s) => s.holds === false)).length,
    open: applications.filter((a) => a.open_recommendation).length,
    paused: applications.filter((a) => a.paused).length,
  }
}

export function SloChip({ slo }: { slo: SloStatus }) {
  const word = sloWord(slo)
  return (
    <span className={`slo-chip ${word.tone}`} title={`${sloTitle(slo)}: ${word.text}`}>
      <span aria-hidden="true">{slo.holds === null ? '–' : slo.holds ? '✓' : '✗'}</span>{' '}
      <span className="slo-name">{sloShort(slo)}</span> {sloValue(slo)}
      <span className="visually-hidden">, {word.text}</span>
    </span>
  )
}

function State({ application }: { application: ApplicationSummary }) {
  const word = applicationWord(application)
  return (
    <div className="stack-tight">
      <span>
        <Badge tone={word.tone}>{word.text}</Badge>
      </span>
      <small className="clamp">{waitingText(application)}</small>
    </div>
  )
}

function Saving({ application }: { application: ApplicationSummary }) {
  const { cost } = application
  const share = cost.baseline > 0 ? cost.saving / cost.baseline : 0
  return (
    <div className="stack-tight">
      <span className={cost.saving > 0 ? 'good-text strong' : ''}>
        {formatMoneyPerMonth(cost.saving, cost.currency)}
      </span>
      {cost.saving !== 0 && cost.baseline > 0 && <small>{formatShare(share)} of the baseline</small>}
    </div>
  )
}

const columns: Column<ApplicationSummary>[] = [
  {
    key: 'name',
    label: 'Application',
    head: true,
    sort: (a) => a.name,
    render: (a) => (
      <div className="stack-tight">
        <a href={applicationPath(a.name)} className="strong">
          {a.name}
        </a>
        {a.description && <small className="clamp">{a.description}</small>}
      </div>
    ),
  },
  {
    key: 'state',
    label: 'State',
    wide: true,
    render: (a) => <State application={a} />,
    sort: (a) => applicationWord(a).text,
  },
  {
    key: 'slos',
    label: 'SLOs',
    wide: true,
    sort: (a) => a.slos.filter((s) => s.holds === false).length,
    render: (a) => (
      <div className="chips">
        {a.slos.map((slo) => (
          <SloChip key={slo.name} slo={slo} />
        ))}
      </div>
    ),
  },
  {
    key: 'load',
    label: 'Load',
    align: 'right',
    sort: (a) => a.load.now,
    render: (a) => (
      <div className="stack-tight">
        <span>{formatQuantity(a.load.now, a.load.unit)}</span>
        {a.load.context && <small>{a.load.context}</small>}
      </div>
    ),
  },
  {
    key: 'cost',
    label: 'Cost now',
    align: 'right',
    sort: (a) => a.cost.current,
    render: (a) => formatMoneyPerMonth(a.cost.current, a.cost.currency),
  },
  {
    key: 'saving',
    label: 'Saved',
    align: 'right',
    sort: (a) => a.cost.saving,
    render: (a) => <Saving application={a} />,
  },
  { key: 'mode', label: 'Mode', sort: (a) => a.mode, render: (a) => mode_words[a.mode].text },
  {
    key: 'recommendation',
    label: 'Decision',
    sort: (a) => (a.open_recommendation ? 0 : a.decision ? 1 : 2),
    render: (a) => {
      if (a.open_recommendation)
        return (
          <a className="button small primary" href={recommendationPath(a.open_recommendation)}>
            Review<span className="visually-hidden"> the recommendation for {a.name}</span>
          </a>
        )
      if (a.decision)
        return (
          <a className="nowrap" href={recommendationPath(a.decision)}>
            Under way
          </a>
        )
      return <span className="muted">none</span>
    },
  },
]

function Summary({ applications }: { applications: ApplicationSummary[] }) {
  const sum = totals(applications)
  return (
    <dl className="figures">
      <Figure
        label="Saved per month"
        value={formatMoney(sum.saving, sum.currency)}
        tone={sum.saving > 0 ? 'good' : 'neutral'}
        note={
          sum.baseline > 0
            ? `${formatShare(sum.saving / sum.baseline)} of ${formatMoney(sum.baseline, sum.currency)}`
            : ''
        }
      />
      <Figure label="Cost per month now" value={formatMoney(sum.current, sum.currency)} />
      <Figure
        label="Applications with a breached SLO"
        value={sum.breached}
        tone={sum.breached > 0 ? 'bad' : 'neutral'}
        note={`of ${applications.length}`}
      />
      <Figure label="Recommendations to decide" value={sum.open} tone={sum.open > 0 ? 'info' : 'neutral'} />
      {sum.paused > 0 && <Figure label="Paused" value={sum.paused} tone="warn" />}
    </dl>
  )
}

export function ApplicationsView() {
  const result = useApplications()
  return (
    <>
      <div className="page-head">
        <h1>Applications</h1>
        <a className="button" href="/enroll">
          Enrol an application
        </a>
      </div>
      <Loaded result={result} what="applications">
        {(applications) =>
          applications.length === 0 ? (
            <Empty title="No application is enrolled yet">
              Describe one in a document of kind Application and <a href="/enroll">enrol it here</a>, or run{' '}
              <code>trimtab app enroll application.yaml</code>.
            </Empty>
          ) : (
            <>
              <Summary applications={applications} />
              <Table label="Applications" columns={columns} rows={applications} rowKey={(a) => a.name} />
            </>
          )
        }
      </Loaded>
    </>
  )
}
