// The history of decisions of one application.
import { useRecommendations } from '../api/queries'
import type { ApplicationDetail } from '../api/types'
import { formatSetting, humanName } from '../format/number'
import { RecommendationTable } from '../recommendation/recommendation_table'
import { Empty, Loaded, Panel, RelativeTime } from '../ui/basics'
import { MoreButton } from '../ui/more_button'
import { waitingText } from './waiting'

export function DecisionsTab({ detail }: { detail: ApplicationDetail }) {
  const result = useRecommendations({ application: detail.name })
  return (
    <>
      <Loaded result={result} what="decisions">
        {(data) => {
          const rows = data.pages.flat()
          if (rows.length === 0) return <Empty title="No recommendation yet">{waitingText(detail)}</Empty>
          return <RecommendationTable rows={rows} with_application={false} />
        }}
      </Loaded>
      <MoreButton query={result} />
      {detail.barred.length > 0 && (
        <Panel title="Not proposed again for now" id="barred">
          <ul className="plain-list">
            {detail.barred.map((barred) => (
              <li key={JSON.stringify(barred.configuration) + barred.context}>
                <div>
                  {barred.reason}{' '}
                  <span className="muted">
                    {barred.context ? `in load context ${barred.context}` : 'in every load context'}
                  </span>
                  , until <RelativeTime at={barred.until} />
                </div>
                <small>
                  {Object.entries(barred.configuration)
                    .map(
                      ([name, value]) =>
                        `${humanName(name)} ${formatSetting(value, detail.parameters.find((p) => p.name === name)?.unit ?? '')}`,
                    )
                    .join(' · ')}
                </small>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  )
}
