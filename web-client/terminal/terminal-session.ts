// One session on the page's terminal: starts or attaches it, and provides its state as signals.
import { effect, signal } from '@preact/signals'
import type { ClientAttachment } from '../../protocol/client/client-attachment.ts'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, SessionInfo, SessionSpec } from '../../protocol/messages.ts'
import { StickyModifiers } from '../../ui/input/sticky-modifiers.ts'
import { toast, toastError } from '../../ui/kit/toast.tsx'
import { wantsNewLines } from '../../ui/sessions/new-lines.ts'
import { formatRoughDuration, gapNotice } from '../../ui/sessions/session-text.ts'
import { waitForFont } from '../../ui/terminal/font.ts'
import type { SizeMode } from '../../ui/terminal/size-policy.ts'
import { TerminalView } from '../../ui/terminal/terminal-view.ts'
import type { SelectionState } from '../../ui/terminal/touch-select.ts'
import type { HostLink } from '../connection/host-link.ts'
import { PersistedInput } from '../input/persisted-input.ts'
import { SessionInput } from '../input/session-input.ts'
import { clipboardRequestsAllowed, loadFontSizes, saveFontSizes } from '../page/display-preferences.ts'
import { route } from '../page/route.ts'
import { keepLastFrame } from './last-frame.ts'

/** How long to wait for the font and the renderer. */
const RENDERER_MS = 500

export class TerminalSession {
  readonly sticky = new StickyModifiers()
  readonly input: SessionInput
  readonly title = signal('')
  readonly mode = signal<SizeMode>('follow')
  readonly size = signal({ cols: 0, rows: 0 })
  /** Bytes of input that the host has not acknowledged. */
  readonly pendingBytes = signal(0)
  readonly exit = signal<HostMessageOf<'exit'> | undefined>(undefined)
  readonly failed = signal<CodedError | undefined>(undefined)
  /** Input from before a lost connection, some time ago: the user decides whether to send it. */
  readonly stale = signal<Uint8Array[] | undefined>(undefined)
  readonly link = signal<string | undefined>(undefined)
  readonly fontSize = signal({ size: 0, chosen: false })
  /** Pixels at the top that are free for the Earlier output button. */
  readonly pulled = signal(0)
  /** The selection made by touch. */
  readonly selected = signal<SelectionState | undefined>(undefined)
  /** The text that a program asked to copy to the clipboard. */
  readonly clipboardRequest = signal<string | undefined>(undefined)
  /** Says which output is not shown here, or that it cannot draw this session's. */
  readonly gapNotice = signal<string | undefined>(undefined)
  readonly started: Promise<void>
  /** Resolves when the session's content is shown, or will not be. */
  readonly shown: Promise<void>

  readonly #link: HostLink
  readonly #box: HTMLElement
  #resolveShown = () => {}
  #view: TerminalView | undefined
  #attached: ClientAttachment | undefined
  #session: SessionInfo | undefined
  #attachCount = 0
  /** When the connection was lost. */
  #lostAt: number | undefined
  readonly #stopWatching: () => void
  #kept: PersistedInput | undefined
  readonly #gapBytes = new Map<HostMessageOf<'gap'>['reason'], number>()

