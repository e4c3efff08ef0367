// A text field over the terminal for long prompts and dictation, and what was sent from it before. Knows nothing of how
// texts get into a session.
import './compose.css'
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { quietly } from '../page/address.ts'
import { forgetAllSent, forgetSent, sentTexts } from '../page/composed-texts.ts'
import type { ComposeNote, SessionInput } from './session-input.ts'
import { chooseFiles } from './uploads.ts'

const WITH_ENTER = 'otg.send-with-enter'

export interface ComposeProps {
  link: HostLink
  ways: SessionInput
  close: () => void
}

export function Compose({ link, ways, close }: ComposeProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const withEnter = useSignal(quietly(() => window.localStorage.getItem(WITH_ENTER)) !== 'no')
  const looksBack = useSignal(false)
  const text = ways.draft.value

  useLayoutEffect(() => {
    const before = document.activeElement
    field.current?.focus({ preventScroll: true })
    select(field.current, ways)
    return () => {
      // Back to the terminal with its keyboard; where there was none it stays away.
      if (before instanceof HTMLElement && before.isConnected && before !== document.body)
        before.focus({ preventScroll: true })
    }
  }, [])

  // What was put in by something else than typing (a path, an earlier text) leaves the cursor behind it.
  useLayoutEffect(() => {
    const element = field.current
    if (!element) return
    grow(element)
    if (element.selectionStart !== ways.selection.start) select(element, ways)
  }, [text])
  useEffect(() => {
    const again = () => field.current && grow(field.current)
    window.addEventListener('resize', again)
    return () => window.removeEventListener('resize', again)
  }, [])

  const remember = () => {
    const element = field.current
    if (element) ways.selection = { start: element.selectionStart, end: element.selectionEnd }
  }
  const waitsForFile = ways.files.some(({ toDraft, state }) => toDraft && (state === 'waiting' || state === 'sending'))
  const nothing = text.trim() === '' || waitsForFile
  return (
    <section
      class="compose"
      role="dialog"
      aria-label="Compose"
      onKeyDown={event => {
        if (event.isComposing) return
        if (event.key === 'Escape') close()
        else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) ways.send(withEnter.value)
        else return
        event.preventDefault()
      }}
    >
      {ways.note.value && <p class="why">{NOTES[ways.note.value]}</p>}
      <div class="field">
        <textarea
          ref={field}
          rows={1}
          aria-label="Text to send"
          placeholder="Write or dictate"
          autocomplete="on"
          autocapitalize="sentences"
          autocorrect="on"
          spellcheck
          enterkeyhint="enter"
          value={text}
          onInput={event => {
            remember()
            ways.write(event.currentTarget.value)
          }}
          onSelect={remember}
          onKeyUp={remember}
          onPointerUp={remember}
          onPaste={event => {
            const { clipboardData } = event
            if (!clipboardData?.files.length || clipboardData.getData('text/plain') !== '') return
            event.preventDefault()
            ways.bring([...clipboardData.files])
          }}
        />
        <button type="button" class="icon" aria-label="Close" onMouseDown={keepFocus} onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <div class="tools">
        <button
          type="button"
          class="icon"
          aria-label="Sent before"
          aria-haspopup="dialog"
          onMouseDown={keepFocus}
          onClick={() => {
            looksBack.value = true
          }}
        >
          <Icon name="history" />
        </button>
        <button
          type="button"
          class="icon"
          aria-label="Photo or file"
          onMouseDown={keepFocus}
          onClick={() => void chooseFiles().then(files => ways.bring(files))}
        >
          <Icon name="attach" />
        </button>
        <button
          type="button"
          class="icon switch"
          aria-label="Send with Enter"
          aria-pressed={withEnter.value}
          onMouseDown={keepFocus}
          onClick={() => {
            withEnter.value = !withEnter.value
            quietly(() => window.localStorage.setItem(WITH_ENTER, withEnter.value ? 'yes' : 'no'))
          }}
        >
          <Icon name="enter" />
        </button>
        <span class="gap" />
        {withEnter.value && (
          <button type="button" disabled={nothing} onMouseDown={keepFocus} onClick={() => ways.send(false)}>
            Insert
          </button>
        )}
        <button
          type="button"
          class="primary"
          disabled={nothing}
          onMouseDown={keepFocus}
          onClick={() => ways.send(withEnter.value)}
        >
          Send
        </button>
      </div>
      {looksBack.value && (
        <Sent
          host_id={link.hostId ?? ''}
          use={sent => {
            looksBack.value = false
            ways.insert(sent)
          }}
          close={() => {
            looksBack.value = false
          }}
        />
      )}
    </section>
  )
}

const NOTES: Record<ComposeNote, string> = {
  clipboard_plain: 'Over plain HTTP a page cannot read the clipboard. Hold a finger on the field and choose Paste.',
  clipboard_denied: 'The browser did not let the page read the clipboard. Hold a finger on the field and choose Paste.',
}

interface SentProps {
  host_id: string
  use: (text: string) => void
  close: () => void
}

function Sent({ host_id, use, close }: SentProps) {
  const texts = useSignal(sentTexts(host_id))
  return (
    <Dialog title="Sent before" class="sent" onClose={close}>
      <p>
        {texts.value.length === 0
          ? 'Nothing yet. What you send from here is kept on this phone; what you type in a terminal is not.'
          : 'Kept on this phone only.'}
      </p>
      {texts.value.length > 0 && (
        <ul>
          {texts.value.map(text => (
            <li key={text}>
              <button type="button" class="plain" onClick={() => use(text)}>
                <bdi>{text}</bdi>
              </button>
              <button
                type="button"
                class="icon"
                aria-label={`Remove “${text.slice(0, 40)}”`}
                onClick={() => {
                  forgetSent(host_id, text)
                  texts.value = sentTexts(host_id)
                }}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div class="actions">
        {texts.value.length > 0 && (
          <button
            type="button"
            class="danger"
            onClick={() => {
              forgetAllSent(host_id)
              texts.value = []
            }}
          >
            Clear all
          </button>
        )}
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  )
}

/** A button that took the focus from the field would close the soft keyboard. */
const keepFocus = (event: MouseEvent) => event.preventDefault()

/** As high as its text; the style sheet says what is too high. */
function grow(field: HTMLTextAreaElement): void {
  field.style.height = '0'
  field.style.height = `${field.scrollHeight + 2}px`
}

function select(field: HTMLTextAreaElement | null, { selection }: SessionInput): void {
  field?.setSelectionRange(selection.start, selection.end)
}
