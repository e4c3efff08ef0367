// Reads the newest version from the update feed, with limits and validation, for electron-updater.
import type { Session } from 'electron'
import electronUpdater, { type AppUpdater } from 'electron-updater'
import { GenericProvider } from 'electron-updater/out/providers/GenericProvider.js'
import * as z from 'zod'
import { CodedError } from '../../../protocol/errors.ts'
import { isFeed } from '../system/preferences.ts'

/** Largest feed; what electron-builder writes has about 400 bytes. */
const FEED_BYTES = 64 * 1024
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

  constructor(options: { url: string; session: Session }, updater: AppUpdater, runtime: RuntimeOptions) {
    super({ provider: 'generic', url: options.url }, updater, runtime)
    this.#session = options.session
  }

  override async getLatestVersion() {
    const latest: unknown = await super.getLatestVersion()
    const parsed = LatestVersion.safeParse(latest)
    if (parsed.success) return parsed.data
    throw new CodedError('update_unavailable', 'the feed is invalid', { cause: parsed.error })
  }

  protected override httpRequest(url: URL): Promise<string> {
    return read(this.#session, url)
  }
}
type RuntimeOptions = ConstructorParameters<typeof GenericProvider>[2]

/** An updater that contacts only `url` and does nothing by itself. */
export function createUpdater(url: string): AppUpdater {
  const { autoUpdater: updater } = electronUpdater
  updater.logger = null
  updater.autoDownload = false
  // Installing on quit could ask for a password, or replace the app when the user only wanted to restart it.
  updater.autoInstallOnAppQuit = false
  // A package that cannot replace itself still reports a newer version.
  updater.forceDevUpdateConfig = true
  const session = updater.netSession
  guard(session)
  updater.setFeedURL({ provider: 'custom', updateProvider: FeedProvider, url, session } as never)
  return updater
}

/** Forces HTTPS for all requests of the updater, whatever a feed or a redirect says, except to this computer. */
function guard(session: Session): void {
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isFeed(url) }))
}

async function read(session: Session, url: URL): Promise<string> {
  const done = new AbortController()
  try {
    return await readUntil(AbortSignal.any([done.signal, AbortSignal.timeout(FEED_MS)]), session, url)
  } finally {
    // An unread body keeps its request open.
    done.abort()
  }
}

async function readUntil(signal: AbortSignal, session: Session, url: URL): Promise<string> {
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
      if (bytes > FEED_BYTES) break
      chunks.push(chunk)
    }
  } catch (cause) {
    throw new CodedError('update_unavailable', `${url.host} stopped answering`, { cause })
  }
  if (bytes > FEED_BYTES) throw new CodedError('update_unavailable', `the feed of ${url.host} is too large`)
  return Buffer.concat(chunks).toString()
}
