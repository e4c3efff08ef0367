// Messages for an ntfy server (https://docs.ntfy.sh/publish/#publish-as-json).
import type { Notice } from './notice.ts'
import type { PostRequest } from './post.ts'

export interface NtfySetting {
  server: string
  topic: string
  include_text: boolean
}

/** ntfy's own bound of a topic. */
export const TOPIC = /^[-\w]{1,64}$/

/** 5: urgent, 3: default. */
const HIGH = 4
const DEFAULT = 3

export function ntfyRequest(
  { server, topic, include_text }: NtfySetting,
  token: string | undefined,
  { kind, headline, text }: Notice,
): PostRequest {
  const shown = include_text && text !== '' ? { title: headline, message: text } : { message: headline }
  const priority = kind === 'blocked' || kind === 'failed' || kind === 'trouble' ? HIGH : DEFAULT
  const body = Buffer.from(JSON.stringify({ topic, ...shown, priority }))
  return {
    url: server,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body,
  }
}
