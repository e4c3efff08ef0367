// The ways into a session besides its keys: pasting, composing, bringing files. Knows no layout.
import { signal } from '@preact/signals'
import { toCoded } from '../../protocol/errors.ts'
import { NO_MODIFIERS } from '../../ui/input/key-codes.ts'
import { needsConfirmation, pasteSequence } from '../../ui/input/paste.ts'
import type { PendingPaste } from '../../ui/input/paste-question.tsx'
import { quotePath } from '../../ui/input/quote-path.ts'
import { toast } from '../../ui/kit/toast.tsx'
import { hasInvisibleCharacters, LINE_END } from '../../ui/kit/visible-text.ts'
import type { TerminalView } from '../../ui/terminal/terminal-view.ts'
import type { HostLink } from '../connection/host-link.ts'
import { keepDraft, keepSent, readDraft } from '../page/composed-texts.ts'
import { type UploadItem, type Uploads, uploadsOf } from './uploads.ts'

/** `composed`: it comes from the compose sheet; `enter`: and Enter follows. */
interface AskedHere extends PendingPaste {
  enter: boolean
}

/** Why the compose sheet is open in place of a paste. */
export type ComposeNote = 'clipboard_plain' | 'clipboard_denied'

/**
 * Programs that guess pastes by their pace take an Enter that comes in the same breath for a line of the text; people's
 * fingers are slower than this.
 */
const ENTER_AFTER_MS = 60

/** What ways there are hangs on the session that is looked at. */
export interface Entered {
  readonly view: TerminalView | undefined
  readonly session_id: string | undefined
}

export class SessionInput {
  /** The compose sheet is open. */
  readonly composing = signal(false)
  readonly note = signal<ComposeNote | undefined>(undefined)
  readonly draft = signal('')
  /** Where the text field's selection is, or was when it was closed. */
  selection = { start: 0, end: 0 }
  readonly asked = signal<AskedHere | undefined>(undefined)
  readonly uploads: Uploads

  readonly #link: HostLink
  readonly #entered: Entered
  /** Whose draft it is; a session that is being started has no name yet. */
  #draftOf: string | undefined
  #enter: ReturnType<typeof setTimeout> | undefined
  #left = false

  constructor(link: HostLink, entered: Entered) {
    this.#link = link
    this.#entered = entered
    this.uploads = uploadsOf(link)
  }

  // --- composing ---

  compose(note?: ComposeNote): void {
    this.#readDraft()
    this.note.value = note
    this.composing.value = true
  }

  closeCompose(): void {
    this.composing.value = false
    this.note.value = undefined
  }

