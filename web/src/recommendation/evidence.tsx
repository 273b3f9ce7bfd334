// Why: the predicted effect with its intervals, what keeps the proposal from going further, what was seen.
import type { Binding, Prediction, Recommendation, SloStatus } from '../api/types'
import { Interval } from '../chart/interval'
import { formatChange, formatMoneyPerMonth, formatQuantity, humanName } from '../format/number'
import { sloOf, sloShort, sloTitle, sloValue } from '../format/slo'
import { Badge, Empty, Figure, Panel } from '../ui/basics'

function toneOf(prediction: Prediction, slo: SloStatus | undefined): 'good' | 'bad' | 'neutral' {
  if (!slo) return 'neutral'
  const worst = slo.upper ? prediction.high : prediction.low
  const holds = slo.upper ? worst <= slo.bound : worst >= slo.bound
  return holds ? 'good' : 'bad'
}

interface PredictionProps {
  prediction: Prediction
  slo: SloStatus | undefined
  unit: string
  load_unit: string
}

function PredictionRow({ prediction: p, slo, unit, load_unit }: PredictionProps) {
  // From next to nothing every change is thousands of per cent, which says nothing.
  const relative = p.current ? (p.mean - p.current) / Math.abs(p.current) : 0
  const change = relative !== 0 && Math.abs(relative) < 10 ? formatChange(relative) : ''
  const text = (value: number) => (slo ? sloValue(slo, value) : formatQuantity(value, unit))
  return (
    <li className="prediction">
      <div className="prediction-head">
        <span className="strong">{slo ? sloShort(slo) : humanName(p.metric)}</span>
        <small>{p.at_load > 0 ? `at ${formatQuantity(p.at_load, load_unit)}` : 'at any load'}</small>
      </div>
      <Interval
        current={p.current}
        mean={p.mean}
        low={p.low}
        high={p.high}
        tone={toneOf(p, slo)}
        bound={slo && { value: slo.bound, upper: slo.upper }}
      />
      <div className="prediction-text">
        {text(p.current)} → <b>{text(p.mean)}</b> {change && <span>({change})</span>}
        <small>
          {' '}
          {p.low === p.high ? 'exactly' : `between ${text(p.low)} and ${text(p.high)} with 90 % probability`}
          {slo && `; SLO ${sloTitle(slo)}`}
        </small>
      </div>
    </li>
  )
}

interface PredictionsProps {
  recommendation: Recommendation
  slos: SloStatus[]
  unitOf: (metric: string) => string
  load_unit: string
}

export function Predictions({ recommendation, slos, unitOf, load_unit }: PredictionsProps) {
  const { predictions } = recommendation
  const edited = recommendation.changes.some((c) => c.edited !== null || c.skipped)
  return (
    <Panel
      title="Predicted effect"
      id="prediction"
      actions={
        <span className={predictions.length > 0 ? 'interval-key' : 'visually-hidden'} aria-hidden="true">
          <span className="key-tick" /> now <span className="key-dot" /> predicted <span className="key-bar" /> 90 %
          interval <span className="key-bound" /> SLO
        </span>
      }
    >
      {edited && <p className="muted note">Stated anew for the values as they are edited and skipped.</p>}
      {predictions.length === 0 ? (
        <Empty title="No prediction was made for this change" />
      ) : (
        <ul className="predictions">
          {predictions.map((p) => (
            <PredictionRow
              key={p.metric + p.at_load}
              prediction={p}
              slo={sloOf(p.metric, slos)}
              unit={p.unit || unitOf(p.metric)}
              load_unit={load_unit}
            />
          ))}
        </ul>
      )}
    </Panel>
  )
}

const binding_words: Record<string, string> = {
  slo: 'SLO',
  range: 'Range',
  step: 'Largest step',
  constraint: 'Constraint',
  memory: 'Memory',
  evidence: 'Evidence',
}

export function Bindings({ bindings }: { bindings: Binding[] }) {
  return (
    <Panel title="What keeps it from going further" id="bindings">
      {bindings.length === 0 ? (
        <p className="muted">Nothing binds: the optimum lies inside all limits.</p>
      ) : (
        <ul className="bindings">
          {bindings.map((b) => (
            <li key={b.kind + b.subject + b.text}>
              <Badge tone={b.kind === 'slo' ? 'warn' : 'neutral'}>{binding_words[b.kind] ?? b.kind}</Badge>
              <span>
                {!b.text.includes(b.subject) && <b>{humanName(b.subject)} </b>}
                {b.text}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}

export function Evidence({ recommendation, load_unit }: { recommendation: Recommendation; load_unit: string }) {
  const { evidence } = recommendation
  return (
    <Panel title="What was seen" id="evidence">
      <ul className="statements">
        {evidence.statements.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      <dl className="figures inside">
        <Figure
          label="Observation windows"
          value={evidence.windows}
          note={`${evidence.windows_at_current} with the current configuration`}
        />
        <Figure
          label="Loads covered"
          value={`${formatQuantity(evidence.load_low, '')}–${formatQuantity(evidence.load_high, load_unit)}`}
          note={`up to ${formatQuantity(evidence.load_expected, load_unit)} expected`}
        />
      </dl>
    </Panel>
  )
}

export function Cost({ recommendation }: { recommendation: Recommendation }) {
  const { cost } = recommendation
  const top = Math.max(cost.current, cost.proposed) || 1
  const share = cost.current > 0 ? (cost.proposed - cost.current) / cost.current : null
  return (
    <Panel title="Cost" id="cost">
      <dl className="cost-bars">
        <div>
          <dt>Now</dt>
          <dd>
            <span className="cost-track" aria-hidden="true">
              <span className="cost-bar now" style={{ width: `${(100 * cost.current) / top}%` }} />
            </span>
            {formatMoneyPerMonth(cost.current, cost.currency)}
          </dd>
        </div>
        <div>
          <dt>Then</dt>
          <dd>
            <span className="cost-track" aria-hidden="true">
              <span className="cost-bar then" style={{ width: `${(100 * cost.proposed) / top}%` }} />
            </span>
            {formatMoneyPerMonth(cost.proposed, cost.currency)}
          </dd>
        </div>
      </dl>
      <p className={cost.saving > 0 ? 'good-text strong' : 'strong'}>
        {cost.saving >= 0 ? 'Saves' : 'Costs'} {formatMoneyPerMonth(Math.abs(cost.saving), cost.currency)}
        {cost.saving < 0 && ' more'} {share !== null && `(${formatChange(share)})`}
      </p>
    </Panel>
  )
}
