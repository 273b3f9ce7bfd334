// Recommendations as a list: newest first.
import type { Recommendation } from '../api/types'
import { formatMoneyPerMonth, formatShare } from '../format/number'
import { recommendation_words } from '../format/words'
import { applicationPath, recommendationPath } from '../route/router'
import { Badge, RelativeTime } from '../ui/basics'
import { type Column, Table } from '../ui/table'
import { changesText, headline } from './headline'

function columns(with_application: boolean): Column<Recommendation>[] {
  const application: Column<Recommendation> = {
    key: 'application',
    label: 'Application',
    sort: (r) => r.application,
    render: (r) => <a href={applicationPath(r.application)}>{r.application}</a>,
  }
  return [
    {
      key: 'summary',
      label: 'Recommendation',
      head: true,
      render: (r) => (
        <div className="stack-tight">
          <a href={recommendationPath(r.id)}>{headline(r)}</a>
          <small className="clamp">{changesText(r)}</small>
        </div>
      ),
    },
    ...(with_application ? [application] : []),
    {
      key: 'state',
      label: 'State',
      sort: (r) => r.state,
      render: (r) => <Badge tone={recommendation_words[r.state].tone}>{recommendation_words[r.state].text}</Badge>,
    },
    {
      key: 'saving',
      label: 'Saving',
      align: 'right',
      sort: (r) => r.cost.saving,
      render: (r) => (
        <span className={r.cost.saving > 0 ? 'good-text' : ''}>
          {formatMoneyPerMonth(r.cost.saving, r.cost.currency)}
        </span>
      ),
    },
    {
      key: 'confidence',
      label: 'Confidence',
      align: 'right',
      sort: (r) => r.confidence,
      render: (r) => (r.confidence !== null ? formatShare(r.confidence) : '–'),
    },
    {
      key: 'created',
      label: 'Made',
      align: 'right',
      sort: (r) => Date.parse(r.created),
      render: (r) => <RelativeTime at={r.created} />,
    },
  ]
}

export function RecommendationTable({ rows, with_application }: { rows: Recommendation[]; with_application: boolean }) {
  return <Table label="Recommendations" columns={columns(with_application)} rows={rows} rowKey={(r) => r.id} />
}
