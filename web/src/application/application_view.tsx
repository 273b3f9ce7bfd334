// One application: what it does now and waits for, its live charts, decisions, parameters, load and document.
import { useApplication } from '../api/queries'
import type { ApplicationDetail } from '../api/types'
import { formatMoneyPerMonth, formatQuantity, formatShare } from '../format/number'
import { isRelative, sloTitle, sloValue, sloWord } from '../format/slo'
import { applicationWord, mode_words, sentence } from '../format/words'
import { applicationPath, recommendationPath, usePlace } from '../route/router'
import { Badge, Callout, Figure, Loaded, RelativeTime } from '../ui/basics'
import { DecisionsTab } from './decisions_tab'
import { DocumentTab } from './document_tab'
import { LiveTab } from './live_tab'
import { LoadTab } from './load_tab'
import { ModeSwitch, PauseButton } from './mode_switch'
import { ParametersTab } from './parameters_tab'
import { waitingOf } from './waiting'

const tabs = [
  { key: '', label: 'Live' },
  { key: 'decisions', label: 'Decisions' },
  { key: 'parameters', label: 'Parameters' },
  { key: 'load', label: 'Load and replicas' },
  { key: 'document', label: 'Document' },
]

function WaitingFor({ detail }: { detail: ApplicationDetail }) {
  const { thin, items } = waitingOf(detail)
  if (items.length === 0) return null
  if (!thin) return <p className="note muted">{items.map(sentence).join('. ')}.</p>
  return (
    <Callout tone="info" title="Not enough evidence yet. Trimtab proposes nothing and waits for:">
      <ul>
        {items.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Callout>
  )
}

function Notices({ detail }: { detail: ApplicationDetail }) {
  return (
    <div className="notices">
      {detail.paused && (
        <Callout tone="warn" title="Paused: nothing new begins; a change that is live already goes on being guarded.">
          {detail.pause_reason && <div>{detail.pause_reason}</div>}
        </Callout>
      )}
      {detail.data_trouble && (
        <Callout tone="warn" title="The metrics are not usable at present; no decision is taken on them.">
          <div>{detail.data_trouble}</div>
        </Callout>
      )}
      {detail.disturbance && (
        <Callout tone="warn" title="Trouble around the application: nothing new begins until it is calm again.">
          <div>{sentence(detail.disturbance)}</div>
        </Callout>
      )}
      {Object.entries(detail.left_alone).map(([parameter, why]) => (
        <Callout key={parameter} tone="warn" title={`${parameter} is left alone.`}>
          <div>{sentence(why)}</div>
        </Callout>
      ))}
      {detail.open_recommendation && (
        <Callout tone="info" title="A recommendation waits for a decision.">
          <div>
            <a className="button small primary" href={recommendationPath(detail.open_recommendation)}>
              Review the recommendation
            </a>
          </div>
        </Callout>
      )}
      {detail.decision && (
        <Callout tone={detail.phase === 'rolling_back' ? 'warn' : 'info'} title={sentence(detail.status)}>
          <div>
            <a href={recommendationPath(detail.decision)}>Follow the decision</a>
          </div>
        </Callout>
      )}
      <WaitingFor detail={detail} />
      {detail.replica_states
        .filter((replica) => replica.trouble)
        .map((replica) => (
          <Callout key={replica.name} tone="bad" title={`Replica ${replica.name}: ${replica.trouble}`} />
        ))}
    </div>
  )
}

function Figures({ detail }: { detail: ApplicationDetail }) {
  const { cost, load } = detail
  const ready = detail.replica_states.filter((r) => r.ready).length
  return (
    <dl className="figures">
      {detail.slos.map((slo) => {
        const word = sloWord(slo)
        return (
          <Figure
            key={slo.name}
            label={`SLO ${sloTitle(slo)}`}
            value={sloValue(slo)}
            tone={word.tone}
            note={`${isRelative(slo) ? 'of the bound; ' : ''}${word.text}; outside ${formatShare(slo.breached_share)} of the time`}
          />
        )
      })}
      <Figure
        label="Saved"
        value={formatMoneyPerMonth(cost.saving, cost.currency)}
        tone={cost.saving > 0 ? 'good' : 'neutral'}
        note={`now ${formatMoneyPerMonth(cost.current, cost.currency)}, was ${formatMoneyPerMonth(cost.baseline, cost.currency)}`}
      />
      <Figure
        label="Load"
        value={formatQuantity(load.now, load.unit)}
        note={`${load.context ? `${load.context}; ` : ''}up to ${formatQuantity(load.expected, load.unit)} expected`}
      />
      <Figure
        label="Replicas ready"
        value={detail.replica_states.length > 0 ? `${ready} of ${detail.replica_states.length}` : detail.replicas}
        note={
          <>
            this configuration since <RelativeTime at={detail.configuration_since} />
          </>
        }
      />
    </dl>
  )
}

function Head({ detail }: { detail: ApplicationDetail }) {
  const word = applicationWord(detail)
  return (
    <>
      <nav className="crumbs" aria-label="Breadcrumb">
        <a href="/">Applications</a> <span aria-hidden="true">/</span>
      </nav>
      <div className="page-head">
        <div className="grow">
          <h1>
            {detail.name} <Badge tone={word.tone}>{word.text}</Badge>
          </h1>
          <p className="lede">
            {detail.description}{' '}
            {!detail.open_recommendation && !detail.decision && (
              <span className="muted">{sentence(detail.status)}</span>
            )}
          </p>
        </div>
        <div className="page-actions">
          <ModeSwitch detail={detail} />
          <PauseButton detail={detail} />
        </div>
      </div>
      <p className="visually-hidden">Mode: {mode_words[detail.mode].text}</p>
    </>
  )
}

function TabContent({ tab, detail }: { tab: string; detail: ApplicationDetail }) {
  if (tab === 'decisions') return <DecisionsTab detail={detail} />
  if (tab === 'parameters') return <ParametersTab detail={detail} />
  if (tab === 'load') return <LoadTab detail={detail} />
  if (tab === 'document') return <DocumentTab detail={detail} />
  return <LiveTab detail={detail} />
}

export default function ApplicationView({ name }: { name: string }) {
  const result = useApplication(name)
  const tab = usePlace().search.get('tab') ?? ''
  return (
    <Loaded result={result} what={name}>
      {(detail) => (
        <>
          <Head detail={detail} />
          <Notices detail={detail} />
          <Figures detail={detail} />
          <nav className="tabs" aria-label="Views of the application">
            {tabs.map((t) => (
              <a key={t.key} href={applicationPath(name, t.key)} aria-current={t.key === tab ? 'page' : undefined}>
                {t.label}
              </a>
            ))}
          </nav>
          <TabContent tab={tab} detail={detail} />
        </>
      )}
    </Loaded>
  )
}
