// Whose turn it is to export: devices share a few places. One that finds none waits, and the device that had most of them
// lately gives way to it, so that no devices keep another one out, however slowly they take their exports.
import { CodedError } from '../../../../protocol/errors.ts'

/** Exports of devices, one each, so that there is always a place for the desktop. */
export const MAX_DEVICE_EXPORTS = 3

/** An export runs undisturbed for this long: most take seconds. After that it may have to give way to another device. */
export const TURN_MS = 60_000

/** A client gives up a request of which it hears nothing for ten seconds (REQUEST_MS). */
const STILL_WAITING_MS = 4_000

/** What a device had is remembered for this long after its last export. */
const REMEMBERED_MS = 3_600_000

export interface ExportPlace {
  /** Aborted when it is another device's turn. */
  signal: AbortSignal
  /** Gives it back. Twice is fine. */
  release(): void
}

interface Running {
  since: number
  stop: AbortController
}

interface Waiting {
  device: string
  start(): void
}

export class ExportPlaces {
  readonly #now: () => number
  readonly #running = new Map<string, Running>()
  readonly #waiting: Waiting[] = []
  /** How long each device has had a place, in milliseconds, and until when. */
  readonly #had = new Map<string, { ms: number; until: number }>()
  #timer: NodeJS.Timeout | undefined

  constructor(now = () => performance.now()) {
    this.#now = now
  }

  /**
   * Resolves with a place, for a device that has none and waits for none. `waits`: called now and then meanwhile. Rejects with
   * `cancelled`.
   */
  async take(device: string, waits: () => void, signal: AbortSignal): Promise<ExportPlace> {
    if (this.#running.size < MAX_DEVICE_EXPORTS && this.#waiting.length === 0) return this.#place(device)
    return new Promise((resolve, reject) => {
      const heartbeat = setInterval(waits, STILL_WAITING_MS).unref()
      const leave = () => {
        clearInterval(heartbeat)
        signal.removeEventListener('abort', abort)
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
      }
      const waiting: Waiting = {
        device,
        start: () => {
          leave()
          resolve(this.#place(device))
        },
      }
      const abort = () => {
        leave()
        reject(new CodedError('cancelled', 'the request was cancelled'))
      }
      this.#waiting.push(waiting)
      if (signal.aborted) return abort()
      signal.addEventListener('abort', abort)
      waits()
      this.#makeRoom()
    })
  }

  #place(device: string): ExportPlace {
    const running: Running = { since: this.#now(), stop: new AbortController() }
    this.#running.set(device, running)
    this.#makeRoom()
    return {
      signal: running.stop.signal,
      release: () => {
        if (this.#running.get(device) !== running) return
        this.#running.delete(device)
        const now = this.#now()
        this.#had.set(device, { ms: this.#hadBy(device) + now - running.since, until: now })
        for (const [id, { until }] of this.#had) if (now - until > REMEMBERED_MS) this.#had.delete(id)
        this.#next()
      },
    }
  }

  /** The one that had least of them is next. */
  #next(): void {
    if (this.#running.size >= MAX_DEVICE_EXPORTS) return
    const [first, ...others] = this.#waiting
    if (!first) return
    others.reduce((best, one) => (this.#hadBy(one.device) < this.#hadBy(best.device) ? one : best), first).start()
  }

  /** Ends the export of the device that had most, as soon as its turn is over. */
  #makeRoom(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#waiting.length === 0 || this.#running.size < MAX_DEVICE_EXPORTS) return
    const now = this.#now()
    const all = [...this.#running].map(([device, running]) => ({ device, ...running }))
    // One is on its way already.
    if (all.some(({ stop }) => stop.signal.aborted)) return
    const total = (one: (typeof all)[number]) => this.#hadBy(one.device) + now - one.since
    const over = all.filter(({ since }) => now - since >= TURN_MS)
    if (over.length > 0) {
      over.reduce((most, one) => (total(one) > total(most) ? one : most)).stop.abort()
      return
    }
    const first = Math.min(...all.map(({ since }) => since))
    this.#timer = setTimeout(() => this.#makeRoom(), first + TURN_MS - now).unref()
  }

  #hadBy(device: string): number {
    return this.#had.get(device)?.ms ?? 0
  }
}
