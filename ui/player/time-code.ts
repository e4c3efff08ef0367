// Times and durations as users read and type them.

/** `0:07`, `12:34`, `1:02:03`; with `tenths`: `0:07.5`. */
export function timeCode(milliseconds: number, tenths = false): string {
  const tenthsTotal = Math.max(0, Math.floor(milliseconds / 100))
  const seconds = Math.floor(tenthsTotal / 10)
  const two = (value: number) => String(value).padStart(2, '0')
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const whole = h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
  return tenths ? `${whole}.${tenthsTotal % 10}` : whole
}

/** Milliseconds from `90`, `1:30`, `1:02:03.5`, `5m`, `1h 30m 2s`; undefined if it is not a time. */
export function parseTimeCode(text: string): number | undefined {
  const typed = text.trim().replace(',', '.')
  if (/^\d{1,9}(:\d{1,9}){0,2}(\.\d{1,3})?$/.test(typed))
    return Math.round(typed.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000)
  const named = /^(?:(\d{1,9})\s*h)?\s*(?:(\d{1,9})\s*m(?:in)?)?\s*(?:(\d{1,9}(?:\.\d{1,3})?)\s*s)?$/i.exec(typed)
  if (!named || typed === '') return undefined
  const [h = 0, m = 0, s = 0] = named.slice(1).map(part => Number(part ?? 0))
  return Math.round(((h * 60 + m) * 60 + s) * 1000)
}

/** `0.4 s`, `12 s`, `5 min 3 s`, `2 h 10 min`, `3 d 4 h`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (milliseconds < 10_000) return `${(Math.max(100, milliseconds) / 1000).toFixed(1)} s`
  const pair = (large: number, name: string, small: number, smallName: string) =>
    small > 0 ? `${large} ${name} ${small} ${smallName}` : `${large} ${name}`
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's')
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return pair(hours, 'h', minutes % 60, 'min')
  return pair(Math.floor(hours / 24), 'd', hours % 24, 'h')
}
