// What the engine waits for, as the page shows it: prominent while evidence is thin, quiet while all is well, and without
// what another notice says already.
import type { ApplicationSummary } from '../api/types'
import { sentence } from '../format/words'

export interface Waiting {
  thin: boolean // not enough evidence yet to propose anything
  items: string[]
}

const thin = /^not enough evidence(?: yet)?:?\s*/i

export function waitingOf(application: ApplicationSummary): Waiting {
  const said = (text: string) =>
    (application.open_recommendation !== null && text.includes('open recommendation')) ||
    (application.paused && text === 'a person to resume') ||
    (application.data_trouble !== '' && text.startsWith('usable data')) ||
    (application.disturbance !== '' && text === `calm around the application: ${application.disturbance}`)
  const left = application.waiting_for.filter((text) => !said(text))
  return { thin: left.some((text) => thin.test(text)), items: left.map((text) => text.replace(thin, '')) }
}

/** One line for lists. */
export function waitingText(application: ApplicationSummary): string {
  const { thin: is_thin, items } = waitingOf(application)
  if (items.length === 0) return sentence(application.status)
  return is_thin ? `Not enough evidence yet: waits for ${items.join('; ')}` : sentence(application.status)
}
