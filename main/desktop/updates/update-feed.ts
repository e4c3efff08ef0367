// Reads the newest version from the update feed, with limits and validation, for electron-updater.
import type { Session } from 'electron'
import electronUpdater, { type AppUpdater } from 'electron-updater'
import { GenericProvider } from 'electron-updater/out/providers/GenericProvider.js'
import * as z from 'zod'
import { CodedError } from '../../../protocol/errors.ts'
import { isFeed } from '../system/preferences.ts'
import { parseReleaseKey, type ReleaseKey, type SignedFeed, verifyFeed } from './signature.ts'

/** Largest feed; what electron-builder writes has about 400 bytes. */
const FEED_BYTES = 64 * 1024
/** Largest signature; minisign's has 300 bytes and two comments. */
const SIGNATURE_BYTES = 4 * 1024
/** Longer than a slow server needs. */
const FEED_MS = 20_000

/** The fields of electron-builder's `latest*.yml` that are used. */
const LatestVersion = z.object({
  version: z.string().max(64),
  files: z
    .array(z.object({ url: z.string().min(1).max(2000), sha512: z.string().length(88), size: z.int().min(1) }))
    .min(1)
    .max(20),
  path: z.string().max(2000).default(''),
  sha512: z.string().max(200).default(''),
  releaseDate: z.coerce.string().max(64).default(''),
})

/** Replaces electron-updater's own provider, which has no limits and identifies the user. */
class FeedProvider extends GenericProvider {
  readonly #session: Session
  readonly #keys: readonly ReleaseKey[]
  #signed: SignedFeed | undefined

  constructor(
    options: { url: string; session: Session; keys: readonly ReleaseKey[] },
    updater: AppUpdater,
    runtime: RuntimeOptions,
  ) {
    super({ provider: 'generic', url: options.url }, updater, runtime)
    this.#session = options.session
    this.#keys = options.keys
  }

  override async getLatestVersion() {
    const latest: unknown = await super.getLatestVersion()
    const parsed = LatestVersion.safeParse(latest)
    if (!parsed.success) throw new CodedError('update_unavailable', 'the feed is invalid', { cause: parsed.error })
    if (parsed.data.version !== this.#signed?.version)
      throw new CodedError('update_unavailable', 'the signature of the feed is for another version')
    return parsed.data
  }

  /** Nothing of a feed is used before its signature was verified. */
  protected override async httpRequest(url: URL): Promise<string> {
    const content = await read(this.#session, url, FEED_BYTES)
    const beside = new URL(url)
    beside.pathname += '.minisig'
    const signature = await read(this.#session, beside, SIGNATURE_BYTES)
    const file = url.pathname.slice(url.pathname.lastIndexOf('/') + 1)
    this.#signed = verifyFeed(content, signature.toString(), { file, keys: this.#keys, now: Date.now() })
    return content.toString()
  }
}
type RuntimeOptions = ConstructorParameters<typeof GenericProvider>[2]

/** An updater that contacts only `url`, accepts what is signed with one of `keys`, and does nothing by itself. */
export function createUpdater(url: string, keys: readonly string[]): AppUpdater {
  const { autoUpdater: updater } = electronUpdater
  updater.logger = null
  updater.autoDownload = false
  // Installing on quit could ask for a password, or replace the app when the user only wanted to restart it.
  updater.autoInstallOnAppQuit = false
  // A package that cannot replace itself still reports a newer version.
  updater.forceDevUpdateConfig = true
  const session = updater.netSession
  guard(session)
  updater.setFeedURL({
    provider: 'custom',
    updateProvider: FeedProvider,
    url,
    session,
    keys: keys.map(parseReleaseKey),
  } as never)
  return updater
}

/** Forces HTTPS for all requests of the updater, whatever a feed or a redirect says, except to this computer. */
function guard(session: Session): void {
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isFeed(url) }))
}

async function read(session: Session, url: URL, maxBytes: number): Promise<Buffer> {
  const done = new AbortController()
  try {
    return await readUntil(AbortSignal.any([done.signal, AbortSignal.timeout(FEED_MS)]), session, url, maxBytes)
  } finally {
    // An unread body keeps its request open.
    done.abort()
  }
}

async function readUntil(signal: AbortSignal, session: Session, url: URL, maxBytes: number): Promise<Buffer> {
  let answer: Response
  try {
    answer = await session.fetch(url.href, { credentials: 'omit', cache: 'no-store', signal })
  } catch (cause) {
    throw new CodedError('update_unavailable', `${url.host} does not answer`, { cause })
  }
  if (!answer.ok)
    throw new CodedError('update_unavailable', `${url.host} answered ${answer.status} for ${url.pathname}`)
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length
      if (bytes > maxBytes) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new CodedError('update_unavailable', `${url.host} stopped answering`, { cause })
  }
  if (bytes > maxBytes) throw new CodedError('update_unavailable', `the feed of ${url.host} is too large`)
  return Buffer.concat(chunks)
}
