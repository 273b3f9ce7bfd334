// The frame of every view: navigation, connection, access, shortcuts; and which view a path shows.
import { lazy, type ReactNode, Suspense, useEffect, useState } from 'react'
import { AccessDialog } from './access/access_dialog'
import { useAccess } from './access/token'
import { useConnection } from './api/events'
import { useVersion } from './api/queries'
import { ApplicationsView } from './applications/applications_view'
import { EnrollView } from './applications/enroll_view'
import { AuditView } from './audit/audit_view'
import { type Theme, setTheme, useTheme } from './preference/theme'
import { RecommendationView } from './recommendation/recommendation_view'
import { RecommendationsView } from './recommendation/recommendations_view'
import { matchPath, navigate, usePlace } from './route/router'
import { ErrorBoundary } from './ui/error_boundary'
import { Callout, Empty, Loading } from './ui/basics'
import { useNow } from './ui/now'
import { useShortcuts } from './ui/shortcuts'
import { ShortcutsDialog } from './ui/shortcuts_dialog'

// The chart library comes only with the views that draw charts.
const ApplicationView = lazy(() => import('./application/application_view'))
const StudiesView = lazy(() => import('./study/studies_view'))
const StudyView = lazy(() => import('./study/study_view'))

const sections = [
  { path: '/', label: 'Applications', keys: 'g a', within: ['/', '/applications'] },
  { path: '/recommendations', label: 'Recommendations', keys: 'g r', within: ['/recommendations'] },
  { path: '/studies', label: 'Studies', keys: 'g s', within: ['/studies'] },
  { path: '/audit', label: 'Audit', keys: 'g l', within: ['/audit'] },
]

interface Route {
  pattern: string
  title: (found: Record<string, string>) => string
  view: (found: Record<string, string>) => ReactNode
}

const routes: Route[] = [
  { pattern: '/', title: () => 'Applications', view: () => <ApplicationsView /> },
  { pattern: '/applications', title: () => 'Applications', view: () => <ApplicationsView /> },
  { pattern: '/enroll', title: () => 'Enrol an application', view: () => <EnrollView /> },
  {
    pattern: '/applications/:name',
    title: (p) => p.name ?? '',
    view: (p) => <ApplicationView key={p.name} name={p.name ?? ''} />,
  },
  { pattern: '/recommendations', title: () => 'Recommendations', view: () => <RecommendationsView /> },
  {
    pattern: '/recommendations/:id',
    title: () => 'Recommendation',
    view: (p) => <RecommendationView key={p.id} id={p.id ?? ''} />,
  },
  { pattern: '/studies', title: () => 'Studies', view: () => <StudiesView /> },
  {
    pattern: '/studies/:name',
    title: (p) => p.name ?? '',
    view: (p) => <StudyView key={p.name} name={p.name ?? ''} />,
  },
  { pattern: '/audit', title: () => 'Audit', view: () => <AuditView /> },
]

function CurrentView({ path }: { path: string }) {
  for (const route of routes) {
    const found = matchPath(route.pattern, path)
    if (found) return <RoutedView title={route.title(found)}>{route.view(found)}</RoutedView>
  }
  return (
    <Empty title="There is no such page">
      <a href="/">Go to the applications</a>
    </Empty>
  )
}

function RoutedView({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = title ? `${title} · Trimtab` : 'Trimtab'
  }, [title])
  return <Suspense fallback={<Loading />}>{children}</Suspense>
}

function ConnectionBanner() {
  const connection = useConnection()
  const now = useNow()
  // A blink (the server restarts, the lid opens) is not worth a banner.
  if (connection.state !== 'lost') return null
  const seconds = Math.max(0, Math.round((now - connection.since) / 1000))
  return (
    <div className="banner" role="alert">
      <Callout tone="bad" title="Connection to Trimtab lost.">
        <span>
          What you see is {seconds > 5 ? `at least ${seconds} s old` : 'no longer updated'}. Trying again by itself.
        </span>
      </Callout>
    </div>
  )
}

function ConnectionMark() {
  const { state } = useConnection()
  const text = { open: 'Live', connecting: 'Connecting', lost: 'Connection lost' }[state]
  return (
    <span className={`connection ${state}`} title={state === 'open' ? 'Updates arrive as they happen' : text}>
      <span className="dot" aria-hidden="true" />
      {text}
    </span>
  )
}

const next_theme: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const theme_icon: Record<Theme, string> = { system: '◐', light: '☀', dark: '☾' }

function TopBar({ path, onAccess, onHelp }: { path: string; onAccess: () => void; onHelp: () => void }) {
  const theme = useTheme()
  const access = useAccess()
  return (
    <header className="topbar">
      <a className="brand" href="/" aria-label="Trimtab, applications">
        <svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
          <rect width="32" height="32" rx="7" className="brand-box" />
          <path d="M7 8h11v16a9 9 0 0 1-9-9z" fill="#fff" />
          <path d="M20 8h5l-2.2 10.5L20 20z" fill="#8fd6ea" />
        </svg>
        Trimtab
      </a>
      <nav aria-label="Main" className="sections">
        {sections.map((section) => {
          const here = section.within.some((w) => (w === '/' ? path === '/' : path === w || path.startsWith(`${w}/`)))
          return (
            <a key={section.path} href={section.path} aria-current={here ? 'page' : undefined}>
              {section.label}
            </a>
          )
        })}
      </nav>
      <div className="topbar-end">
        <ConnectionMark />
        <button type="button" className="button small" onClick={onAccess}>
          {access.token ? 'Changes allowed' : 'Read only'}
          {access.token && access.actor && <span className="actor">· {access.actor}</span>}
        </button>
        <button
          type="button"
          className="button small icon"
          onClick={() => setTheme(next_theme[theme])}
          aria-label={`Theme: ${theme}. Change to ${next_theme[theme]}`}
          title={`Theme: ${theme}`}
        >
          <span aria-hidden="true">{theme_icon[theme]}</span>
        </button>
        <button
          type="button"
          className="button small icon"
          onClick={onHelp}
          aria-label="Keyboard shortcuts"
          title="Keyboard shortcuts (?)"
        >
          <span aria-hidden="true">?</span>
        </button>
      </div>
    </header>
  )
}

export function App() {
  const { path } = usePlace()
  const theme = useTheme()
  const version = useVersion()
  const [dialog, setDialog] = useState<'access' | 'help' | null>(null)
  useShortcuts({
    ...Object.fromEntries(sections.map((section) => [section.keys, () => navigate(section.path)])),
    t: () => setTheme(next_theme[theme]),
    '?': () => setDialog('help'),
  })
  useEffect(() => {
    const open = () => setDialog('access')
    window.addEventListener('trimtab:access', open)
    return () => window.removeEventListener('trimtab:access', open)
  }, [])
  return (
    <>
      <a className="skip-link" href="#main">
        Skip to content
      </a>
      <TopBar path={path} onAccess={() => setDialog('access')} onHelp={() => setDialog('help')} />
      <ConnectionBanner />
      <main id="main" tabIndex={-1}>
        <ErrorBoundary key={path}>
          <CurrentView path={path} />
        </ErrorBoundary>
      </main>
      <footer className="footer">
        Trimtab {version.data?.version ?? ''} {version.data?.revision ? `(${version.data.revision.slice(0, 10)})` : ''}{' '}
        · <a href="/api/v1/openapi.json">REST API</a>
      </footer>
      {dialog === 'access' && <AccessDialog onClose={() => setDialog(null)} />}
      {dialog === 'help' && <ShortcutsDialog onClose={() => setDialog(null)} />}
    </>
  )
}
