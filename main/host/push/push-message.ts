// Makes the request for a push service: encrypted for one browser (RFC 8291) and signed (RFC 8292).
import type WebPush from 'web-push'
import type { AttentionKind, Question, SessionInfo } from '../../../protocol/messages.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import { ATTENTION_TEXTS } from '../../../protocol/session-attention.ts'
import { isLineShownWhole, isShownWhole, linesOf } from '../../../protocol/shown-question.ts'
import type { PostRequest } from '../notify/post.ts'
import { type PushKey, topicOf } from './push-key.ts'
import type { Subscription } from './subscriptions.ts'

/** What a notification shows. */
export interface PushNotification {
  session_id: string
  title: string
  text: string
  kind: AttentionKind
  /** The question that it asks. */
  question_id?: string
  /** Plain yes and plain no: browsers show at most two. */
  actions?: PushAction[]
}

export interface PushAction {
  /** Index into the question's options. */
  option: number
  label: string
}

/**
 * The operator's address for push services. It is required, and Apple's service refuses domains that cannot be resolved
 * (https://github.com/jkingsman/Remote-Terminal-for-MeshCore/issues/288, where this domain is accepted).
 */
const CONTACT = 'mailto:on-the-go@example.com'

/** Between the lines of a question: a notification's text is one line. */
const SEPARATOR = ' · '

/** What a phone's screen shows of a title and of a text. */
const TITLE_CHARACTERS = 100
const TEXT_CHARACTERS = 200

/** What a phone's screen shows of a button. */
const LABEL_CHARACTERS = 40

/** All messages are padded to this length, so that their size tells nothing. Services accept 4096 bytes encrypted. */
export const PAYLOAD_BYTES = 2048

/** A notification that is not delivered within this expires; the page shows it when it is opened. */
const TTL_SECONDS = 12 * 3600

/** What a session that needs attention shows; undefined: no one is to be notified of it. */
export function pushNotificationOf(info: SessionInfo): Omit<PushNotification, 'session_id'> | undefined {
  const { title, attention, activity } = info
  if (!attention || attention.silent) return undefined
  const { kind } = attention
  const shown = { title, text: attention.text || ATTENTION_TEXTS[kind], kind }
  const question = kind === 'blocked' ? activity?.question : undefined
  if (!question) return shown
  // What it is about comes first, as on the screen.
  const text = linesOf(question).join(SEPARATOR) || shown.text
  const isWhole = isShownWhole(question, TEXT_CHARACTERS) && [...text].length <= TEXT_CHARACTERS
  // A permission to control others is given in the app or the page: a browser may show buttons on a locked phone.
  const isPermission = activity?.evidence === 'request'
  const actions = isWhole && !isPermission ? actionsOf(question) : []
  return { ...shown, text, question_id: question.question_id, ...(actions.length > 0 && { actions }) }
}

/** Without a session: a tap opens the list, which shows the trouble. */
export function pushNotificationOfTrouble(title: string): PushNotification & { session_id: '' } {
  return { session_id: '', kind: 'message', title: 'On the Go', text: title }
}

/** The program's own words for a plain yes and a plain no, where an approval has both. */
function actionsOf({ kind, options }: Question): PushAction[] {
  if (kind !== 'approve') return []
  const found = (['yes', 'no'] as const).map(answer => options.findIndex(one => one.answer === answer))
  const actions = found.map(option => ({ option, label: options[option]?.label ?? '' }))
  return actions.every(({ label }) => label !== '' && isLineShownWhole(label, LABEL_CHARACTERS)) ? actions : []
}

/** 9 MB with its dependencies: loaded for the first notification. */
let webPush: typeof WebPush | undefined

export async function pushRequest(
  device_id: string,
  subscription: Subscription,
  key: PushKey,
  notification: PushNotification,
  /** What it is about: a newer one takes its place at the push service. */
  about = notification.session_id,
): Promise<PostRequest> {
  webPush ??= (await import('web-push')).default
  const { endpoint, p256dh, auth } = subscription
  const details = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payloadOf(notification), {
    vapidDetails: { subject: CONTACT, publicKey: key.publicKey, privateKey: key.privateKey },
    TTL: TTL_SECONDS,
    urgency: 'high',
    topic: topicOf(key, device_id, about),
  })
  return { url: endpoint, headers: details.headers as PostRequest['headers'], body: details.body }
}

/** JSON, padded with spaces. */
function payloadOf({ session_id, title, text, kind, question_id, actions }: PushNotification): Buffer {
  const shown = {
    session_id,
    kind,
    title: oneLine(title, TITLE_CHARACTERS),
    text: oneLine(text, TEXT_CHARACTERS),
    ...(question_id !== undefined && { question_id }),
    ...(actions && { actions }),
  }
  const payload = Buffer.alloc(PAYLOAD_BYTES, ' ')
  const json = Buffer.from(JSON.stringify(shown))
  if (json.length > PAYLOAD_BYTES) throw new Error('the notification is too long')
  json.copy(payload)
  return payload
}
