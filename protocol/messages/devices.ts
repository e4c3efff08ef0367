// Messages about devices: pairing, the device list, and push notifications.
import * as z from 'zod/mini'
import { MAX_DEVICE_SESSIONS, PUSH_ENDPOINT_CHARACTERS, PUSH_KEY_CHARACTERS } from '../limits.ts'
import { id, request_id, text } from './fields.ts'

/** What kind of network an address belongs to. `named`: a name that the settings or a reverse proxy gave. */
export const AddressKind = z.enum(['named', 'tailnet', 'lan', 'vpn', 'public', 'container', 'link_local', 'loopback'])
export type AddressKind = z.infer<typeof AddressKind>

const PairingAddress = () =>
  z.object({
    /** With the secret in its fragment. */
    url: z.string(),
    /** The host name or IP address in it. */
    name: z.string(),
    kind: AddressKind,
  })
export type PairingAddress = z.infer<ReturnType<typeof PairingAddress>>

/** A paired phone. */
const DeviceInfo = () =>
  z.object({
    device_id: id,
    name: z.string(),
    read_only: z.boolean(),
    /** Its key was made on an HTTPS page and works only there; else on a plain HTTP page. */
    secure: z.boolean(),
    created_at: z.int(),
    last_seen: z.int(),
    /** Where it connected from last. */
    address: z.string(),
    /** Its open connections. */
    connected: z.int(),
    /** The host has its push subscription: it is notified even while its page is closed. */
    notified: z._default(z.boolean(), false),
    /** The only sessions that it sees, besides those that it starts. Left out: all. */
    sessions: z.optional(z.array(id)),
  })
export type DeviceInfo = z.infer<ReturnType<typeof DeviceInfo>>

/** A phone that has presented the pairing secret and waits for approval. */
const PairingRequest = () =>
  z.object({
    pairing_id: id,
    /** The name that it proposes. */
    name: z.string(),
    /** Six digits; the phone shows the same ones. */
    code: z.string(),
    address: z.string(),
    secure: z.boolean(),
    expires_at: z.int(),
    /** It was paired before, and has to be confirmed again. */
    again: z._default(z.boolean(), false),
    /** A paired device whose name looks like this one: it may be another phone that wants to be taken for it. */
    looks_like: z._default(z.nullable(z.object({ name: z.string(), created_at: z.int() })), null),
  })
export type PairingRequest = z.infer<ReturnType<typeof PairingRequest>>

/** What a browser gives to be notified with (W3C Push API, `PushSubscription.toJSON`), keys in base64url. */
export const PushSubscription = z.strictObject({
  endpoint: text(PUSH_ENDPOINT_CHARACTERS),
  p256dh: text(PUSH_KEY_CHARACTERS),
  auth: text(PUSH_KEY_CHARACTERS),
})
export type PushSubscription = z.infer<typeof PushSubscription>

export const deviceRequests = () =>
  [
    /** How to notify this device while its page is closed: with `subscription` from now on, or (null) not at all. Left out: only query. */
    z.object({
      type: z.literal('push'),
      request_id,
      subscription: z.optional(z.nullable(PushSubscription)),
      /** Sends a notification at once, which says that it is a test. The reply tells of trouble. */
      test: z.optional(z.literal(true)),
    }),
    // The rest is for clients on the host's own computer (role `local`).
    /** Shows the pairing code, or hides it. It is valid while a client shows it, and changes meanwhile. */
    /** `renew`: a person asks for another code, after devices have spent too many. */
    z.object({ type: z.literal('show_pairing'), request_id, show: z.boolean(), renew: z.optional(z.boolean()) }),
    /** `watch`: also send `devices` again whenever something in it changes. */
    z.object({ type: z.literal('devices'), request_id, watch: z.optional(z.boolean()) }),
    /** Approves or refuses a phone that waits. */
    z.object({
      type: z.literal('answer_pairing'),
      request_id,
      pairing_id: id,
      allow: z.boolean(),
      /** It can view everything and change nothing. */
      read_only: z.optional(z.boolean()),
    }),
    z.object({
      type: z.literal('update_device'),
      request_id,
      device_id: id,
      name: z.optional(text(64)),
      read_only: z.optional(z.boolean()),
      /** Limits it to these sessions, and to those that it starts from now on; null: no longer. */
      sessions: z.optional(z.nullable(z.array(id).check(z.maxLength(MAX_DEVICE_SESSIONS)))),
    }),
    /** Forgets the device's key and closes its connections. */
    z.object({ type: z.literal('revoke_device'), request_id, device_id: id }),
  ] as const

export const PUSH_MESSAGES = {
  /** Answers `push`. */
  push: () =>
    z.object({
      type: z.literal('push'),
      request_id,
      /** The host's key, which subscriptions are made for (base64url); null: this host sends no notifications. */
      key: z.nullable(z.string()),
      /** The host has a subscription of this device. */
      subscribed: z.boolean(),
      /** Why the last notification, or the last attempt to reach the push service, failed. */
      trouble: z.nullable(z.enum(['unreachable', 'refused'])),
    }),
}

/** For clients on the host's own computer (role `local`). */
export const DEVICE_MESSAGES = {
  /** Answers `show_pairing` (with its request_id), and is sent again (without) when something in it changes. */
  pairing: () =>
    z.object({
      type: z.literal('pairing'),
      request_id: z.optional(request_id),
      /** Where a phone can reach this host, the best first. None: there is no network, or the codes are exhausted. */
      addresses: z.array(PairingAddress()),
      /** When the secret in the addresses expires. A new one is sent before that. */
      expires_at: z.int(),
      /** The last browser that loaded the page since the code is shown. */
      reached: z.nullable(z.object({ address: z.string(), at: z.int() })),
      /** Codes that devices have used since a person answered a request or asked for a code. */
      spent: z._default(z.int(), 0),
      /** Too many: no code is shown until a person asks for one (`renew`). */
      exhausted: z._default(z.boolean(), false),
    }),
  /** Answers `devices` (with its request_id), and is sent again while watching (without). */
  devices: () =>
    z.object({
      type: z.literal('devices'),
      request_id: z.optional(request_id),
      devices: z.array(DeviceInfo()),
      requests: z.array(PairingRequest()),
    }),
}
