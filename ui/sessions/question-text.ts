// The words around a program's question. What the program wrote is made safe to show, with hidden characters made visible.
import { toCoded } from '../../protocol/errors.ts'
import type { Question, QuestionOption, SessionInfo } from '../../protocol/messages.ts'
import { sentence } from '../kit/sentence.ts'
import { showHidden } from '../kit/visible-text.ts'
import { formatAge, printable } from './session-text.ts'

/** Bounds of what a card shows. Hosts send less; a page that was not updated yet may meet a newer host. */
const MAX_CONTEXT_LINES = 12
const MAX_CONTEXT_CHARACTERS = 200
const MAX_QUESTION_CHARACTERS = 600
const MAX_LABEL_CHARACTERS = 200
const MAX_KEY_CHARACTERS = 12

/** The lines above the question, as they can be shown; the first one is an ellipsis if there is more. */
export function contextLines({ context, is_cut }: Question): string[] {
  const lines = context.slice(-MAX_CONTEXT_LINES).map(line => quoted(line, MAX_CONTEXT_CHARACTERS))
  return is_cut ? ['…', ...lines] : lines
}

/** The question in the program's own words. */
export function questionText({ text }: Question): string {
  return quoted(text, MAX_QUESTION_CHARACTERS)
}

/** An option's key and label, of which either may be empty, and what it covers. */
export function optionText({ key, label, detail }: QuestionOption): { key: string; label: string; detail?: string } {
  const shown = {
    key: quoted(key, MAX_KEY_CHARACTERS),
    label: quoted(label, MAX_LABEL_CHARACTERS),
    ...(detail && { detail: quoted(detail, MAX_LABEL_CHARACTERS) }),
  }
  return shown.label.toLowerCase() === shown.key.toLowerCase() ? { ...shown, label: '' } : shown
}

/** `Claude Code asked 2 min ago`. */
export function askedText({ activity }: SessionInfo, now: number): string {
  const agent = printable(activity?.agent ?? '')
  const age = formatAge(now - (activity?.since ?? now))
  const isHosts = activity?.evidence === 'request'
  const asked = activity?.question?.kind === 'password' ? 'asked for a password' : 'asked'
  const words = `${asked} ${age === 'now' ? 'just now' : `${age} ago`}`
  if (isHosts) return `On the Go ${words}`
  // Programs keep their spelling (`sudo`); a description (`the program`) begins a sentence.
  return agent === '' || /^an? |^the /.test(agent) ? sentenceStart(`${agent} ${words}`.trim()) : `${agent} ${words}`
}

/** What became of an answer that was refused or got lost. */
export function refusalText(error: unknown): string {
  const { code, message } = toCoded(error)
  switch (code) {
    case 'question_changed':
      return 'Nothing was chosen: the question changed first, or its marked option cannot be seen.'
    case 'question_gone':
      return 'Nothing was sent: the question was answered elsewhere, or the program went on.'
    case 'session_ended':
    case 'session_unknown':
      return 'Nothing was sent: the session has ended.'
    case 'device_read_only':
    case 'forbidden':
      return 'Nothing was sent: this device can only view sessions.'
    case 'connection_lost':
    case 'request_timeout':
      return 'The connection was lost. Your answer may not have arrived.'
    default:
      return sentence(message)
  }
}

function quoted(text: string, maxCharacters: number): string {
  const characters = [...text]
  const cut = characters.length > maxCharacters ? `${characters.slice(0, maxCharacters).join('')}…` : text
  return showHidden(cut).trimEnd()
}

function sentenceStart(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
