// A fault in one view leaves the frame usable.
import { Component, type ReactNode } from 'react'
import { Callout } from './basics'

export class ErrorBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <Callout tone="bad" title="This view failed.">
        <div>
          <code>{error.message}</code>
        </div>
        <div>The server is not affected. Reload the page; if it happens again, please report the text above.</div>
        <div>
          <button type="button" className="button small" onClick={() => window.location.reload()}>
            Reload
          </button>
        </div>
      </Callout>
    )
  }
}
