// Messages about the connection itself, and replies that requests of every subject share.
import * as z from 'zod/mini'
import { handle, offset, request_id, text } from './fields.ts'

export const ClientKind = z.enum(['phone', 'desktop', 'cli', 'script'])
export type ClientKind = z.infer<typeof ClientKind>

export const connectionRequests = () =>
  [
    z.object({
      type: z.literal('hello'),
      /** Every version that the client speaks; the host picks the best that both know. */
      versions: z.array(z.int()).check(z.minLength(1), z.maxLength(16)),
      /** `name`: what the host should call this client; a proposal. */
      client: z.object({ kind: ClientKind, name: text(64) }),
    }),
    z.object({ type: z.literal('ping'), request_id }),
    /** Ends the search, export, deletion or upload with this request_id; it is answered with `cancelled` unless it was done. */
    z.object({ type: z.literal('cancel'), request_id }),
    /** Whether a person is at this client's screen, whatever it shows. Until the first one, the host assumes that no one is. */
    z.object({ type: z.literal('presence'), present: z.boolean() }),
  ] as const

export const CONNECTION_MESSAGES = {
  welcome: () =>
    z.object({
      type: z.literal('welcome'),
      version: z.int(),
      role: z.enum(['local', 'device']),
      host: z.object({ name: z.string(), pid: z.int(), version: z.string(), platform: z.string(), shell: z.string() }),
      /** This device can view everything and change nothing. */
      read_only: z.boolean(),
      /** Messages leave at this interval while somebody types, in both directions (the setting `obscure_typing`). */
      pace_ms: z._default(z.nullable(z.int()), null),
    }),
  /** A person at the desktop has to approve this device first; `welcome` or an `error` follows within `seconds`. */
  awaiting_approval: () =>
    z.object({ type: z.literal('awaiting_approval'), seconds: z.number().check(z.nonnegative()) }),
  pong: () => z.object({ type: z.literal('pong'), request_id }),
  ok: () => z.object({ type: z.literal('ok'), request_id }),
  /** How far an export, an upload or a deletion has come, in bytes. */
  progress: () => z.object({ type: z.literal('progress'), request_id, done: offset, total: offset }),
  /** Answers a request (`request_id`), is about an attachment (`handle`), or ends the connection (neither). */
  error: () =>
    z.object({
      type: z.literal('error'),
      request_id: z.optional(request_id),
      handle: z.optional(handle),
      code: z.string(),
      message: z.string(),
    }),
}
