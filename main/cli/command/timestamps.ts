// Parses and formats points in time and durations.
import { UsageError } from './args.ts'

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 }

/** `2d` (ago), `2026-01-31`, `2026-01-31 12:00` (local, or with a zone) to Unix milliseconds. Throws UsageError. */
export function parseTime(text: string, option: string, command: string, now = Date.now()): number {
  const ago = /^(\d{1,6})([smhdw])$/.exec(text)
  if (ago) return now - Number(ago[1]) * UNITS[ago[2]!]!
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text)
  // A date alone would be parsed as UTC (ECMA-262, 21.4.1.32).
  const time = /^\d{4}-\d{2}-\d{2}([T ]|$)/.test(text)
    ? Date.parse(day ? `${text}T00:00` : text.replace(' ', 'T'))
    : Number.NaN
  if (Number.isNaN(time))
    throw new UsageError(`--${option} takes a time like 2h, 3d, 2026-01-31 or 2026-01-31T12:00, not ${text}`, command)
  return time
}

/** Local date and time, always equally wide. */
export function formatTime(time: number): string {
  const at = new Date(time)
  return `${formatDay(time)} ${twoDigits(at.getHours())}:${twoDigits(at.getMinutes())}:${twoDigits(at.getSeconds())}`
}

/** Local date (ISO 8601). */
export function formatDay(time: number): string {
  const at = new Date(time)
  return `${at.getFullYear()}-${twoDigits(at.getMonth() + 1)}-${twoDigits(at.getDate())}`
}

/** A duration in its largest unit: `12s`, `3m`, `47h`, `9d`. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`
  return `${Math.floor(seconds / 86_400)}d`
}

/** A duration in its two largest units, below a minute in seconds: `12s`, `3m5s`, `47h10m`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`
  return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
