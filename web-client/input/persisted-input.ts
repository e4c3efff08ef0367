// Keeps unsent input and its numbering across a reload of this tab, so that the host can tell what it already has.
//
// The input may contain a password, so it is stored as briefly as possible: sessionStorage ends with the tab, only this
// origin can read it (and it already holds the key to every shell), and it is written a moment after a key was pressed,
// when the host has usually acknowledged the key and only a number is left to store.
import type { ClientAttachment } from '../../protocol/client/client-attachment.ts'
import type { UnsentInput } from '../../protocol/client/typed-input.ts'
import { onAwayChange } from '../page/lifecycle.ts'
import { tryStorage } from '../page/storage.ts'

const PREFIX = 'otg.input.'

/** The interval of writes while the user types; leaving the page writes at once. */
const WRITE_MS = 100
/** Written quickly, and far below a tab's 5 MB. The part of a paste beyond it does not survive a reload. */
const MAX_BYTES = 256 * 1024
/** Sessions with stored input; the one typed into longest ago is removed first. */
const MAX_SESSIONS = 8

/** Distinguishes this page from an earlier or later one in the same tab. */
const PAGE = crypto.getRandomValues(new Uint32Array(2)).join('.')

interface StoredInput {
  page: string
  /** The page that wrote it can no longer be typed into: hidden, frozen, in the back-forward cache, or gone. */
  away: boolean
  at: number
  stream: string
  seq: number
  /** Sequence number, time, and bytes in base64. */
  input: [number, number, string][]
}

export class PersistedInput {
  /** What an earlier page of this tab left unsent. */
  readonly previous: UnsentInput | undefined
  readonly #session_id: string
  readonly #unsubscribe: (() => void)[] = []
  #attached: ClientAttachment | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(session_id: string) {
    this.#session_id = session_id
    const note = read(session_id)
    if (note && mayResume(note)) this.previous = unpack(note)
  }

  /** Stores the unsent input of `attached` from now on. */
  follow(attached: ClientAttachment): void {
    this.#attached = attached
    write(this.#session_id, pack(attached.unsent(), false))
    this.#unsubscribe.push(
      attached.on('pending_input', () => {
        this.#timer ??= setTimeout(() => this.#write(false), WRITE_MS)
      }),
      attached.on('session', ({ read_only }) => read_only && this.#forget()),
      attached.on('exit', () => this.#forget()),
      attached.on('failed', ({ code }) => (code.startsWith('session_') || code === 'device_revoked') && this.#forget()),
      onAwayChange(away => {
        if (!this.#isSuperseded()) this.#write(away)
        else if (!away) window.location.reload()
      }),
    )
  }

  /** The terminal is closed; its unsent input is sent when it is opened again. */
  dispose(): void {
    if (this.#attached) this.#write(true)
    this.#stop()
  }

  #write(away: boolean): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#attached && !this.#isSuperseded()) write(this.#session_id, pack(this.#attached.unsent(), away))
  }

  /**
   * While this page was in the back-forward cache, another page of the same tab continued the numbering: the host would
   * take this page's input for duplicates. Only a reload lets this page continue.
   */
  #isSuperseded(): boolean {
    const note = read(this.#session_id)
    return note !== undefined && note.page !== PAGE
  }

  #forget(): void {
    this.#stop()
    tryStorage(() => window.sessionStorage.removeItem(PREFIX + this.#session_id))
  }

  #stop(): void {
    this.#attached = undefined
    clearTimeout(this.#timer)
    for (const off of this.#unsubscribe.splice(0)) off()
  }
}

/**
 * A duplicated tab copies its storage, and two pages that continue one numbering would each lose input. So only input of a
 * page that can no longer be typed into is resumed, or of this page before a reload, which a duplicate is not.
 */
function mayResume({ away }: StoredInput): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return away || navigation?.type === 'reload'
}

function pack({ input_stream, seq, input }: UnsentInput, away: boolean): StoredInput {
  const note: StoredInput = { page: PAGE, away, at: Date.now(), stream: input_stream, seq, input: [] }
  let remaining = MAX_BYTES
  for (const one of input) {
    remaining -= one.bytes.length
    // From the start and without gaps: the first half of a command is safer than its end.
    if (remaining < 0) break
    note.input.push([one.seq, one.at, base64(one.bytes)])
  }
  return note
}

function unpack({ stream, seq, input }: StoredInput): UnsentInput {
  const kept = input.map(([seq, at, text]) => ({
    seq,
    at,
    bytes: Uint8Array.from(atob(text), one => one.charCodeAt(0)),
  }))
  return { input_stream: stream, seq, input: kept }
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192))
  return btoa(text)
}

function read(session_id: string): StoredInput | undefined {
  return tryStorage(() => JSON.parse(window.sessionStorage.getItem(PREFIX + session_id) ?? 'null') ?? undefined)
}

function write(session_id: string, note: StoredInput): void {
  const key = PREFIX + session_id
  tryStorage(() => {
    const storage = window.sessionStorage
    if (storage.getItem(key) === null) makeRoom(storage)
    storage.setItem(key, JSON.stringify(note))
  })
}

function makeRoom(storage: Storage): void {
  const ages = Object.keys(storage)
    .filter(key => key.startsWith(PREFIX))
    .map(key => ({ key, at: read(key.slice(PREFIX.length))?.at ?? 0 }))
    .sort((one, other) => other.at - one.at)
  for (const { key } of ages.slice(MAX_SESSIONS - 1)) storage.removeItem(key)
}
