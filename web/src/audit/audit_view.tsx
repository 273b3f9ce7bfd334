// Everything that was decided or done, by whom.
import { useAudit } from '../api/queries'
import type { AuditEntry } from '../api/types'
import { arrows } from '../format/words'
import { formatDateTime } from '../format/time'
import { ApplicationFilter } from '../recommendation/recommendations_view'
import { applicationPath, recommendationPath, setSearch, usePlace } from '../route/router'
import { Badge, Empty, Loaded, RelativeTime, type Tone } from '../ui/basics'
import { MoreButton } from '../ui/more_button'
import { type Column, Table } from '../ui/table'

/** Ids of recommendations are ULIDs (26 characters of Crockford's base 32). */
export function isRecommendation(subject: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{26}$/i.test(subject)
}

/** Actions are codes such as "recommendation.kept" or "guard.breach". */
export function actionTone(action: string): Tone {
  if (/breach|failed|killed|crash|drift/.test(action)) return 'bad'
  if (/roll(ed|ing)?[._]?back|trouble|refused|paused/.test(action)) return 'warn'
  return /kept|recovered/.test(action) ? 'good' : 'neutral'
}

const columns: Column<AuditEntry>[] = [
  {
    key: 'at',
    label: 'When',
    render: (e) => (
      <div className="stack-tight nowrap">
        <span>{formatDateTime(e.at)}</span>
        <small>
          <RelativeTime at={e.at} />
        </small>
      </div>
    ),
  },
  { key: 'actor', label: 'Who', render: (e) => <b>{e.actor}</b> },
  {
    key: 'action',
    label: 'What',
    render: (e) => <Badge tone={actionTone(e.action)}>{e.action.replaceAll(/[._]/g, ' ')}</Badge>,
  },
  {
    key: 'application',
    label: 'Application',
    render: (e) => (e.application ? <a href={applicationPath(e.application)}>{e.application}</a> : '–'),
  },
  { key: 'text', label: 'Details', wide: true, render: (e) => arrows(e.text) },
  {
    key: 'subject',
    label: 'Subject',
    render: (e) =>
      isRecommendation(e.subject) ? (
        <a href={recommendationPath(e.subject)}>decision {e.subject.slice(-6)}</a>
      ) : (
        e.subject || '–'
      ),
  },
]

export function AuditView() {
  const { search } = usePlace()
  const application = search.get('application') ?? ''
  const subject = search.get('subject') ?? ''
  const result = useAudit({ application, subject })
  return (
    <>
      <div className="page-head">
        <h1>Audit</h1>
      </div>
      <div className="toolbar">
        <ApplicationFilter value={application} />
        <label className="inline-field">
          Subject
          <input
            type="search"
            value={subject}
            placeholder="recommendation id"
            spellCheck={false}
            onChange={(event) => setSearch('subject', event.target.value.trim())}
          />
        </label>
      </div>
      <Loaded result={result} what="the audit trail">
        {(data) => {
          const rows = data.pages.flat()
          if (rows.length === 0)
            return <Empty title={application || subject ? 'No entry fits the filter' : 'Nothing was done yet'} />
          return <Table label="Audit trail" columns={columns} rows={rows} rowKey={(e) => String(e.sequence)} />
        }}
      </Loaded>
      <MoreButton query={result} />
    </>
  )
}
