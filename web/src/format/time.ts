// Times for people. The API speaks RFC 3339 in UTC; the page shows the reader's own time zone.

const kMinute = 60
const kHour = 3600
const kDay = 86_400

export function formatDuration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < kMinute) return `${s} s`
  if (s < kHour) {
    const rest = s % kMinute
    return s < 10 * kMinute && rest > 0 ? `${Math.floor(s / kMinute)} min ${rest} s` : `${Math.round(s / kMinute)} min`
  }
  if (s < kDay) {
    const minutes = Math.round((s % kHour) / kMinute)
    return minutes > 0 && minutes < 60 ? `${Math.floor(s / kHour)} h ${minutes} min` : `${Math.round(s / kHour)} h`
  }
  const hours = Math.round((s % kDay) / kHour)
  const days = Math.floor(s / kDay)
  return hours > 0 && hours < 24 && days < 7 ? `${days} d ${hours} h` : `${Math.round(s / kDay)} d`
}

/** "3 min ago", "in 2 h", "now". Empty when the text is no time. */
export function formatRelative(at: string, now: number): string {
  const time = Date.parse(at)
  if (Number.isNaN(time)) return ''
  const seconds = (time - now) / 1000
  if (Math.abs(seconds) < 5) return 'now'
  const size = Math.abs(seconds)
  // Coarse on purpose: a figure that changes every second draws the eye.
  const step = size < kMinute ? 5 : size < kHour ? kMinute : size < kDay ? 60 : kHour
  const text = formatDuration(Math.floor(size / step) * step)
  return seconds < 0 ? `${text} ago` : `in ${text}`
}

const date_time = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZoneName: 'short',
})
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })

export function formatDateTime(at: string): string {
  const time = Date.parse(at)
  return Number.isNaN(time) ? '' : date_time.format(time)
}

export function formatClock(at: number): string {
  return clock.format(at)
}
