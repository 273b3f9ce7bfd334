// One decision, whole: what changes, why, what it costs, who decided, and whether it was better.
import { useApplication, useRecommendation } from '../api/queries'
import type { ApplicationDetail, Recommendation } from '../api/types'
import { formatQuantity, formatShare } from '../format/number'
import { formatDateTime } from '../format/time'
import { sloOf } from '../format/slo'
import { arrows, recommendation_words } from '../format/words'
import { applicationPath } from '../route/router'
import { Badge, Callout, Loaded, Panel, RelativeTime } from '../ui/basics'
import { ChangeTable } from './change_table'
import { DecisionBar } from './decision_bar'
import { Bindings, Cost, Evidence, Predictions } from './evidence'
import { headline } from './headline'
import { VerdictPanel } from './verdict_panel'

const kind_words: Record<string, string> = {
  exploit: 'improves on what is known',
  explore: 'a careful step to learn more',
  return: 'returns to a configuration known to be better',
  rollback: 'rolls back',
  manual: 'made by a person',
}

function Timeline({ recommendation }: { recommendation: Recommendation }) {
  return (
    <Panel title="Who, when, why" id="timeline">
      <ol className="timeline">
        {recommendation.history.map((entry, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: entries are only ever appended
          <li key={i} className={recommendation_words[entry.state].tone}>
            <span className="timeline-what">
              <b>{entry.actor}</b> {entry.action.replaceAll(/[._]/g, ' ')}
            </span>
            {entry.reason && <span className="timeline-why">{arrows(entry.reason)}</span>}
            <small title={formatDateTime(entry.at)}>
              {formatDateTime(entry.at)} · <RelativeTime at={entry.at} />
            </small>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

/** Null means "not known": a person's own values and a return to safety were not weighed by the search. */
function Confidence({ recommendation: r, load_unit }: { recommendation: Recommendation; load_unit: string }) {
  if (r.confidence === null)
    return <span className="muted">confidence not known: no search has weighed these values as a whole</span>
  return (
    <span>
      <b>{formatShare(r.confidence)}</b> sure that every SLO holds
      {r.evidence.load_expected > 0 && ` up to ${formatQuantity(r.evidence.load_expected, load_unit)}`}
    </span>
  )
}

function Head({ recommendation: r, load_unit }: { recommendation: Recommendation; load_unit: string }) {
  const word = recommendation_words[r.state]
  return (
    <>
      <nav className="crumbs" aria-label="Breadcrumb">
        <a href="/">Applications</a> <span aria-hidden="true">/</span>{' '}
        <a href={applicationPath(r.application)}>{r.application}</a> <span aria-hidden="true">/</span>
      </nav>
      <div className="page-head">
        <div className="grow">
          <h1>{headline(r)}</h1>
          <p className="lede">
            <Badge tone={word.tone}>{word.text}</Badge> {kind_words[r.kind] ?? r.kind} · made{' '}
            <RelativeTime at={r.created} />
            {r.state === 'proposed' && (
              <>
                {' '}
                · expires <RelativeTime at={r.expires} />
              </>
            )}{' '}
            · <Confidence recommendation={r} load_unit={load_unit} />
          </p>
        </div>
      </div>
    </>
  )
}

function StateNote({ recommendation: r }: { recommendation: Recommendation }) {
  const last = r.history.at(-1)
  if (r.state === 'rolled_back' || r.state === 'failed' || r.state === 'rolling_back')
    return (
      <Callout tone={r.state === 'failed' ? 'bad' : 'warn'} title={`${recommendation_words[r.state].text}.`}>
        {last?.reason && <div>{last.reason}</div>}
      </Callout>
    )
  if (r.state === 'applying' || r.state === 'verifying')
    return (
      <Callout tone="info" title={`${recommendation_words[r.state].text}.`}>
        {last?.reason && <div>{last.reason}</div>}
      </Callout>
    )
  return null
}

function Body({ recommendation, detail }: { recommendation: Recommendation; detail: ApplicationDetail | undefined }) {
  const load_unit = detail?.load.unit ?? 'requests/s'
  const slos = detail?.slos ?? []
  const cost_unit = `${recommendation.cost.currency}/month`
  const unitOf = (metric: string) =>
    sloOf(metric, slos)?.unit ||
    detail?.metrics.find((m) => m.name === metric)?.unit ||
    recommendation.predictions.find((p) => p.metric === metric)?.unit ||
    (metric === 'cost' ? cost_unit : '')
  return (
    <>
      <Head recommendation={recommendation} load_unit={load_unit} />
      <StateNote recommendation={recommendation} />
      <Panel title="Changes, as one decision" id="change-table">
        <ChangeTable recommendation={recommendation} parameters={detail?.parameters ?? []} />
        <DecisionBar recommendation={recommendation} slos={slos} />
      </Panel>
      {recommendation.verdict && (
        <VerdictPanel
          verdict={recommendation.verdict}
          slos={slos}
          metrics={detail?.metrics ?? []}
          unitOf={unitOf}
          load_unit={load_unit}
        />
      )}
      <div className="columns">
        <div>
          <Predictions recommendation={recommendation} slos={slos} unitOf={unitOf} load_unit={load_unit} />
          <Evidence recommendation={recommendation} load_unit={load_unit} />
        </div>
        <div>
          <Cost recommendation={recommendation} />
          <Bindings bindings={recommendation.bindings} />
          <Timeline recommendation={recommendation} />
        </div>
      </div>
    </>
  )
}

export function RecommendationView({ id }: { id: string }) {
  const result = useRecommendation(id)
  const application = useApplication(result.data?.application ?? '')
  return (
    <Loaded result={result} what="the recommendation">
      {(recommendation) => <Body recommendation={recommendation} detail={application.data} />}
    </Loaded>
  )
}
