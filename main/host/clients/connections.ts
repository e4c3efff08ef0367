// All connections of a host, and the events that go to each of them.
import type { CodedError } from '../../../protocol/errors.ts'
import type { FrameTrace } from '../log/frame-trace.ts'
import type { Logger } from '../log/logger.ts'
import { Connection, type ConnectionOptions } from './connection.ts'
import type { SharedList } from './session-requests.ts'

/** A session list is sent to its viewers this often at most. */
const LIST_MS = 50

/** And this often if only titles changed: a title that counts must not send the whole list twenty times a second. */
export const TITLES_MS = 1_000

/**
 * A list that changes without end is sent this many times at once, and then so many times a second: one client or program that
 * makes it change must not use up the network of all others.
 */
const LIST_BURST = 40
const LISTS_PER_SECOND = 2

/** Trouble is sent this often at most: what is lost may grow with every second. */
const HEALTH_MS = 250

export class Connections {
  readonly #log: Logger
  readonly #trace: FrameTrace | undefined
  readonly #connections = new Set<Connection>()
  #nextId = 1
  #listTimer: NodeJS.Timeout | undefined
  #healthTimer: NodeJS.Timeout | undefined
  /** When the list is sent, by performance.now(). */
  #listAt = Number.POSITIVE_INFINITY
  /** Lists that may be sent at once, and when that was so. */
  #lists = LIST_BURST
  #listsAt = performance.now()

  constructor(log: Logger, trace: FrameTrace | undefined) {
    this.#log = log
    this.#trace = trace
  }

  /** The number of the next connection, from 1: it identifies the connection in the log and the trace. */
  nextId(): number {
    return this.#nextId++
  }

  connect(id: number, options: Omit<ConnectionOptions, 'log' | 'trace' | 'admitted' | 'closed'>): void {
    // The transport may be closed already, or its first frame refused: then `closed` is called by the constructor.
    let isOpen = true
    let remove = () => {}
    const connection: Connection = new Connection({
      ...options,
      log: this.#log.child({ connection: id }),
      trace: this.#trace?.connection(id),
      admitted: () => {
        if (options.role === 'device') this.devicesChanged()
      },
      closed: () => {
        isOpen = false
        remove()
      },
    })
    if (!isOpen) return
    this.#connections.add(connection)
    remove = () => {
      this.#connections.delete(connection)
      if (connection.device_id) this.devicesChanged()
    }
  }

  /** How many connections a device has. */
  count(device_id: string): number {
    return this.#of(device_id).length
  }

  /** Whether a person is at a screen of this device. */
  isPresent(device_id: string): boolean {
    return this.#of(device_id).some(connection => connection.present)
  }

  /** Whether any client watches the session list. */
  isWatched(): boolean {
    for (const connection of this.#connections) if (connection.watching) return true
    return false
  }

  closeDevice(device_id: string, error: CodedError): void {
    for (const connection of this.#of(device_id)) connection.close(error)
  }

  closeAll(error: CodedError): void {
    for (const connection of this.#connections) connection.close(error)
  }

  /** The session list changed: it is sent within this time. */
  sessionsChanged(within_ms = LIST_MS): void {
    const within = Math.max(within_ms, this.#nextListIn())
    const at = performance.now() + within
    if (at >= this.#listAt) return
    clearTimeout(this.#listTimer)
    this.#listAt = at
    this.#listTimer = setTimeout(() => {
      this.#listAt = Number.POSITIVE_INFINITY
      this.#nextListIn()
      this.#lists = Math.max(0, this.#lists - 1)
      const shared: SharedList = {}
      for (const connection of this.#connections) connection.sessionsChanged(shared)
    }, within)
  }

  /** Milliseconds until another list may be sent. */
  #nextListIn(): number {
    const now = performance.now()
    this.#lists = Math.min(LIST_BURST, this.#lists + ((now - this.#listsAt) / 1_000) * LISTS_PER_SECOND)
    this.#listsAt = now
    return this.#lists >= 1 ? 0 : ((1 - this.#lists) / LISTS_PER_SECOND) * 1_000
  }

  /** A session asks for attention. */
  attention(session_id: string, text: string): void {
    for (const connection of this.#connections) connection.attention(session_id, text)
  }

  pairingChanged(): void {
    for (const connection of this.#connections) connection.pairingChanged()
  }

  devicesChanged(): void {
    for (const connection of this.#connections) connection.devicesChanged()
  }

  settingsChanged(): void {
    for (const connection of this.#connections) connection.settingsChanged()
  }

  /** The host's trouble changed: it is sent soon. */
  healthChanged(): void {
    this.#healthTimer ??= setTimeout(() => {
      this.#healthTimer = undefined
      for (const connection of this.#connections) connection.healthChanged()
    }, HEALTH_MS)
  }

  dispose(): void {
    clearTimeout(this.#healthTimer)
    clearTimeout(this.#listTimer)
  }

  #of(device_id: string): Connection[] {
    return [...this.#connections].filter(connection => connection.device_id === device_id)
  }
}
