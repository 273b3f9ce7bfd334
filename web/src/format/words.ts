// The API's words as people read them, with the tone that colours them.
import type {
  ApplicationSummary,
  ConfigurationChange,
  Mode,
  Phase,
  RecommendationState,
  StudyState,
} from '../api/types'
import type { Tone } from '../ui/basics'

export const recommendation_words: Record<RecommendationState, { text: string; tone: Tone }> = {
  proposed: { text: 'Waits for a decision', tone: 'info' },
  approved: { text: 'Approved', tone: 'info' },
  rejected: { text: 'Rejected', tone: 'neutral' },
  expired: { text: 'Expired', tone: 'neutral' },
  superseded: { text: 'Superseded', tone: 'neutral' },
  applying: { text: 'Being applied', tone: 'info' },
  verifying: { text: 'Being verified', tone: 'info' },
  rolling_back: { text: 'Rolling back', tone: 'warn' },
  kept: { text: 'Kept', tone: 'good' },
  rolled_back: { text: 'Rolled back', tone: 'warn' },
  failed: { text: 'Failed', tone: 'bad' },
}

export const phase_words: Record<Phase, { text: string; tone: Tone }> = {
  starting: { text: 'Starting', tone: 'neutral' },
  observing: { text: 'Observing', tone: 'good' },
  applying: { text: 'Applying a change', tone: 'info' },
  verifying: { text: 'Verifying a change', tone: 'info' },
  rolling_back: { text: 'Rolling back', tone: 'warn' },
  frozen: { text: 'Frozen', tone: 'warn' },
}

export const mode_words: Record<Mode, { text: string; explanation: string }> = {
  observe: { text: 'Observe', explanation: 'Watches and learns; proposes nothing.' },
  recommend: { text: 'Recommend', explanation: 'Proposes changes; a person decides.' },
  autonomous: { text: 'Autonomous', explanation: 'Applies by policy what it is sure of; rolls back by itself.' },
}

export const study_words: Record<StudyState, { text: string; tone: Tone }> = {
  running: { text: 'Running', tone: 'info' },
  interrupted: { text: 'Interrupted', tone: 'warn' },
  finished: { text: 'Finished', tone: 'good' },
  failed: { text: 'Failed', tone: 'bad' },
}

export const change_words: Record<ConfigurationChange['kind'], { text: string; tone: Tone }> = {
  enrolled: { text: 'Enrolled', tone: 'neutral' },
  applied: { text: 'Applied', tone: 'info' },
  rolled_back: { text: 'Rolled back', tone: 'warn' },
  drift: { text: 'Changed by someone else', tone: 'bad' },
}

export const effect_words: Record<'live' | 'reload' | 'restart', string> = {
  live: 'takes effect live',
  reload: 'needs a reload',
  restart: 'restarts each replica in turn',
}

/** The engine writes plain ASCII; "->" would break across lines. */
export function arrows(text: string): string {
  return text.replaceAll(' -> ', ' → ')
}

/** The engine's words start small because they also stand inside sentences. */
export function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The state of an application in one badge: what needs attention comes first. */
export function applicationWord(application: ApplicationSummary): { text: string; tone: Tone } {
  if (application.paused) return { text: 'Paused', tone: 'warn' }
  if (!application.healthy) return { text: 'Unhealthy', tone: 'bad' }
  if (application.data_trouble) return { text: 'No usable data', tone: 'warn' }
  if (application.disturbance) return { text: 'Holds still', tone: 'warn' }
  return phase_words[application.phase]
}
