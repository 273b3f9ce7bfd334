// What the views load and change. Server-sent events (events.ts) mark queries as out of date; the intervals below only
// carry figures that change without an event (the present load, SLO values).
import {
  keepPreviousData,
  QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { currentAccess } from '../access/token'
import { get, query, send } from './client'
import type * as T from './types'

const kFiguresMs = 10_000
const kPage = 50

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: 1, retryDelay: 1000, staleTime: 5_000, refetchOnWindowFocus: true, networkMode: 'always' },
      mutations: { networkMode: 'always' },
    },
  })
}

const at = (name: string) => `/applications/${encodeURIComponent(name)}`

export function useVersion() {
  return useQuery({
    queryKey: ['version'],
    queryFn: ({ signal }) => get<T.Version>('/version', signal),
    staleTime: 60_000,
  })
}

export function useApplications() {
  return useQuery({
    queryKey: ['applications'],
    queryFn: async ({ signal }) =>
      (await get<{ applications: T.ApplicationSummary[] }>('/applications', signal)).applications,
    refetchInterval: kFiguresMs,
  })
}

export function useApplication(name: string) {
  return useQuery({
    queryKey: ['application', name],
    queryFn: ({ signal }) => get<T.ApplicationDetail>(at(name), signal),
    refetchInterval: kFiguresMs,
    enabled: name !== '',
  })
}

export interface Range {
  from: number // milliseconds since 1970
  to: number
  step: number // seconds
}

/** The newest points of a range that ends now; loaded again every `refresh_ms`. */
export function useSeries(name: string, metrics: string[], span_s: number, step_s: number, refresh_ms: number) {
  return useQuery({
    queryKey: ['series', name, metrics.join(','), span_s, step_s],
    queryFn: async ({ signal }) => {
      // Whole steps, so that a new request repeats the old points and the curves do not shiver.
      const to = Math.floor(Date.now() / 1000 / step_s) * step_s * 1000
      const range: Range = { from: to - span_s * 1000, to, step: step_s }
      const parameters = {
        metrics: metrics.join(','),
        from: new Date(range.from).toISOString(),
        to: new Date(range.to).toISOString(),
        step: `${step_s}s`,
      }
      const answer = await get<{ series: Record<string, T.Series> }>(`${at(name)}/series${query(parameters)}`, signal)
      return { range, series: answer.series }
    },
    refetchInterval: refresh_ms,
    placeholderData: keepPreviousData,
    enabled: metrics.length > 0,
  })
}

export function useChanges(name: string, since: string) {
  return useQuery({
    queryKey: ['changes', name],
    queryFn: async ({ signal }) =>
      (await get<{ changes: T.ConfigurationChange[] }>(`${at(name)}/changes${query({ from: since })}`, signal)).changes,
  })
}

export function useRecommendations(filter: { application?: string; state?: string }) {
  return useInfiniteQuery({
    queryKey: ['recommendations', filter.application ?? '', filter.state ?? ''],
    queryFn: async ({ pageParam, signal }) =>
      (
        await get<{ recommendations: T.Recommendation[] }>(
          `/recommendations${query({ ...filter, limit: kPage, before: pageParam })}`,
          signal,
        )
      ).recommendations,
    initialPageParam: '',
    getNextPageParam: (last) => (last.length < kPage ? undefined : last.at(-1)?.id),
    placeholderData: keepPreviousData,
  })
}

export function useRecommendation(id: string) {
  return useQuery({
    queryKey: ['recommendation', id],
    queryFn: ({ signal }) => get<T.Recommendation>(`/recommendations/${encodeURIComponent(id)}`, signal),
    enabled: id !== '',
  })
}

export function useStudies() {
  return useQuery({
    queryKey: ['studies'],
    queryFn: async ({ signal }) => (await get<{ studies: T.StudySummary[] }>('/studies', signal)).studies,
    refetchInterval: kFiguresMs,
  })
}

export function useStudy(name: string) {
  return useQuery({
    queryKey: ['study', name],
    queryFn: ({ signal }) => get<T.StudyDetail>(`/studies/${encodeURIComponent(name)}`, signal),
    refetchInterval: (q) => (q.state.data?.state === 'running' ? kFiguresMs : false),
  })
}

export function useAudit(filter: { application?: string; subject?: string }) {
  return useInfiniteQuery({
    queryKey: ['audit', filter.application ?? '', filter.subject ?? ''],
    queryFn: async ({ pageParam, signal }) =>
      (await get<{ entries: T.AuditEntry[] }>(`/audit${query({ ...filter, limit: kPage, before: pageParam })}`, signal))
        .entries,
    initialPageParam: '',
    getNextPageParam: (last) => (last.length < kPage ? undefined : String(last.at(-1)?.sequence ?? '')),
    placeholderData: keepPreviousData,
  })
}

/** With the name of the person, for the audit trail. */
function signed<B extends object>(body: B): B & { actor?: string } {
  const { actor } = currentAccess()
  return actor ? { ...body, actor } : body
}

function keepApplication(client: QueryClient, detail: T.ApplicationDetail): void {
  client.setQueryData(['application', detail.name], detail)
  void client.invalidateQueries({ queryKey: ['applications'] })
}

export function useSetMode(name: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (mode: T.Mode) => send<T.ApplicationDetail>('PUT', `${at(name)}/mode`, signed({ mode })),
    onSuccess: (detail) => keepApplication(client, detail),
  })
}

export function useSetPaused(name: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (wish: { paused: boolean; reason: string }) =>
      send<T.ApplicationDetail>('PUT', `${at(name)}/paused`, signed(wish)),
    onSuccess: (detail) => keepApplication(client, detail),
  })
}

export function useEnroll() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (document: string) => send<T.ApplicationDetail>('POST', '/applications', signed({ document })),
    onSuccess: (detail) => keepApplication(client, detail),
  })
}

export function useRemoveApplication() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => send<void>('DELETE', at(name)),
    onSuccess: () => client.invalidateQueries({ queryKey: ['applications'] }),
  })
}

export function useDecide(id: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (wish: T.DecisionRequest) =>
      send<T.Recommendation>('POST', `/recommendations/${encodeURIComponent(id)}/decision`, signed(wish)),
    onSuccess: (next) => {
      client.setQueryData(['recommendation', id], next)
      void client.invalidateQueries({ queryKey: ['recommendations'] })
      void client.invalidateQueries({ queryKey: ['application', next.application] })
    },
    // A refused decision usually means that the page is out of date.
    onError: () => client.invalidateQueries({ queryKey: ['recommendation', id] }),
  })
}
