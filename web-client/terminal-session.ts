// One session on the page's terminal: starts or attaches it, and says how it is as signals. Knows no buttons or layout.
import { signal } from '@preact/signals'
import type { Attached } from '../protocol/attached.ts'
import { type CodedError, toCoded } from '../protocol/errors.ts'
import type { HostMessageOf, SessionInfo, SessionSpec } from '../protocol/messages.ts'
import { fontReady } from '../ui/font.ts'
import type { SizeMode } from '../ui/size-policy.ts'
import { Sticky } from '../ui/sticky.ts'
import { TerminalView } from '../ui/terminal-view.ts'
import { toast } from '../ui/toast.tsx'
import { goneWords, span } from '../ui/words.ts'
import type { HostLink } from './host-link.ts'
import { KeptInput } from './kept-input.ts'

/** A font or renderer that takes longer to load is not waited for. */
const RENDERER_MS = 500

export class TerminalSession {
  readonly sticky = new Sticky()
  readonly title = signal('')
  readonly mode = signal<SizeMode>('follow')
  readonly size = signal({ cols: 0, rows: 0 })
  /** Bytes typed that have not arrived. */
  readonly pending = signal(0)
  readonly exit = signal<HostMessageOf<'exit'> | undefined>(undefined)
  readonly failed = signal<CodedError | undefined>(undefined)
  /** Typed before the connection was lost, some time ago: to be sent or not? */
  readonly stale = signal<Uint8Array[] | undefined>(undefined)
  readonly link = signal<string | undefined>(undefined)
  /** What the host no longer has of what would be seen here. */
  readonly gone = signal<string | undefined>(undefined)
  readonly started: Promise<void>

  readonly #link: HostLink
  #view: TerminalView | undefined
  #attached: Attached | undefined
  #session: SessionInfo | undefined
  #accepted = 0
  #kept: KeptInput | undefined
  readonly #lost = new Map<HostMessageOf<'missing'>['reason'], number>()

  /** `session_id` null: starts a new one as `spec` says, in the size of `box`; `started` tells its id. */
  constructor(
    link: HostLink,
    box: HTMLElement,
    session_id: string | null,
    spec: SessionSpec | undefined,
    created: (session_id: string) => void,
  ) {
    this.#link = link
    const view = new TerminalView(box, {
      mode: session_id ? 'follow' : 'own',
      filter: this.sticky.filter,
      openLink: target => {
        this.link.value = target
      },
      typingFailed: error => toast(error.message, true),
      sizeChanged: (mode, size) => {
        this.mode.value = mode
        this.size.value = size
      },
    })
    this.#view = view
    this.mode.value = view.mode
    this.started = session_id ? Promise.resolve(this.#attach(session_id, false)) : this.#create(spec, created)
  }

  get view(): TerminalView | undefined {
    return this.#view
  }

  get session_id(): string | undefined {
    return this.#attached?.session_id
  }

  /** Leaves; the session goes on. Twice is fine. */
  dispose(): void {
    // First: what waits is no more with the attachment once that has ended.
    this.#kept?.dispose()
    this.#kept = undefined
    if (this.#attached) this.#link.client.detach(this.#attached)
    this.#attached = undefined
    this.#view?.dispose()
    this.#view = undefined
  }

  answerStale(send: boolean): void {
    this.stale.value = undefined
    this.#attached?.confirmInput(send)
  }

  async #create(spec: SessionSpec | undefined, created: (session_id: string) => void): Promise<void> {
    const view = this.#view
    if (!view) return
    try {
      // Measured too early, the new shell would be resized at once.
      await Promise.race([view.drawn, new Promise(resolve => setTimeout(resolve, RENDERER_MS))])
      const session = await this.#link.client.create({ ...spec, size: view.measure() })
      if (!this.#view) return
      created(session.session_id)
      this.#attach(session.session_id, true)
      view.focus()
    } catch (error) {
      this.failed.value = toCoded(error)
    }
  }

  #attach(session_id: string, own: boolean): void {
    const view = this.#view
    if (!view) return
    const kept = new KeptInput(session_id)
    const attached = this.#link.client.attach(session_id, view, {
      ask_stale_input: true,
      read_only: this.#link.readOnly.peek(),
      resume: kept.left,
      ...(own ? { size: view.measure() } : {}),
    })
    this.#attached = attached
    this.#kept = kept
    this.pending.value = attached.unsent().input.reduce((sum, { bytes }) => sum + bytes.length, 0)
    attached.on('session', message => this.#welcomed(message))
    attached.on('title', title => {
      this.title.value = title
    })
    attached.on('pending_input', bytes => {
      if (bytes === 0 && this.pending.value > 0 && attached.readOnly) toast('What you typed came too late.', true)
      this.pending.value = bytes
    })
    attached.on('stale_input', inputs => {
      this.stale.value = inputs
    })
    attached.on('exit', exit => {
      this.exit.value = exit
    })
    attached.on('failed', error => {
      this.failed.value = error
    })
    attached.on('missing', message => this.#missing(message))
    kept.follow(attached)
    view.bind(attached)
    // Where a keyboard is at hand it is typed at once; where focus opens a soft one, a tap asks for it.
    if (!window.matchMedia('(pointer: coarse)').matches) view.focus()
  }

  #missing({ reason, from, to }: HostMessageOf<'missing'>): void {
    this.#lost.set(reason, (this.#lost.get(reason) ?? 0) + to.offset - from.offset)
    const words = [...this.#lost].map(([reason, bytes]) => goneWords(reason, bytes)).filter(text => text !== undefined)
    if (words.length > 0) this.gone.value = `Part of the history is gone: ${words.join(', ')}.`
  }

  #welcomed({ session, reconnected, age_seconds, read_only }: HostMessageOf<'session'>): void {
    this.#session = session
    this.title.value = session.title
    // Back in a session that is shaped for this phone and that nobody else looks at: own it again, nothing changes.
    if (!read_only && this.#accepted === 0 && session.clients === 1) void this.#ownAgain(session)
    this.size.value = { cols: session.cols, rows: session.rows }
    if (reconnected && this.#accepted > 0) toast(`Session restored · ${span(age_seconds * 1000)} old`)
    this.#accepted++
  }

  /** Measured before its font is there, a session would never fit. */
  async #ownAgain({ cols, rows }: SessionInfo): Promise<void> {
    await fontReady()
    const { size } = this.#view ?? {}
    if (size?.cols !== cols || size.rows !== rows) return
    const fits = this.#view?.measure()
    if (fits?.cols === cols && fits.rows === rows) this.#view?.setMode('own')
  }

  get session(): SessionInfo | undefined {
    return this.#session
  }
}
