// Quiet hours: a span of the day in local time, possibly over midnight, on some days of the week.

/** As `Date.getDay` counts them. */
export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
export type Day = (typeof DAYS)[number]

export interface QuietHours {
  /** `HH:MM`. The same time twice: all day. */
  from: string
  to: string
  /** The days on which they begin: hours over midnight end on the next day. */
  days: readonly Day[]
  /** Questions are notified of nevertheless. */
  except_blocked: boolean
}

/** A moment on the clock of this computer. */
export interface LocalTime {
  /** 0: Sunday. */
  day: number
  /** Since midnight. */
  minute: number
}

export const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/

export function localTime(now: number): LocalTime {
  const date = new Date(now)
  return { day: date.getDay(), minute: date.getHours() * 60 + date.getMinutes() }
}

export function isQuiet({ from, to, days }: QuietHours, { day, minute }: LocalTime): boolean {
  const start = minuteOf(from)
  const end = minuteOf(to)
  const beginsOn = (at: number) => days.includes(DAYS[at]!)
  if (start < end) return beginsOn(day) && minute >= start && minute < end
  return (beginsOn(day) && minute >= start) || (beginsOn((day + 6) % 7) && minute < end)
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
}
