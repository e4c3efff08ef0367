// The secrets of ntfy and the webhook, in a file of their own (0600): settings are sent to windows, secrets never.
import { createHmac, randomBytes } from 'node:crypto'
import * as z from 'zod'
import { CodedError } from '../../../protocol/errors.ts'
import { PLAIN_FILES, type SecretFiles } from '../files/secret-files.ts'
import type { Logger } from '../log/logger.ts'

export const TOKEN_CHARACTERS = 256

/** What an HTTP header may hold (RFC 6750, section 2.1), which every ntfy token is. */
const TOKEN = /^[\w.~+/-]+=*$/

/** As Standard Webhooks recommends: 24 to 64 bytes. */
const SECRET_BYTES = 32
const SECRET_PREFIX = 'whsec_'

const File = z.strictObject({
  version: z.literal(1),
  /** Sent to this server only. */
  ntfy: z.optional(z.strictObject({ server: z.string(), token: z.string().regex(TOKEN).max(TOKEN_CHARACTERS) })),
  webhook_secret: z.optional(z.string().startsWith(SECRET_PREFIX)),
})
type Values = Omit<z.infer<typeof File>, 'version'>

export class NotifySecrets {
  readonly #file: string
  readonly #files: SecretFiles
  readonly #values: Values

  constructor(file: string, log: Pick<Logger, 'error'>, files: SecretFiles = PLAIN_FILES) {
    this.#file = file
    this.#files = files
    this.#values = read(file, log, files)
  }

  /** The access token for this server. */
  ntfyToken(server: string): string | undefined {
    return this.#values.ntfy?.server === server ? this.#values.ntfy.token : undefined
  }

  get hasWebhookSecret(): boolean {
    return this.#values.webhook_secret !== undefined
  }

  /** null: forgets it. Throws `settings_invalid`, `data_dir_unusable`. */
  setNtfyToken(server: string, token: string | null): void {
    if (token !== null && (token.length > TOKEN_CHARACTERS || !TOKEN.test(token)))
      throw new CodedError('settings_invalid', 'this is not an access token; copy it from your ntfy account')
    this.#save({ ...this.#values, ntfy: token === null ? undefined : { server, token } })
  }

  /** Makes a new signing secret and returns it, this once. Throws `data_dir_unusable`. */
  renewWebhookSecret(): string {
    const secret = SECRET_PREFIX + randomBytes(SECRET_BYTES).toString('base64')
    this.#save({ ...this.#values, webhook_secret: secret })
    return secret
  }

  /** The `webhook-signature` header (https://www.standardwebhooks.com); undefined: there is no secret. */
  sign(id: string, timestamp: number, body: string): string | undefined {
    const secret = this.#values.webhook_secret
    if (secret === undefined) return undefined
    const key = Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  }

  #save(values: Values): void {
    this.#files.write(this.#file, `${JSON.stringify({ version: 1, ...values }, null, 2)}\n`)
    Object.assign(this.#values, values)
  }
}

function read(file: string, log: Pick<Logger, 'error'>, files: SecretFiles): Values {
  let text: string
  try {
    text = files.read(file)
  } catch (error) {
    if (error instanceof CodedError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT') log.error({ code }, 'the secrets for ntfy and the webhook cannot be read')
    return {}
  }
  try {
    const { version: _, ...values } = File.parse(JSON.parse(text))
    return values
  } catch {
    // Not the error, which may quote the file.
    log.error({}, 'the secrets for ntfy and the webhook are damaged; enter them again in the settings')
    return {}
  }
}
