// The live charts of an application, on one time axis, with its configuration changes.
import { useState } from 'react'
import { useChanges, useSeries } from '../api/queries'
import type { ApplicationDetail, ConfigurationChange } from '../api/types'
import { type Curve, type Mark, TimeChart } from '../chart/time_chart'
import { formatSetting, humanName } from '../format/number'
import { sloShort } from '../format/slo'
import { change_words } from '../format/words'
import { recommendationPath, setSearch, usePlace } from '../route/router'
import { Badge, Callout, Empty, ErrorNote, Loading, Panel, RelativeTime } from '../ui/basics'
import { Segmented } from '../ui/segmented'
import { type ChartPanel, panelsOf, settingPoints, spanOf, spans, stepFor } from './panels'

const metric_colors = ['--series-1', '--series-2', '--series-3', '--series-4']
const setting_colors = ['--series-5', '--series-6', '--series-4']

function marksOf(changes: ConfigurationChange[]): Mark[] {
  return changes.map((change) => ({
    at: Date.parse(change.at),
    kind: change.kind,
    text: change_words[change.kind].text,
    href: change.decision ? recommendationPath(change.decision) : '',
  }))
}

interface Loaded {
  range: { from: number; to: number; step: number }
  series: Record<string, { points: [number, number][] }>
}

function curvesOf(
  panel: ChartPanel,
  loaded: Loaded,
  changes: ConfigurationChange[],
  detail: ApplicationDetail,
): Curve[] {
  const curves: Curve[] = panel.metrics.map((metric, i) => ({
    label: humanName(metric.name),
    points: loaded.series[metric.name]?.points ?? [],
    color: metric_colors[i % metric_colors.length] as string,
  }))
  panel.settings.forEach((parameter, i) => {
    const points = settingPoints(parameter.name, changes, detail, loaded.range.from, loaded.range.to)
    const color = setting_colors[i % setting_colors.length] as string
    if (points.length > 0) curves.push({ label: humanName(parameter.name), points, color, setting: true })
  })
  return curves
}

function Charts({
  detail,
  panels,
  loaded,
  changes,
}: {
  detail: ApplicationDetail
  panels: ChartPanel[]
  loaded: Loaded
  changes: ConfigurationChange[]
}) {
  const { from, to, step } = loaded.range
  const marks = marksOf(changes)
  return (
    <div className="charts">
      {panels.map((panel) => (
        <TimeChart
          key={panel.id}
          title={panel.title}
          unit={panel.unit}
          from={from}
          to={to}
          longest_gap={Math.max(2.5 * step, 2.5 * detail.cadence.step_s) * 1000}
          curves={curvesOf(panel, loaded, changes, detail)}
          bounds={panel.slos.map((slo) => ({
            label: `SLO ${sloShort(slo)}`,
            value: slo.bound,
            upper: slo.upper,
          }))}
          marks={marks}
        />
      ))}
    </div>
  )
}

/** What a change set, compared with the one before it. */
export function differences(
  change: ConfigurationChange,
  before: ConfigurationChange | undefined,
  detail: ApplicationDetail,
): string {
  if (!before) return 'the configuration found at enrolment'
  const texts = Object.entries(change.configuration)
    .filter(([name, value]) => before.configuration[name] !== value)
    .map(([name, value]) => {
      const unit = detail.parameters.find((p) => p.name === name)?.unit ?? ''
      return `${humanName(name)} ${formatSetting(before.configuration[name], '')} → ${formatSetting(value, unit)}`
    })
  return texts.length > 0 ? texts.join(', ') : 'no value changed'
}

export function ChangeList({ changes, detail }: { changes: ConfigurationChange[]; detail: ApplicationDetail }) {
  const sorted = [...changes].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
  const rows = sorted.map((change, i) => ({ change, before: sorted[i - 1] })).reverse()
  if (rows.length === 0) return <Empty title="No configuration change yet" />
  return (
    <ol className="events">
      {rows.map(({ change, before }) => {
        const word = change_words[change.kind]
        return (
          <li key={`${change.at}${change.kind}`}>
            <span className={`event-mark ${change.kind}`} aria-hidden="true" />
            <Badge tone={word.tone}>{word.text}</Badge>
            <span className="grow">
              {differences(change, before, detail)}
              {change.decision && (
                <>
                  {' · '}
                  <a href={recommendationPath(change.decision)}>decision</a>
                </>
              )}
            </span>
            <small>
              <RelativeTime at={change.at} />
            </small>
          </li>
        )
      })}
    </ol>
  )
}

export function LiveTab({ detail }: { detail: ApplicationDetail }) {
  const { search } = usePlace()
  const span = spanOf(search.get('range'), detail.enrolled, Date.now())
  const [all, setAll] = useState(false)
  const panels = panelsOf(detail)
  const shown = panels.filter((p) => all || p.main)
  const step = stepFor(span.seconds, detail.cadence.step_s)
  const metrics = shown.flatMap((p) => p.metrics.map((m) => m.name))
  const series = useSeries(detail.name, metrics, span.seconds, step, Math.max(5, step) * 1000)
  const changes = useChanges(detail.name, detail.enrolled)
  const hidden = panels.length - panels.filter((p) => p.main).length
  return (
    <>
      <div className="toolbar">
        <Segmented
          label="Time range"
          value={span.key}
          options={spans.map((s) => ({ value: s.key, text: s.label }))}
          onChange={(key) => setSearch('range', key)}
        />
        <span className="mark-key" aria-hidden="true">
          <span className="event-mark applied" /> applied <span className="event-mark rolled_back" /> rolled back{' '}
          <span className="event-mark drift" /> changed by others
        </span>
        {hidden > 0 && (
          <button type="button" className="button small" onClick={() => setAll(!all)} aria-pressed={all}>
            {all ? 'Fewer signals' : `${hidden} more signals`}
          </button>
        )}
      </div>
      {series.error && <ErrorNote error={series.error} retry={() => void series.refetch()} />}
      {panels.length === 0 && <Callout title="The document lists no metrics." />}
      {series.data && <Charts detail={detail} panels={shown} loaded={series.data} changes={changes.data ?? []} />}
      {!series.data && !series.error && panels.length > 0 && <Loading what="Loading the charts" />}
      <Panel title="Configuration changes" id="changes">
        {changes.error && <ErrorNote error={changes.error} retry={() => void changes.refetch()} />}
        {changes.data && <ChangeList changes={changes.data} detail={detail} />}
      </Panel>
    </>
  )
}
