import { setShortcuts, useShortcutsEnabled } from '../preference/theme'
import { Dialog } from './dialog'

const rows: [string, string][] = [
  ['g a', 'Applications'],
  ['g r', 'Recommendations'],
  ['g s', 'Studies'],
  ['g l', 'Audit log'],
  ['a', 'Approve the recommendation shown (asks first)'],
  ['r', 'Reject the recommendation shown (asks first)'],
  ['Ctrl+Enter', 'Send the open dialog'],
  ['t', 'Change the theme'],
  ['?', 'This list'],
]

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  const enabled = useShortcutsEnabled()
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="keys">
        {rows.map(([keys, text]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <label className="check">
        <input type="checkbox" checked={enabled} onChange={(event) => setShortcuts(event.target.checked)} /> Single-key
        shortcuts are on
      </label>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  )
}
