// Input to a session besides its keys: pastes, composed text, uploaded files.
import { signal } from '@preact/signals'
import { NO_MODIFIERS } from '../../ui/input/key-codes.ts'
import { needsConfirmation, pasteSequence } from '../../ui/input/paste.ts'
import type { PendingPaste } from '../../ui/input/paste-dialog.tsx'
import { quotePath } from '../../ui/input/quote-path.ts'
import { toast, toastError } from '../../ui/kit/toast.tsx'
import { hasInvisibleCharacters, LINE_END } from '../../ui/kit/visible-text.ts'
import type { TerminalView } from '../../ui/terminal/terminal-view.ts'
import type { HostLink } from '../connection/host-link.ts'
import { saveSent } from '../page/composed-texts.ts'
import { Draft } from './draft.ts'
import { type UploadItem, type Uploads, uploadsOf } from './uploads.ts'

/** A paste or a composed text (`composed`) to confirm. `enter`: Enter is pressed after it. */
interface PasteRequest extends PendingPaste {
  enter: boolean
}

/** Why the compose sheet opened instead of pasting. */
export type ComposeNote = 'clipboard_plain' | 'clipboard_denied'

/**
 * Programs that detect pastes by their speed take an Enter that follows at once for a line of the text; human typing is
 * slower than this.
 */
const ENTER_AFTER_MS = 60

/** The terminal that the input goes to. */
export interface InputTarget {
  readonly view: TerminalView | undefined
  readonly session_id: string | undefined
}

export class SessionInput {
  /** The compose sheet is open. */
  readonly composing = signal(false)
  readonly note = signal<ComposeNote | undefined>(undefined)
  readonly draft = new Draft()
  /** Waits for the user's answer (`answerPaste`). */
  readonly pasteRequest = signal<PasteRequest | undefined>(undefined)
  readonly uploads: Uploads

  readonly #link: HostLink
  readonly #target: InputTarget
  #enterTimer: ReturnType<typeof setTimeout> | undefined
  #disposed = false

  constructor(link: HostLink, target: InputTarget) {
    this.#link = link
    this.#target = target
    this.uploads = uploadsOf(link)
  }

  // --- composing ---

