// Makes the request for a push service: encrypted for one browser (RFC 8291) and signed (RFC 8292).
import type WebPush from 'web-push'
import { oneLine } from '../../../protocol/one-line.ts'
import { type PushKey, topicOf } from './push-key.ts'
import type { Subscription } from './subscriptions.ts'

/** What a notification shows. */
export interface PushNotification {
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
 * The operator's address for push services. It is required, and Apple's service refuses domains that cannot be resolved
 * (https://github.com/jkingsman/Remote-Terminal-for-MeshCore/issues/288, where this domain is accepted).
 */
const CONTACT = 'mailto:on-the-go@example.com'

/** What a phone's screen shows of a title and of a text. */
const TITLE_CHARACTERS = 100
const TEXT_CHARACTERS = 200

/** All messages are padded to this length, so that their size tells nothing. Services accept 4096 bytes encrypted. */
export const PAYLOAD_BYTES = 2048

/** A notification that is not delivered within this expires; the page shows it when it is opened. */
const TTL_SECONDS = 12 * 3600

/** 9 MB with its dependencies: loaded for the first notification. */
let webPush: typeof WebPush | undefined

export async function pushRequest(
  device_id: string,
  subscription: Subscription,
  key: PushKey,
  notification: PushNotification,
): Promise<PushRequest> {
  webPush ??= (await import('web-push')).default
  const { endpoint, p256dh, auth } = subscription
  const details = webPush.generateRequestDetails({ endpoint, keys: { p256dh, auth } }, payloadOf(notification), {
    vapidDetails: { subject: CONTACT, publicKey: key.publicKey, privateKey: key.privateKey },
    TTL: TTL_SECONDS,
    urgency: 'high',
    topic: topicOf(key, device_id, notification.session_id),
  })
  return { url: endpoint, headers: details.headers as PushRequest['headers'], body: details.body }
}

/** JSON, padded with spaces. */
function payloadOf({ session_id, title, text }: PushNotification): Buffer {
  const shown = { session_id, title: oneLine(title, TITLE_CHARACTERS), text: oneLine(text, TEXT_CHARACTERS) }
  const payload = Buffer.alloc(PAYLOAD_BYTES, ' ')
  const json = Buffer.from(JSON.stringify(shown))
  if (json.length > PAYLOAD_BYTES) throw new Error('the notification is too long')
  json.copy(payload)
  return payload
}
