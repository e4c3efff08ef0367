// The compose sheet: a text field for long prompts and dictation, and the texts sent from it before.
import './compose.css'
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { forgetAllSent, forgetSent, sentTexts } from '../page/composed-texts.ts'
import { keepFocus } from '../page/keep-focus.ts'
import { tryStorage } from '../page/storage.ts'
import type { Draft } from './draft.ts'
import type { ComposeNote, SessionInput } from './session-input.ts'
import { chooseFiles } from './uploads.ts'

const WITH_ENTER = 'otg.send-with-enter'

export interface ComposeProps {
  link: HostLink
  input: SessionInput
  close: () => void
}

export function Compose({ link, input, close }: ComposeProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const withEnter = useSignal(tryStorage(() => window.localStorage.getItem(WITH_ENTER)) !== 'no')
  const showsSent = useSignal(false)
  const { draft } = input
  const text = draft.text.value

  useLayoutEffect(() => {
    const before = document.activeElement
    field.current?.focus({ preventScroll: true })
    select(field.current, draft)
    return () => {
      // Gives the focus back, with the soft keyboard if it was open.
      if (before instanceof HTMLElement && before.isConnected && before !== document.body)
        before.focus({ preventScroll: true })
    }
  }, [])

  // Text that was inserted rather than typed (a path, an earlier text) leaves the cursor after it.
  useLayoutEffect(() => {
    const element = field.current
    if (!element) return
    grow(element)
    if (element.selectionStart !== draft.selection.start) select(element, draft)
  }, [text])
  useEffect(() => {
    const resize = () => field.current && grow(field.current)
    window.addEventListener('resize', resize)
    return () => window.removeEventListener('resize', resize)
  }, [])

  const remember = () => {
    const element = field.current
    if (element) draft.selection = { start: element.selectionStart, end: element.selectionEnd }
  }
  const isUploading = input.files.some(({ toDraft, state }) => toDraft && (state === 'waiting' || state === 'sending'))
  const cannotSend = text.trim() === '' || isUploading
  return (
    <section
      class="compose"
      role="dialog"
      aria-label="Compose"
      onKeyDown={event => {
        // A dialog inside handles its own keys.
        if (event.isComposing || (event.target as Element).closest('dialog')) return
        if (event.key === 'Escape') close()
        else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
          if (!cannotSend) input.send(withEnter.value)
        } else return
        event.preventDefault()
      }}
    >
      {input.note.value && <p class="hint">{NOTES[input.note.value]}</p>}
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
            draft.write(event.currentTarget.value)
          }}
          onSelect={remember}
          onKeyUp={remember}
          onPointerUp={remember}
          onPaste={event => {
            const { clipboardData } = event
            if (!clipboardData?.files.length || clipboardData.getData('text/plain') !== '') return
            event.preventDefault()
            input.upload([...clipboardData.files])
          }}
        />
        <IconButton icon="close" label="Close" onMouseDown={keepFocus} onClick={close} />
      </div>
      <div class="tools">
        <IconButton
          icon="history"
          label="Show sent texts"
          aria-haspopup="dialog"
          onMouseDown={keepFocus}
          onClick={() => {
            showsSent.value = true
          }}
        />
        <IconButton
          icon="attach"
          label="Upload a photo or file"
          onMouseDown={keepFocus}
          onClick={() => void chooseFiles().then(files => input.upload(files))}
        />
        <IconButton
          icon="enter"
          label="Press Enter after sending"
          class="switch"
          aria-pressed={withEnter.value}
          onMouseDown={keepFocus}
          onClick={() => {
            withEnter.value = !withEnter.value
            tryStorage(() => window.localStorage.setItem(WITH_ENTER, withEnter.value ? 'yes' : 'no'))
          }}
        />
        <span class="gap" />
        {withEnter.value && (
          <button type="button" disabled={cannotSend} onMouseDown={keepFocus} onClick={() => input.send(false)}>
            Insert
          </button>
        )}
        <button
          type="button"
          class="primary"
          disabled={cannotSend}
          onMouseDown={keepFocus}
          onClick={() => input.send(withEnter.value)}
        >
          Send
        </button>
      </div>
      {showsSent.value && (
        <Sent
          host_id={link.hostId ?? ''}
          use={sent => {
            showsSent.value = false
            input.insert(sent)
          }}
          close={() => {
            showsSent.value = false
          }}
        />
      )}
    </section>
  )
}

const NOTES: Record<ComposeNote, string> = {
  clipboard_plain: 'Over plain HTTP this page cannot read the clipboard. Touch and hold the field, then choose Paste.',
  clipboard_denied: 'The browser blocked access to the clipboard. Touch and hold the field, then choose Paste.',
}

interface SentProps {
  host_id: string
  use: (text: string) => void
  close: () => void
}

function Sent({ host_id, use, close }: SentProps) {
  const texts = useSignal(sentTexts(host_id))
  return (
    <Dialog title="Sent texts" class="sent" onClose={close}>
      <p>
        {texts.value.length === 0
          ? 'No texts yet. Texts you compose here are stored on this phone; keys you type in a terminal are not.'
          : 'Stored on this phone only.'}
      </p>
      {texts.value.length > 0 && (
        <ul>
          {texts.value.map(text => (
            <li key={text}>
              <button type="button" class="plain" onClick={() => use(text)}>
                <bdi>{text}</bdi>
              </button>
              <IconButton
                icon="close"
                label={`Remove “${text.slice(0, 40)}”`}
                onClick={() => {
                  forgetSent(host_id, text)
                  texts.value = sentTexts(host_id)
                }}
              />
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

/** Fits the height to the text; the style sheet limits it. */
function grow(field: HTMLTextAreaElement): void {
  field.style.height = '0'
  field.style.height = `${field.scrollHeight + 2}px`
}

function select(field: HTMLTextAreaElement | null, { selection }: Draft): void {
  field?.setSelectionRange(selection.start, selection.end)
}
