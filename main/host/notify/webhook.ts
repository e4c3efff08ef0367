// Requests to a webhook, signed as Standard Webhooks describes (https://www.standardwebhooks.com).
import type { Notice } from './notice.ts'
import type { PostRequest } from './post.ts'

export interface WebhookSetting {
  url: string
  include_text: boolean
}

/** Undefined if there is no secret to sign with: nothing is sent unsigned. */
export function webhookRequest(
  { url, include_text }: WebhookSetting,
  sign: (id: string, timestamp: number, body: string) => string | undefined,
  { id, kind, at, headline, text }: Notice,
  now: number,
): PostRequest | undefined {
  const data = { kind, headline, ...(include_text && { text }) }
  const type = kind === 'trouble' ? 'host.trouble' : 'session.attention'
  const content = JSON.stringify({ type, timestamp: new Date(at).toISOString(), data })
  const timestamp = Math.floor(now / 1000)
  const signature = sign(id, timestamp, content)
  if (signature === undefined) return undefined
  const body = Buffer.from(content)
  return {
    url,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      // The same in every attempt: a receiver drops what it has already.
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signature,
    },
    body,
  }
}
