// What a person reads of a request that needs a permission: what the program wants, in the host's words, and its command line.
import type { ClientMessage, Question } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import type { Wish } from './control-grants.ts'
import type { RequestType } from './permissions.ts'

/** The session that a request is about. */
export interface WishedSession {
  /** By its whole ID. */
  session_id: string
  title: string
  /** Another session has this title. */
  has_twin?: boolean
  /** What its program asks. */
  question?: Question | null | undefined
}

const COMMAND_CHARACTERS = 200
const QUOTED_CHARACTERS = 60
/** As `otg ls` shows it. */
const ID_CHARACTERS = 8

/** `isTyping`: of `attach`, that it types. `argv`: of the program that asks. `starter`: the session whose programs started that of the program. */
export function wishOf(
  type: RequestType,
  isTyping: boolean,
  session: WishedSession | undefined,
  message: ClientMessage | undefined,
  argv: readonly string[],
  starter?: WishedSession,
): Wish {
  const isLasting = type === 'attach' || (message && 'watch' in message && message.watch === true)
  return {
    text: `A program in this session${starter ? `, which ${nameOf(starter)} started,` : ''} wants to ${actOf(type, isTyping, session, message)}.`,
    context: [oneLine(argv.join(' '), COMMAND_CHARACTERS), ...detailsOf(message)],
    once:
      type === 'show_pairing'
        ? 'Only phones that use this code, until the command ends.'
        : isLasting
          ? 'Only this, until the program disconnects.'
          : 'Only this, one time.',
  }
}

/** The values that settings would get. */
function detailsOf(message: ClientMessage | undefined): string[] {
  if (message?.type !== 'change_settings') return []
  return Object.entries(message.change).map(([name, value]) =>
    oneLine(`${name} = ${JSON.stringify(value)}`, COMMAND_CHARACTERS),
  )
}

/** What programs or people wrote must not end the quotation and go on in the host's words. */
function quoted(text: string): string {
  const line = oneLine(text)
  const cut = [...line].length > QUOTED_CHARACTERS ? `${oneLine(line, QUOTED_CHARACTERS)}…` : line
  return `“${cut.replace(/[“”„‟"]/g, "'")}”`
}

function nameOf({ session_id, title, has_twin }: WishedSession): string {
  return quoted(title) + (has_twin ? ` (${session_id.slice(0, ID_CHARACTERS)})` : '')
}

function actOf(
  type: RequestType,
  isTyping: boolean,
  session: WishedSession | undefined,
  message: ClientMessage | undefined,
): string {
  const it = session ? nameOf(session) : 'a session'
  const isWatched = message && 'watch' in message && message.watch === true
  const changes = isWatched ? ', and every change of them' : ''
  switch (type) {
    case 'attach':
      return isTyping ? `see ${it} and type into it` : `watch ${it}`
    case 'screen':
      return `read the screen of ${it}`
    case 'kill':
      return `end ${it}`
    case 'reset_terminal':
      return `reset the terminal of ${it}`
    case 'rename':
      return message?.type === 'rename' ? `rename ${it} to ${quoted(message.title)}` : `rename ${it}`
    case 'answer':
      return answerOf(it, session?.question, message)
    case 'upload':
      return message?.type === 'upload' ? `send the file ${quoted(message.name)} to ${it}` : `send a file to ${it}`
    case 'search': {
      const where = session ? it : 'all sessions'
      return message?.type === 'search' ? `search ${where} for ${quoted(message.query)}` : `search ${where}`
    }
    case 'timeline':
      return `see when ${it} printed something`
    case 'seek':
    case 'playback':
      return `read a part of what ${it} printed`
    case 'read':
      return `read a page of what ${it} printed`
    case 'export': {
      const isPart = message?.type === 'export' && (message.from !== undefined || message.to !== undefined)
      return isPart ? `export a part of what ${it} printed` : `export all that ${it} printed`
    }
    case 'mark':
      return `mark a place in ${it}`
    case 'unmark':
      return `remove a mark from ${it}`
    case 'delete_session':
      return `delete ${it} and its recording`
    case 'devices':
      return `read the list of paired devices${isWatched ? ', and every change of it' : ''}`
    case 'settings':
      return `read the settings${changes}`
    case 'show_pairing':
      return 'show a code and pair a phone'
    case 'answer_pairing':
      return 'pair a phone that is waiting'
    case 'update_device':
      return 'change what a paired device may do'
    case 'change_settings': {
      const names = message?.type === 'change_settings' ? Object.keys(message.change).join(', ') : ''
      return `change settings: ${quoted(names)}`
    }
    case 'set_ntfy_token':
      return 'change the access token for ntfy'
    case 'renew_webhook_secret':
      return 'make a new signing secret for the webhook, and see it'
    case 'back_up':
      return 'write a backup with the history and the keys of this computer'
    case 'allow_control':
      return `let the programs of ${it} read and control all sessions`
    default:
      return `control ${it}: ${type}`
  }
}

/** The question is named only if it is the one that is answered, and the answer unless it may be a password. */
function answerOf(it: string, question: Question | null | undefined, message: ClientMessage | undefined): string {
  if (message?.type !== 'answer' || question?.question_id !== message.question_id) return `answer a question of ${it}`
  const label = message.option === undefined ? undefined : question.options[message.option]?.label
  const asked = `answer ${quoted(question.text)} of ${it}`
  if (label !== undefined) return `${asked} with ${quoted(label)}`
  const { text } = message
  if (text === undefined || question.kind === 'password') return asked
  // What cannot be shown as it is typed is not passed off as all of it.
  const characters = [...text].length
  const isShown = oneLine(text) === text && characters <= QUOTED_CHARACTERS
  return isShown
    ? `${asked} with ${quoted(text)}`
    : `${asked} with a text of ${characters} characters that begins with ${quoted(text)}`
}
