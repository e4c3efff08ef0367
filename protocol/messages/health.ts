// Messages about the host itself: what is wrong with it, and how it is.
import * as z from 'zod/mini'
import { AddressKind } from './devices.ts'
import { request_id, text } from './fields.ts'

/** Something that is wrong with the host. Its words come from the host, so that older clients show newer kinds. */
const Trouble = () =>
  z.object({
    /** main/host/health/troubles.ts lists them. */
    kind: z.string(),
    /** `error`: something is being lost, or does not work, now. `warning`: it soon may be, or something was done about it. */
    severity: z.enum(['error', 'warning']),
    title: z.string(),
    /** What happens and what is lost. */
    happens: z.string(),
    todo: z.string(),
    /** Unix milliseconds. */
    since: z.int(),
    /** It tells of something that has happened already, and stays until a person has read it. */
    past: z._default(z.boolean(), false),
    /** People are notified of it: the settings allow it, and it has lasted a while. */
    told: z._default(z.boolean(), false),
    /** This client may say that a person has read it (`dismiss_trouble`). */
    dismissible: z.boolean(),
    /** The sessions that it is about; none: it is about the host. */
    sessions: z._default(z.array(z.string()), []),
    /** Bytes of output that are lost so far. */
    bytes: z.optional(z.number()),
    path: z.optional(z.string()),
    /** What the system said. */
    message: z.optional(z.string()),
  })
export type Trouble = z.infer<ReturnType<typeof Trouble>>

export const healthRequests = () =>
  [
    /** `watch`: also send `health` again whenever something in it changes. */
    z.object({ type: z.literal('health'), request_id, watch: z.optional(z.boolean()) }),
    /** A person has read of a trouble that stays until then. */
    z.object({ type: z.literal('dismiss_trouble'), request_id, kind: text(64) }),
    /** How the host is. For clients on its own computer (role `local`). `renew_environment`: ask the login shell again first. */
    z.object({ type: z.literal('status'), request_id, renew_environment: z.optional(z.boolean()) }),
  ] as const

export const HEALTH_MESSAGES = {
  /** Answers `health` (with its request_id), and is sent again while watching (without). What concerns the client. */
  health: () =>
    z.object({ type: z.literal('health'), request_id: z.optional(request_id), troubles: z.array(Trouble()) }),
}

/** For clients on the host's own computer (role `local`). */
export const STATUS_MESSAGES = {
  status: () =>
    z.object({
      type: z.literal('status'),
      request_id,
      /** Unix milliseconds. */
      started_at: z.int(),
      /** Where its page is, the best first. */
      addresses: z.array(z.object({ url: z.string(), kind: AddressKind })),
      /** Running sessions. */
      sessions: z.int(),
      /** Paired devices, and how many of them are connected. */
      devices: z.object({ paired: z.int(), connected: z.int() }),
      recording: z.object({
        /** `behind`: it goes on, but slower than sessions print. */
        state: z.enum(['on', 'behind', 'off']),
        /** Output that is not in the database yet. */
        waiting_bytes: z.int(),
        /** The database; null: it cannot be read now. */
        database: z.nullable(z.object({ path: z.string(), bytes: z.int() })),
      }),
      /**
       * What new sessions get: the login environment, what a shell is started with while the login shell has not told more, or
       * the host's own environment.
       */
      environment: z.enum(['login', 'minimal', 'host']),
      log: z.string(),
    }),
}
