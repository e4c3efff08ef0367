// What is sent to a push service, encrypted for one browser (RFC 8291) and signed (RFC 8292). The only file that knows
// web-push; sends nothing.
import type WebPush from 'web-push'
import { oneLine } from '../../../protocol/one-line.ts'
import { type PushKey, topicOf } from './push-key.ts'
import type { Subscription } from './subscriptions.ts'

/** What a notification shows. */
export interface Call {
  session_id: string
  title: string
  text: string
}

export interface PushRequest {
  url: string
  headers: Record<string, string | number>
  body: Buffer
}

/**
 * Whom a push service may write to. It has to be there, and Apple's refuses names that cannot be resolved
 * (https://github.com/jkingsman/Remote-Terminal-for-MeshCore/issues/288, where this domain is accepted); it names nobody.
 */
const CONTACT = 'mailto:on-the-go@example.com'

/** What a phone's screen shows of a title and of what was said. */
const TITLE_CHARACTERS = 100
const TEXT_CHARACTERS = 200

/** All messages are equally long, so that their size says nothing. More than the longest; services take 4096 encrypted. */
export const PAYLOAD_BYTES = 2048

/** What nobody was told of for longer is seen when the page is opened. */
const TTL_SECONDS = 12 * 3600

/** 9 MB with all that it brings: loaded when somebody is told for the first time. */
let webPush: typeof WebPush | undefined

export async function pushRequest(
  device_id: string,
  subscription: Subscription,
  key: PushKey,
  call: Call,
): Promise<PushRequest> {
  webPush ??= (await import('web-push')).default
  const { endpoint, p256dh, auth } = subscription
  const details = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payloadOf(call), {
    vapidDetails: { subject: CONTACT, publicKey: key.publicKey, privateKey: key.privateKey },
    TTL: TTL_SECONDS,
    urgency: 'high',
    topic: topicOf(key, device_id, call.session_id),
  })
  return { url: endpoint, headers: details.headers as PushRequest['headers'], body: details.body }
}

/** JSON, filled up with blanks. */
function payloadOf({ session_id, title, text }: Call): Buffer {
  const shown = { session_id, title: oneLine(title, TITLE_CHARACTERS), text: oneLine(text, TEXT_CHARACTERS) }
  const payload = Buffer.alloc(PAYLOAD_BYTES, ' ')
  const json = Buffer.from(JSON.stringify(shown))
  if (json.length > PAYLOAD_BYTES) throw new Error('a notification that is too long')
  json.copy(payload)
  return payload
}
