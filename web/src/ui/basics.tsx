// Small pieces of every view: times, badges, callouts, panels, the states of a query.
import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ApiFailure } from '../api/client'
import { formatDateTime, formatRelative } from '../format/time'
import { useNow } from './now'

export type Tone = 'neutral' | 'good' | 'warn' | 'bad' | 'info'

export function RelativeTime({ at }: { at: string }) {
  const now = useNow()
  if (!at || Number.isNaN(Date.parse(at))) return <span className="muted">–</span>
  return (
    <time dateTime={at} title={formatDateTime(at)}>
      {formatRelative(at, now)}
    </time>
  )
}

export function Badge({ tone = 'neutral', children, title }: { tone?: Tone; children: ReactNode; title?: string }) {
  return (
    <span className={`badge ${tone}`} title={title}>
      {children}
    </span>
  )
}

const icons: Record<Tone, string> = { neutral: 'i', info: 'i', good: '✓', warn: '!', bad: '!' }

export function Callout({ tone = 'info', title, children }: { tone?: Tone; title?: string; children?: ReactNode }) {
  return (
    <div className={`callout ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <span className="callout-icon" aria-hidden="true">
        {icons[tone]}
      </span>
      <div className="callout-body">
        {title && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  )
}

export function Panel({
  title,
  actions,
  children,
  id,
}: {
  title?: ReactNode
  actions?: ReactNode
  children: ReactNode
  id?: string
}) {
  return (
    <section className="panel" aria-labelledby={title && id ? `${id}-title` : undefined} id={id}>
      {(title || actions) && (
        <header className="panel-head">
          {title && <h2 id={id ? `${id}-title` : undefined}>{title}</h2>}
          {actions && <div className="panel-actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  )
}

export function Figure({
  label,
  value,
  note,
  tone,
}: {
  label: string
  value: ReactNode
  note?: ReactNode
  tone?: Tone
}) {
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd>
        <span className={`figure-value ${tone ?? ''}`}>{value}</span>
        {note && <span className="figure-note">{note}</span>}
      </dd>
    </div>
  )
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <strong>{title}</strong>
      {children && <div>{children}</div>}
    </div>
  )
}

export function Loading({ what = 'Loading' }: { what?: string }) {
  return (
    <div className="loading" role="status">
      <span className="spinner" aria-hidden="true" /> {what} …
    </div>
  )
}

export function ErrorNote({ error, retry }: { error: unknown; retry?: () => void }) {
  const failure = error instanceof ApiFailure ? error.error : undefined
  const message = failure?.message ?? (error instanceof Error ? error.message : String(error))
  return (
    <Callout tone="bad" title={message}>
      {failure?.field && (
        <div>
          Where: <code>{failure.field}</code>
        </div>
      )}
      {failure?.hint && <div>{failure.hint}</div>}
      {retry && (
        <div>
          <button type="button" className="button small" onClick={retry}>
            Try again
          </button>
        </div>
      )}
    </Callout>
  )
}

/** Shows the data, or that it is being loaded, or why there is none. Old data stays on the screen beside an error. */
export function Loaded<T>({
  result,
  what,
  children,
}: {
  result: Pick<UseQueryResult<T>, 'data' | 'error' | 'refetch'>
  what?: string
  children: (data: T) => ReactNode
}) {
  const { data, error, refetch } = result
  return (
    <>
      {error && <ErrorNote error={error} retry={() => void refetch()} />}
      {data !== undefined ? children(data) : !error && <Loading {...(what ? { what: `Loading ${what}` } : {})} />}
    </>
  )
}
