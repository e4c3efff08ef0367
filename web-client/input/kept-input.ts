// What was typed and has not arrived, kept over a reload of this tab together with its numbering, so that the host can
// tell what it has had. Knows nothing of terminals or of what was typed.
//
// A password may be among it, so it lies here as shortly as can be: sessionStorage goes with the tab, is read by this
// origin only (which holds the key to every shell anyway), and is written a moment after a key was pressed, when the host
// has usually acknowledged it and there is nothing left to keep but a number.
import type { ClientAttachment } from '../../protocol/client/client-attachment.ts'
import type { UnsentInput } from '../../protocol/client/typed-input.ts'
import { quietly } from '../page/address.ts'
import { pageAway } from '../page/lifecycle.ts'

const PREFIX = 'otg.input.'

/** At most this often while somebody types; leaving the page writes at once. */
const WRITE_MS = 100
/** Written in an instant and far from a tab's 5 MB; a paste beyond it does not survive a reload. */
const MOST_BYTES = 256 * 1024
/** Sessions whose input is kept; the one that was typed into longest ago is forgotten first. */
const MOST_SESSIONS = 8

/** Tells this page from an earlier or a later one in the same tab. */
const PAGE = crypto.getRandomValues(new Uint32Array(2)).join('.')

interface Note {
  page: string
  /** The page that wrote it types no more: hidden, frozen, in the back-forward cache or gone. */
  away: boolean
  at: number
  stream: string
  seq: number
  /** Number, time, bytes in base64. */
  input: [number, number, string][]
}

export class KeptInput {
  /** What an earlier page of this tab has left. */
  readonly left: UnsentInput | undefined
  readonly #session_id: string
  readonly #undo: (() => void)[] = []
  #attached: ClientAttachment | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(session_id: string) {
    this.#session_id = session_id
    const note = read(session_id)
    if (note && mayGoOn(note)) this.left = unpack(note)
  }

  /** Keeps what waits in `attached` from now on. */
  follow(attached: ClientAttachment): void {
    this.#attached = attached
    write(this.#session_id, pack(attached.unsent(), false))
    this.#undo.push(
      attached.on('pending_input', () => {
        this.#timer ??= setTimeout(() => this.#write(false), WRITE_MS)
      }),
      attached.on('session', ({ read_only }) => read_only && this.#forget()),
      attached.on('exit', () => this.#forget()),
      attached.on('failed', ({ code }) => (code.startsWith('session_') || code === 'device_revoked') && this.#forget()),
      pageAway(away => {
        if (!this.#taken()) this.#write(away)
        else if (!away) window.location.reload()
      }),
    )
  }

  /** The terminal is left: what waits is sent when it is opened again. */
  dispose(): void {
    if (this.#attached) this.#write(true)
    this.#stop()
  }

  #write(away: boolean): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#attached && !this.#taken()) write(this.#session_id, pack(this.#attached.unsent(), away))
  }

  /**
   * While this page lay in the back-forward cache another one of the same tab has gone on with the numbering: the host
   * would take what is typed here for something that it has had. Only a reload makes this page the one that goes on.
   */
  #taken(): boolean {
    const note = read(this.#session_id)
    return note !== undefined && note.page !== PAGE
  }

  #forget(): void {
    this.#stop()
    quietly(() => window.sessionStorage.removeItem(PREFIX + this.#session_id))
  }

  #stop(): void {
    this.#attached = undefined
    clearTimeout(this.#timer)
    for (const off of this.#undo.splice(0)) off()
  }
}

/**
 * A tab that is duplicated takes its storage along: two pages that go on with one numbering would each have their keys
 * dropped. So it is taken up from a page that types no more, or by a reload, which no duplicate is.
 */
function mayGoOn({ away }: Note): boolean {
  const [navigation] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
  return away || navigation?.type === 'reload'
}

function pack({ input_stream, seq, input }: UnsentInput, away: boolean): Note {
  const note: Note = { page: PAGE, away, at: Date.now(), stream: input_stream, seq, input: [] }
  let room = MOST_BYTES
  for (const one of input) {
    room -= one.bytes.length
    // From the beginning and without a hole: half of a command is better than its end.
    if (room < 0) break
    note.input.push([one.seq, one.at, base64(one.bytes)])
  }
  return note
}

function unpack({ stream, seq, input }: Note): UnsentInput {
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

function read(session_id: string): Note | undefined {
  return quietly(() => JSON.parse(window.sessionStorage.getItem(PREFIX + session_id) ?? 'null') ?? undefined)
}

function write(session_id: string, note: Note): void {
  const key = PREFIX + session_id
  quietly(() => {
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
  for (const { key } of ages.slice(MOST_SESSIONS - 1)) storage.removeItem(key)
}
