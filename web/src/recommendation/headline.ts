// A recommendation in one line. The engine's own summary lists every value; a headline says what it is worth.
import type { Recommendation } from '../api/types'
import { formatChange, formatMoneyPerMonth, formatSetting, humanName } from '../format/number'

function isChanged(change: Recommendation['changes'][number]): boolean {
  return !change.skipped && change.effective !== change.current
}

/** "container CPU limit 1 → 0.75 cores, JVM heap …" of what is really changed. */
export function changesText(recommendation: Recommendation): string {
  const texts = recommendation.changes
    .filter(isChanged)
    .map((c) => `${humanName(c.parameter)} ${formatSetting(c.current, '')} → ${formatSetting(c.effective, c.unit)}`)
  return texts.length > 0 ? texts.join(', ') : 'no change left'
}

/** "Save €24.50/month (−25.4 %): container CPU limit, JVM heap and 3 more". */
export function headline(recommendation: Recommendation): string {
  const { cost } = recommendation
  const names = recommendation.changes.filter(isChanged).map((c) => humanName(c.parameter))
  const shown = names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more` : names.join(', ')
  const what = shown || 'no change left'
  const share = cost.current > 0 ? ` (${formatChange(-cost.saving / cost.current)})` : ''
  const money = formatMoneyPerMonth(Math.abs(cost.saving), cost.currency)
  if (recommendation.kind === 'return') return `Return to safety: ${what}`
  if (Math.abs(cost.saving) < 0.005) return `Change ${what}`
  return `${cost.saving > 0 ? 'Save' : 'Spend'} ${money}${share}: ${what}`
}
