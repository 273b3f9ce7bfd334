// Recommendations of all applications, filtered by state and application.
import { useApplications, useRecommendations } from '../api/queries'
import { recommendation_words } from '../format/words'
import { setSearch, usePlace } from '../route/router'
import { Empty, Loaded } from '../ui/basics'
import { MoreButton } from '../ui/more_button'
import { RecommendationTable } from './recommendation_table'

export function ApplicationFilter({ value }: { value: string }) {
  const applications = useApplications()
  const names = applications.data?.map((a) => a.name) ?? []
  if (value && !names.includes(value)) names.push(value)
  return (
    <label className="inline-field">
      Application
      <select value={value} onChange={(event) => setSearch('application', event.target.value)}>
        <option value="">all</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  )
}

export function RecommendationsView() {
  const { search } = usePlace()
  const application = search.get('application') ?? ''
  const state = search.get('state') ?? ''
  const result = useRecommendations({ application, state })
  return (
    <>
      <div className="page-head">
        <h1>Recommendations</h1>
      </div>
      <div className="toolbar">
        <label className="inline-field">
          State
          <select value={state} onChange={(event) => setSearch('state', event.target.value)}>
            <option value="">all</option>
            {Object.entries(recommendation_words).map(([key, word]) => (
              <option key={key} value={key}>
                {word.text}
              </option>
            ))}
          </select>
        </label>
        <ApplicationFilter value={application} />
      </div>
      <Loaded result={result} what="recommendations">
        {(data) => {
          const rows = data.pages.flat()
          if (rows.length > 0) return <RecommendationTable rows={rows} with_application />
          if (state || application) return <Empty title="No recommendation fits the filter" />
          return (
            <Empty title="No recommendation yet">
              Trimtab proposes a change when it has enough evidence. What it still waits for is on each{' '}
              <a href="/">application’s page</a>.
            </Empty>
          )
        }}
      </Loaded>
      <MoreButton query={result} />
    </>
  )
}
