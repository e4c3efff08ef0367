// Messages about the host's settings, for clients on its own computer (role `local`).
import * as z from 'zod/mini'
import { request_id, text } from './fields.ts'
import { AttentionKind } from './sessions.ts'

/** What a host's log contains: lines of this level and above. */
export const LogLevel = z.enum(['debug', 'info', 'warn', 'error'])

/** The settings of a host; null: the host chooses. main/host/settings/settings.ts describes each. */
const SettingValues = () =>
  z.object({
    session_megabytes: z.number(),
    total_megabytes: z.number(),
    retention_days: z.number(),
    idle_hours: z.number(),
    end_busy: z.boolean(),
    single_client: z.boolean(),
    agents_may_control: z._default(z.boolean(), false),
    device_days: z.number(),
    ask_again_days: z.number(),
    obscure_typing: z.boolean(),
    keystore: z._default(z.enum(['off', 'keys', 'all']), 'off'),
    upload_megabytes: z._default(z.number(), 100),
    uploads_total_megabytes: z._default(z.number(), 1000),
    push: z._default(z.boolean(), true),
    notify_kinds: z._default(z.array(AttentionKind), [...AttentionKind.options]),
    notify_trouble: z._default(z.boolean(), true),
    quiet_hours: z._default(
      z.nullable(
        z.object({ from: z.string(), to: z.string(), days: z.array(z.string()), except_blocked: z.boolean() }),
      ),
      null,
    ),
    ntfy: z._default(z.nullable(z.object({ server: z.string(), topic: z.string(), include_text: z.boolean() })), null),
    webhook: z._default(z.nullable(z.object({ url: z.string(), include_text: z.boolean() })), null),
    log_level: z._default(LogLevel, 'info'),
    login_environment: z._default(z.boolean(), true),
    /** A program, or an argv. */
    shell: z.nullable(z.union([z.string(), z.array(z.string())])),
    port: z.nullable(z.int()),
    bind: z.string(),
    allow_hosts: z.array(z.string()),
    tls: z.nullable(z.union([z.literal('tailscale'), z.object({ cert: z.string(), key: z.string() })])),
  })
export type SettingValues = z.infer<ReturnType<typeof SettingValues>>

export const settingRequests = () =>
  [
    /** `watch`: also send `settings` again whenever something in it changes. */
    z.object({ type: z.literal('settings'), request_id, watch: z.optional(z.boolean()) }),
    /** Values by name, null for the default. Applied all or none; the error names the wrong one. */
    z.object({ type: z.literal('change_settings'), request_id, change: z.record(text(64), z.unknown()) }),
    /** The access token for the ntfy server of the settings; null: none. It is never sent back. */
    z.object({ type: z.literal('set_ntfy_token'), request_id, token: z.nullable(text(1024)) }),
    /** A new secret to sign webhook requests with, in place of the old one. */
    z.object({ type: z.literal('renew_webhook_secret'), request_id }),
    /** Sends a test notification now. Answered with `ok` when the server has accepted it, or with `notify_failed`. */
    z.object({ type: z.literal('test_notifications'), request_id, channel: z.enum(['ntfy', 'webhook']) }),
  ] as const

export const SETTING_MESSAGES = {
  /** A person has to allow this request of a program first; its answer follows within `seconds`. */
  awaiting_grant: () =>
    z.object({ type: z.literal('awaiting_grant'), request_id, seconds: z.number().check(z.nonnegative()) }),
  /** Answers `settings` (with its request_id), and is sent again while watching (without). */
  settings: () =>
    z.object({
      type: z.literal('settings'),
      request_id: z.optional(request_id),
      values: SettingValues(),
      defaults: SettingValues(),
      /** Settings that an option of the host's command line overrides. */
      fixed: z.array(z.string()),
      /** Which secrets are set. */
      secrets: z._default(z.object({ ntfy_token: z.boolean(), webhook_secret: z.boolean() }), {
        ntfy_token: false,
        webhook_secret: false,
      }),
    }),
  /** Answers `renew_webhook_secret`: the only message that ever has it. */
  webhook_secret: () => z.object({ type: z.literal('webhook_secret'), request_id, secret: z.string() }),
}
