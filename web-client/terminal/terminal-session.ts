// One session on the page's terminal: starts or attaches it, and says how it is as signals. Knows no buttons or layout.
import { signal } from '@preact/signals'
import type { ClientAttachment } from '../../protocol/client/client-attachment.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, SessionInfo, SessionSpec } from '../../protocol/messages.ts'
import { StickyModifiers } from '../../ui/input/sticky-modifiers.ts'
import { toast } from '../../ui/kit/toast.tsx'
import { formatRoughDuration, gapText } from '../../ui/sessions/session-text.ts'
import { waitForFont } from '../../ui/terminal/font.ts'
import type { SizeMode } from '../../ui/terminal/size-policy.ts'
import { TerminalView } from '../../ui/terminal/terminal-view.ts'
import type { Selected } from '../../ui/terminal/touch-select.ts'
import type { HostLink } from '../connection/host-link.ts'
import { KeptInput } from '../input/kept-input.ts'
import { SessionInput } from '../input/session-input.ts'
import { keepLetters, keptLetters, programsMayAsk } from '../page/display-preferences.ts'
import { route } from '../page/route.ts'
import { leavePicture } from './last-frame.ts'

/** A font or renderer that takes longer to load is not waited for. */
const RENDERER_MS = 500

export class TerminalSession {
  readonly sticky = new StickyModifiers()
  readonly ways: SessionInput
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
  readonly letters = signal({ size: 0, chosen: false })
  /** Pixels at the top that are free for what leads to earlier output. */
  readonly pulled = signal(0)
  /** What a finger has selected. */
  readonly selected = signal<Selected | undefined>(undefined)
  /** What a program wants to have on the clipboard. */
  readonly wanted = signal<string | undefined>(undefined)
  /** What the host no longer has of what would be seen here. */
  readonly gone = signal<string | undefined>(undefined)
  readonly started: Promise<void>
  /** Resolves when what the session shows is there, or will not come. */
  readonly shown: Promise<void>

  readonly #link: HostLink
  readonly #box: HTMLElement
  #tellShown = () => {}
  #view: TerminalView | undefined
  #attached: ClientAttachment | undefined
  #session: SessionInfo | undefined
  #accepted = 0
  #kept: KeptInput | undefined
  readonly #lost = new Map<HostMessageOf<'gap'>['reason'], number>()

  /** `session_id` null: starts a new one as `spec` says, in the size of `box`; `started` tells its id. */
  constructor(
    link: HostLink,
    box: HTMLElement,
    session_id: string | null,
    spec: SessionSpec | undefined,
    created: (session_id: string) => void,
  ) {
    this.#link = link
    this.ways = new SessionInput(link, this)
    this.#box = box
    this.shown = new Promise(resolve => {
      this.#tellShown = resolve
    })
    const known = link.sessions.peek()?.find(one => one.session_id === session_id)
    if (known) this.title.value = known.title
    // Somebody else looks at it, so its size stays theirs: said at once, or the terminal would jump when it is.
    if (known && known.clients > 0) this.size.value = { cols: known.cols, rows: known.rows }
    const view = new TerminalView(box, {
      mode: session_id ? 'follow' : 'own',
      size: known && { cols: known.cols, rows: known.rows },
      filter: this.sticky.filter,
      modified: () => this.sticky.active,
      pasted: (text, files) => this.ways.pasted(text, files),
      openLink: target => {
        this.link.value = target
      },
      typingFailed: error => toast(error.message, true),
      letters: keptLetters(),
      lettersChanged: keepLetters,
      lettersDrawn: ({ size, chosen }) => {
        const drawn = this.letters.peek()
        if (drawn.size !== size || drawn.chosen !== chosen) this.letters.value = { size, chosen }
      },
      selected: selected => {
        this.selected.value = selected
      },
      pulled: pixels => {
        this.pulled.value = pixels
      },
      clipboardWanted: text => {
        if (programsMayAsk.peek()) this.wanted.value = text
      },
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
    this.ways.dispose()
    // First: what waits is no more with the attachment once that has ended.
    this.#kept?.dispose()
    this.#kept = undefined
    const { session_id } = this
    if (this.#attached) this.#link.client.detach(this.#attached)
    this.#attached = undefined
    const view = this.#view
    this.#view = undefined
    if (!view) return
    view.unbind()
    const { value } = route
    // Opened anew it is no switch: what it may do is another thing now, and shall not look as before.
    if (value.screen === 'terminal' && value.session_id !== session_id) leavePicture(this.#box, () => view.dispose())
    else view.dispose()
  }

  answerStale(send: boolean): void {
    this.stale.value = undefined
    this.#attached?.confirmInput(send)
  }

  /** What waits to arrive. */
  pendingText(): string {
    const decoder = new TextDecoder()
    return (this.#attached?.unsent().input ?? []).map(({ bytes }) => decoder.decode(bytes)).join('')
  }

  discardPending(): void {
    this.#attached?.discardInput()
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
      this.#tellShown()
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
      this.#tellShown()
    })
    attached.on('caught_up', this.#tellShown)
    attached.on('gap', message => this.#missing(message))
    kept.follow(attached)
    view.bind(attached)
    // Where a keyboard is at hand it is typed at once; where focus opens a soft one, a tap asks for it.
    if (!window.matchMedia('(pointer: coarse)').matches) view.focus()
  }

  #missing({ reason, from, to }: HostMessageOf<'gap'>): void {
    this.#lost.set(reason, (this.#lost.get(reason) ?? 0) + to.offset - from.offset)
    const words = [...this.#lost].map(([reason, bytes]) => gapText(reason, bytes)).filter(text => text !== undefined)
    if (words.length > 0) this.gone.value = `Part of the history is gone: ${words.join(', ')}.`
  }

  #welcomed({ session, resumed, age_seconds, read_only }: HostMessageOf<'session'>): void {
    this.#session = session
    this.title.value = session.title
    // Back in a session that is shaped for this phone and that nobody else looks at: own it again, nothing changes.
    if (!read_only && this.#accepted === 0 && session.clients === 1) void this.#ownAgain(session)
    this.size.value = { cols: session.cols, rows: session.rows }
    if (resumed && this.#accepted > 0) toast(`Session restored · ${formatRoughDuration(age_seconds * 1000)} old`)
    this.#accepted++
  }

  /** Measured before its font is there, a session would never fit. */
  async #ownAgain({ cols, rows }: SessionInfo): Promise<void> {
    await waitForFont()
    const { size } = this.#view ?? {}
    if (size?.cols !== cols || size.rows !== rows) return
    if (this.#view?.fits({ cols, rows })) this.#view.setMode('own')
  }

  get session(): SessionInfo | undefined {
    return this.#session
  }
}
