// Dates and durations of the history as text, and the user's filters as the host's.
import type { HistoryFilter, SessionInfo, SessionState } from '../../protocol/messages.ts'
import { formatDuration } from '../player/time-code.ts'

/** The filter fields as typed and chosen. */
export interface Filters {
  state: StateChoice
  /** Days as in a date field: `2026-03-29`, or empty. */
  from: string
  to: string
  command: string
  folder: string
}

export type StateChoice = 'any' | 'ended' | SessionState

export const NO_FILTERS: Filters = { state: 'any', from: '', to: '', command: '', folder: '' }

export const STATE_CHOICES: [StateChoice, string][] = [
  ['any', 'Any'],
  ['running', 'Running'],
  ['ended', 'Ended'],
  ['exited', 'Finished or failed'],
  ['killed', 'Ended by user'],
  ['expired', 'Expired'],
  ['host_stopped', 'Ended when the host stopped'],
  ['host_crashed', 'Lost in a crash'],
]

const ENDED: SessionState[] = ['exited', 'killed', 'expired', 'host_stopped', 'host_crashed']

/** Undefined if no filter is set. Days are in this device's time zone. */
export function toFilter({ state, from, to, command, folder }: Filters): HistoryFilter | undefined {
  const after = from ? dayStart(from, 0) : undefined
  const before = to ? dayStart(to, 1) : undefined
  const filter: HistoryFilter = {
    ...(state === 'any' ? {} : { state: state === 'ended' ? ENDED : [state] }),
    ...(after === undefined ? {} : { after }),
    ...(before === undefined ? {} : { before }),
    ...(command.trim() ? { command: command.trim() } : {}),
    ...(folder.trim() ? { cwd: folder.trim() } : {}),
  }
  return Object.keys(filter).length > 0 ? filter : undefined
}

/** The number of filters in use; the two days count as one. */
export function countFilters({ state, from, to, command, folder }: Filters): number {
  return [state !== 'any', from || to, command.trim(), folder.trim()].filter(Boolean).length
}

/** Midnight at the start of the day that is `days` after `day`; days do not always have 24 hours. */
function dayStart(day: string, days: number): number | undefined {
  const [year, month, date] = day.split('-').map(Number)
  const time = new Date(year!, month! - 1, date! + days).getTime()
  return Number.isFinite(time) ? time : undefined
}

/** The last word may be unfinished, so it also matches as a prefix, unless it is in quotes. */
export function toSearchQuery(typed: string): string {
  const quotes = typed.split('"').length - 1
  return quotes % 2 === 0 && /[\p{L}\p{N}_]{2,}$/u.test(typed) ? `${typed}*` : typed.trim()
}

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })

/** `14:03` today, `Yesterday 14:03`, `3 Mar 14:03`, with the year if it is another one. */
export function formatWhen(at: number, now: number): string {
  const [then, today, yesterday] = [new Date(at), new Date(now), new Date(now)]
  yesterday.setDate(yesterday.getDate() - 1)
  const timeOfDay = time.format(then)
  if (then.toDateString() === today.toDateString()) return timeOfDay
  if (then.toDateString() === yesterday.toDateString()) return `Yesterday ${timeOfDay}`
  return `${(then.getFullYear() === today.getFullYear() ? day : dayOfYear).format(then)} ${timeOfDay}`
}

/** Date and time, short enough to read while it changes. */
export function shortDateTime(at: number): string {
  return short.format(at)
}

export function fullDateTime(at: number): string {
  return exact.format(at)
}

/** How long the session ran, or has been running. */
export function sessionDuration({ created_at, ended_at }: SessionInfo, now: number): string {
  return formatDuration((ended_at ?? now) - created_at)
}
