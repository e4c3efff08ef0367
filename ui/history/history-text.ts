// How the past is put into words, and what a person filters by into what the host is asked. Knows no DOM.
import type { HistoryFilter, SessionInfo, SessionState } from '../../protocol/messages.ts'
import { formatDuration } from '../player/time-code.ts'

/** What the filters hold as it was typed and chosen. */
export interface Filters {
  state: StateChoice
  /** Days as a date field gives them: `2026-03-29`, or nothing. */
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
  ['killed', 'Ended by hand'],
  ['expired', 'Expired'],
  ['host_stopped', 'Ended with the host'],
  ['host_crashed', 'Lost in a crash'],
]

const ENDED: SessionState[] = ['exited', 'killed', 'expired', 'host_stopped', 'host_crashed']

/** Undefined where nothing is filtered. Days are those of this computer's clock. */
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

/** Of those that a person sees: both days are one. */
export function countFilters({ state, from, to, command, folder }: Filters): number {
  return [state !== 'any', from || to, command.trim(), folder.trim()].filter(Boolean).length
}

/** Midnight at the beginning of a day, `days` later; a day has not always 24 hours. */
function dayStart(day: string, days: number): number | undefined {
  const [year, month, date] = day.split('-').map(Number)
  const time = new Date(year!, month! - 1, date! + days).getTime()
  return Number.isFinite(time) ? time : undefined
}

/** Who types is not done with the last word: what begins so is found as well. Anything else is asked as it stands. */
export function toSearchQuery(typed: string): string {
  const quotes = typed.split('"').length - 1
  return quotes % 2 === 0 && /[\p{L}\p{N}_]{2,}$/u.test(typed) ? `${typed}*` : typed.trim()
}

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })
const short = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' })

/** `14:03` today, `Yesterday 14:03`, `3 Mar 14:03`, and with its year when that is another one. */
export function formatWhen(at: number, now: number): string {
  const [then, today, yesterday] = [new Date(at), new Date(now), new Date(now)]
  yesterday.setDate(yesterday.getDate() - 1)
  const clock = time.format(then)
  if (then.toDateString() === today.toDateString()) return clock
  if (then.toDateString() === yesterday.toDateString()) return `Yesterday ${clock}`
  return `${(then.getFullYear() === today.getFullYear() ? day : dayOfYear).format(then)} ${clock}`
}

/** Read while it changes: shorter. */
export function shortDateTime(at: number): string {
  return short.format(at)
}

export function fullDateTime(at: number): string {
  return exact.format(at)
}

/** How long it ran, or runs. */
export function sessionDuration({ created_at, ended_at }: SessionInfo, now: number): string {
  return formatDuration((ended_at ?? now) - created_at)
}