  /** `session_id` null starts a session as `spec` says, in the size of `box`; `created` receives its id. */
  constructor(
    link: HostLink,
    box: HTMLElement,
    session_id: string | null,
    spec: SessionSpec | undefined,
    created: (session_id: string) => void,
  ) {
    this.#link = link
    this.input = new SessionInput(link, this)
    this.#box = box
    this.shown = new Promise(resolve => {
      this.#resolveShown = resolve
    })
    const known = link.sessions.peek()?.find(one => one.session_id === session_id)
    if (known) this.title.value = known.title
    // It has another viewer and keeps its size: shown in that size at once, or the terminal would jump.
    if (known && known.clients > 0) this.size.value = { cols: known.cols, rows: known.rows }
    const view = new TerminalView(box, {
      mode: session_id ? 'follow' : 'own',
      size: known && { cols: known.cols, rows: known.rows },
      filter: this.sticky.filter,
      modified: () => this.sticky.active,
      wantsNewLines: () => wantsNewLines(link.sessions.peek()?.find(one => one.session_id === this.session_id)),
      pasted: (text, files) => this.input.pasted(text, files),
      openLink: target => {
        this.link.value = target
      },
      typingFailed: toastError,
      fontSizes: loadFontSizes(),
      fontSizesChanged: saveFontSizes,
      fontSizeDrawn: ({ size, chosen }) => {
        const drawn = this.fontSize.peek()
        if (drawn.size !== size || drawn.chosen !== chosen) this.fontSize.value = { size, chosen }
      },
      selectionChanged: selected => {
        this.selected.value = selected
      },
      pulled: pixels => {
        this.pulled.value = pixels
      },
      clipboardWritten: text => {
        if (clipboardRequestsAllowed.peek()) this.clipboardRequest.value = text
      },
      sizeChanged: (mode, size) => {
        this.mode.value = mode
        this.size.value = size
      },
    })
    this.#view = view
    this.#stopWatching = effect(() => {
      if (link.state.value.name !== 'ready') this.#lostAt ??= Date.now()
    })
    this.mode.value = view.mode
    this.started = session_id ? Promise.resolve(this.#attach(session_id, false)) : this.#create(spec, created)
  }

  get view(): TerminalView | undefined {
    return this.#view
  }

  get session_id(): string | undefined {
    return this.#attached?.session_id
  }

  /** Detaches; the session keeps running. May be called twice. */
  dispose(): void {
    this.#stopWatching()
    this.input.dispose()
    // First: unsent input is gone once the attachment has ended.
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
    // Reopening the same session is not a switch: permissions may have changed, so its old frame must not be shown.
    if (value.screen === 'terminal' && value.session_id !== session_id) keepLastFrame(this.#box, () => view.dispose())
    else view.dispose()
  }

  /** Attaches anew after it failed; what the terminal shows is replaced. */
  retry(): void {
    const { session_id } = this
    if (!session_id || !this.failed.peek()) return
    this.#kept?.dispose()
    if (this.#attached) this.#link.client.detach(this.#attached)
    this.failed.value = undefined
    this.#attach(session_id, false)
  }

  answerStale(send: boolean): void {
    this.stale.value = undefined
    this.#attached?.confirmInput(send)
  }

  /** The input that the host has not acknowledged. */
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
      this.#resolveShown()
    }
  }

  #attach(session_id: string, own: boolean): void {
    const view = this.#view
    if (!view) return
    const kept = new PersistedInput(session_id)
    const attached = this.#link.client.attach(session_id, view, {
      ask_stale_input: true,
      read_only: this.#link.readOnly.peek(),
      resume: kept.previous,
      ...(own ? { size: view.measure() } : {}),
    })
    this.#attached = attached
    this.#kept = kept
    this.pendingBytes.value = attached.unsent().input.reduce((sum, { bytes }) => sum + bytes.length, 0)
    attached.on('session', message => this.#sessionReceived(message))
    attached.on('title', title => {
      this.title.value = title
    })
    attached.on('pending_input', bytes => {
      if (bytes === 0 && this.pendingBytes.value > 0 && attached.readOnly)
        toast('What you typed arrived too late and was discarded.', true)
      this.pendingBytes.value = bytes
    })
    attached.on('stale_input', inputs => {
      this.stale.value = inputs
    })
    attached.on('exit', exit => {
      this.exit.value = exit
    })
    attached.on('failed', error => {
      this.failed.value = error
      this.#resolveShown()
    })
    attached.on('caught_up', this.#resolveShown)
    attached.on('gap', message => this.#gapReported(message))
    kept.follow(attached)
    view.bind(attached)
    // With a hardware keyboard the user can type at once; where focus opens a soft keyboard, a tap asks for it.
    if (!window.matchMedia('(pointer: coarse)').matches) view.focus()
  }

  #gapReported({ reason, from, to }: HostMessageOf<'gap'>): void {
    this.#gapBytes.set(reason, (this.#gapBytes.get(reason) ?? 0) + to.offset - from.offset)
    this.gapNotice.value = gapNotice(this.#gapBytes)
  }

  #sessionReceived({ session, resumed, read_only }: HostMessageOf<'session'>): void {
    this.#session = session
    this.title.value = session.title
    // Its size is this phone's, and no one else views it: taking the size over changes nothing.
    if (!read_only && this.#attachCount === 0 && session.clients === 1) void this.#takeSizeBack(session)
    this.size.value = { cols: session.cols, rows: session.rows }
    if (session.screen_failed)
      this.gapNotice.value = 'This session’s output broke its screen. What is shown here may be incomplete.'
    const away = Date.now() - (this.#lostAt ?? Date.now())
    this.#lostAt = undefined
    if (resumed && this.#attachCount > 0)
      toast(away < 1000 ? 'Reconnected.' : `Reconnected after ${formatRoughDuration(away)}.`)
    this.#attachCount++
  }

  /** After the font has loaded: before, no session would fit. */
  async #takeSizeBack({ cols, rows }: SessionInfo): Promise<void> {
    await waitForFont()
    const { size } = this.#view ?? {}
    if (size?.cols !== cols || size.rows !== rows) return
    if (this.#view?.fits({ cols, rows })) this.#view.setMode('own')
  }

  get session(): SessionInfo | undefined {
    return this.#session
  }
}