  write(text: string): void {
    this.draft.value = text
    if (this.#draftOf) keepDraft(this.#draftOf, text)
  }

  /** Puts `text` where the draft's cursor is. */
  insert(text: string): void {
    this.#readDraft()
    const draft = this.draft.peek()
    const { start, end } = this.selection
    this.selection = { start: start + text.length, end: start + text.length }
    this.write(draft.slice(0, start) + text + draft.slice(end))
  }

  /** Types what was composed; asks first where the program would take its lines for entered one by one, or something hides in it. */
  send(enter: boolean): void {
    const { view } = this.#entered
    const text = this.draft.peek().replace(/[\r\n]+$/, '')
    if (!view || text === '') return
    const bracketed = view.bracketsPaste
    if (!this.#fits(text, bracketed)) return
    if ((!bracketed && LINE_END.test(text)) || hasInvisibleCharacters(text))
      this.asked.value = { text, bracketed, composed: true, enter }
    else this.#sendComposed(text, enter)
  }

  #sendComposed(text: string, enter: boolean): void {
    const { view } = this.#entered
    this.#enterNow()
    if (!view?.paste(text)) return
    if (enter) this.#enter = setTimeout(() => this.#enterNow(), ENTER_AFTER_MS)
    const host = this.#link.hostId
    if (host) keepSent(host, text)
    this.write('')
    this.selection = { start: 0, end: 0 }
    this.closeCompose()
  }

  #enterNow(): void {
    if (this.#enter === undefined) return
    clearTimeout(this.#enter)
    this.#enter = undefined
    this.#entered.view?.press('enter', NO_MODIFIERS)
  }

  #readDraft(): void {
    const { session_id } = this.#entered
    if (!session_id || this.#draftOf === session_id) return
    this.#draftOf = session_id
    // What was written before the session had its name is the latest.
    if (this.draft.peek() !== '') return keepDraft(session_id, this.draft.peek())
    this.draft.value = readDraft(session_id)
    const end = this.draft.peek().length
    this.selection = { start: end, end }
  }

  // --- pasting ---

  pasted(text: string, files: readonly File[]): void {
    const { view } = this.#entered
    if (!view) return
    // Some programs put a picture of their text beside it.
    if (text === '') return files.length > 0 ? this.bring(files) : toast('The clipboard holds nothing to paste.')
    const bracketed = view.bracketsPaste
    if (!this.#fits(text, bracketed)) return
    if (needsConfirmation(text, bracketed)) this.asked.value = { text, bracketed, composed: false, enter: false }
    else view.paste(text)
  }

  /** Answers `asked`. `edit`: it goes into the compose sheet instead. */
  answerPaste(answer: 'paste' | 'edit' | 'cancel'): void {
    const asked = this.asked.peek()
    this.asked.value = undefined
    if (!asked || answer === 'cancel') return
    // The program that would have been told of the paste is gone: what was said about it holds no more.
    const bracketed = this.#entered.view?.bracketsPaste ?? false
    if (answer === 'paste' && asked.bracketed && !bracketed) {
      this.asked.value = { ...asked, bracketed }
      return
    }
    if (answer === 'paste' && asked.composed) this.#sendComposed(asked.text, asked.enter)
    else if (answer === 'paste') this.#entered.view?.paste(asked.text)
    else if (!asked.composed) {
      this.insert(asked.text)
      this.compose()
    }
  }

  /** From the clipboard, where the browser lets a page read it; otherwise there is a field to paste into. To be called from a tap. */
  async pasteClipboard(): Promise<void> {
    const { clipboard } = navigator as { clipboard?: Clipboard }
    if (!clipboard) return this.compose('clipboard_plain')
    try {
      // Firefox learnt to read more than text late.
      if (clipboard.read) this.pasted(...(await contents(await clipboard.read())))
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
      toast(toCoded(error).message, true)
      return false
    }
  }

  // --- files ---

  /** On their way to this session, or there and not taken. To be read where signals are followed. */
  get files(): UploadItem[] {
    const { session_id } = this.#entered
    return this.uploads.items.value.filter(item => item.session_id === session_id)
  }

  /** Brings files to the session's computer and their paths to the cursor: the draft's where one is being written. */
  bring(files: readonly File[]): void {
    if (files.length === 0) return
    const { session_id } = this.#entered
    if (!session_id) return toast('The session has not started yet.', true)
    const toDraft = this.composing.peek()
    const failed = (why: string) => {
      if (this.#left) toast(`A file was not sent: ${why}.`, true)
    }
    this.uploads.add(files, { session_id, toDraft, arrived: path => this.#take(path, toDraft), failed })
  }

  /** A file that arrived while its session was left: its path to the cursor, or into the draft that is open. */
  take({ id, path }: UploadItem): void {
    if (path && this.#take(path, this.composing.peek())) this.uploads.drop(id)
  }

  #take(path: string, toDraft: boolean): boolean {
    const word = `${this.#quoted(path)} `
    if (this.#left) {
      toast('A file has arrived; its session has the path.')
      return false
    }
    if (!toDraft) return this.#entered.view?.paste(word) ?? false
    this.insert(word)
    return true
  }

  #quoted(path: string): string {
    const host = this.#link.host.peek()
    return quotePath(path, host?.platform ?? '', host?.shell ?? '')
  }

  /** Twice is fine. */
  dispose(): void {
    this.#enterNow()
    if (this.#left) return
    this.#left = true
    if (this.files.some(({ state }) => state === 'waiting' || state === 'sending'))
      toast('Files for this session go on being sent.')
  }
}

async function contents(items: ClipboardItems): Promise<[string, File[]]> {
  const files: File[] = []
  for (const item of items) {
    if (item.types.includes('text/plain')) return [await (await item.getType('text/plain')).text(), []]
    const type = item.types.find(type => type.startsWith('image/'))
    if (type) files.push(new File([await item.getType(type)], `pasted.${type.slice(6).replace(/\W.*/, '')}`, { type }))
  }
  return ['', files]
}