  compose(note?: ComposeNote): void {
    this.draft.load(this.#target.session_id)
    this.note.value = note
    this.composing.value = true
  }

  closeCompose(): void {
    this.composing.value = false
    this.note.value = undefined
  }

  /** Replaces the draft's selection with `text`. */
  insert(text: string): void {
    this.draft.load(this.#target.session_id)
    this.draft.insert(text)
  }

  /** Sends the draft. Asks first if each of its lines would be entered separately, or if it has invisible characters. */
  send(enter: boolean): void {
    const { view } = this.#target
    const text = this.draft.text.peek().replace(/[\r\n]+$/, '')
    if (!view || text === '') return
    const bracketed = view.bracketsPaste
    if (!this.#fits(text, bracketed)) return
    if ((!bracketed && LINE_END.test(text)) || hasInvisibleCharacters(text))
      this.pasteRequest.value = { text, bracketed, composed: true, enter }
    else this.#sendComposed(text, enter)
  }

  #sendComposed(text: string, enter: boolean): void {
    const { view } = this.#target
    this.#pressEnter()
    if (!view?.paste(text)) return
    if (enter) this.#enterTimer = setTimeout(() => this.#pressEnter(), ENTER_AFTER_MS)
    const host = this.#link.hostId
    if (host) saveSent(host, text)
    this.draft.clear()
    this.closeCompose()
  }

  #pressEnter(): void {
    if (this.#enterTimer === undefined) return
    clearTimeout(this.#enterTimer)
    this.#enterTimer = undefined
    this.#target.view?.press('enter', NO_MODIFIERS)
  }

  // --- pasting ---

  pasted(text: string, files: readonly File[]): void {
    const { view } = this.#target
    if (!view) return
    // Some programs also put a picture of the text on the clipboard.
    if (text === '') return files.length > 0 ? this.upload(files) : toast('The clipboard has nothing to paste.')
    const bracketed = view.bracketsPaste
    if (!this.#fits(text, bracketed)) return
    if (needsConfirmation(text, bracketed)) this.pasteRequest.value = { text, bracketed, composed: false, enter: false }
    else view.paste(text)
  }

  /** Answers `pasteRequest`. `edit` opens the text in the compose sheet. */
  answerPaste(answer: 'paste' | 'edit' | 'cancel'): void {
    const request = this.pasteRequest.peek()
    this.pasteRequest.value = undefined
    if (!request || answer === 'cancel') return
    // The program that uses bracketed paste is gone, so the dialog's text no longer holds: ask again.
    const bracketed = this.#target.view?.bracketsPaste ?? false
    if (answer === 'paste' && request.bracketed && !bracketed) {
      this.pasteRequest.value = { ...request, bracketed }
      return
    }
    if (answer === 'paste' && request.composed) this.#sendComposed(request.text, request.enter)
    else if (answer === 'paste') this.#target.view?.paste(request.text)
    else if (!request.composed) {
      this.insert(request.text)
      this.compose()
    }
  }

  /** Pastes from the clipboard, or opens a field to paste into where the browser does not allow it. Call from a tap. */
  async pasteClipboard(): Promise<void> {
    const { clipboard } = navigator as { clipboard?: Clipboard }
    if (!clipboard) return this.compose('clipboard_plain')
    try {
      // Older Firefox versions read only text.
      if (clipboard.read) this.pasted(...(await readClipboard(await clipboard.read())))
      else this.pasted(await clipboard.readText(), [])
    } catch {
      this.compose('clipboard_denied')
    }
  }

  #fits(text: string, bracketed: boolean): boolean {
    try {
      pasteSequence(text, bracketed)
      return true
    } catch (error) {
      toastError(error)
      return false
    }
  }

  // --- files ---

  /** Uploads for this session that are under way, failed, or arrived without their path being inserted. Reads a signal. */
  get files(): UploadItem[] {
    const { session_id } = this.#target
    return this.uploads.items.value.filter(item => item.session_id === session_id)
  }

  /** Uploads files to the host and inserts their paths at the cursor, or into the draft if one is being written. */
  upload(files: readonly File[]): void {
    if (files.length === 0) return
    const { session_id } = this.#target
    if (!session_id) return toast('The session has not started yet. Try again in a moment.', true)
    const toDraft = this.composing.peek()
    const failed = (reason: string) => {
      if (this.#disposed) toast(`A file was not uploaded: ${reason}.`, true)
    }
    this.uploads.add(files, { session_id, toDraft, arrived: path => this.#insertPath(path, toDraft), failed })
  }

  /** Inserts the path of a file that arrived while its session was not open. */
  insertPath({ id, path }: UploadItem): void {
    if (path && this.#insertPath(path, this.composing.peek())) this.uploads.drop(id)
  }

  #insertPath(path: string, toDraft: boolean): boolean {
    const word = `${this.#quoted(path)} `
    if (this.#disposed) {
      toast('A file was uploaded. Open its session to insert the path.')
      return false
    }
    if (!toDraft) return this.#target.view?.paste(word) ?? false
    this.insert(word)
    return true
  }

  #quoted(path: string): string {
    const host = this.#link.host.peek()
    return quotePath(path, host?.platform ?? '', host?.shell ?? '')
  }

  /** May be called twice. */
  dispose(): void {
    this.#pressEnter()
    if (this.#disposed) return
    this.#disposed = true
    if (this.files.some(({ state }) => state === 'waiting' || state === 'sending'))
      toast('Uploads continue in the background.')
  }
}

async function readClipboard(items: ClipboardItems): Promise<[string, File[]]> {
  const files: File[] = []
  for (const item of items) {
    if (item.types.includes('text/plain')) return [await (await item.getType('text/plain')).text(), []]
    const type = item.types.find(type => type.startsWith('image/'))
    if (type) files.push(new File([await item.getType(type)], `pasted.${type.slice(6).replace(/\W.*/, '')}`, { type }))
  }
  return ['', files]
}
