// Enrols an application from its document.
import { useState } from 'react'
import { ReadOnlyNote } from '../access/access_dialog'
import { useAccess } from '../access/token'
import { useEnroll } from '../api/queries'
import { applicationPath, navigate } from '../route/router'
import { ErrorNote } from '../ui/basics'

export function EnrollView() {
  const enroll = useEnroll()
  const { token } = useAccess()
  const [document_text, setDocument] = useState('')
  const readFile = async (file: File | undefined) => {
    if (file) setDocument(await file.text())
  }
  return (
    <>
      <div className="page-head">
        <h1>Enrol an application</h1>
      </div>
      <section className="panel">
        <p>
          Paste the document (<code>kind: Application</code>) that says where the application runs, how it is measured,
          what must hold and what may change. Trimtab starts by observing; an application of the same name is replaced
          and keeps its history.
        </p>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            enroll.mutate(document_text, { onSuccess: (detail) => navigate(applicationPath(detail.name)) })
          }}
        >
          <div className="field">
            <label htmlFor="enroll-file">From a file</label>
            <input
              id="enroll-file"
              type="file"
              accept=".yaml,.yml,text/yaml"
              onChange={(e) => void readFile(e.target.files?.[0])}
            />
          </div>
          <div className="field">
            <label htmlFor="enroll-document">Document (YAML)</label>
            <textarea
              id="enroll-document"
              className="code-input"
              rows={22}
              spellCheck={false}
              value={document_text}
              onChange={(event) => setDocument(event.target.value)}
            />
          </div>
          {enroll.error && <ErrorNote error={enroll.error} />}
          <ReadOnlyNote what="Enrolling" />
          <div className="form-actions">
            <button
              type="submit"
              className="button primary"
              disabled={!token || enroll.isPending || document_text.trim() === ''}
            >
              {enroll.isPending ? 'Checking …' : 'Check and enrol'}
            </button>
          </div>
        </form>
      </section>
    </>
  )
}
