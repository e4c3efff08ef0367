// What a feed says is the newest version: read within bounds, checked, and given to electron-updater. Knows no window and no
// download.
import type { Session } from 'electron'
import electronUpdater, { type AppUpdater } from 'electron-updater'
import { GenericProvider } from 'electron-updater/out/providers/GenericProvider.js'
import * as z from 'zod'
import { CodedError } from '../../../protocol/errors.ts'
import { isFeed } from '../system/preferences.ts'

/** A page of text; one that electron-builder writes has some 400 bytes. */
const FEED_BYTES = 64 * 1024
/** Longer than a slow server needs for one page. */
const FEED_MS = 20_000

/** What is used of it (electron-builder's `latest*.yml`); all else is left out. */
const Newest = z.object({
  version: z.string().max(64),
  files: z
    .array(z.object({ url: z.string().min(1).max(2000), sha512: z.string().length(88), size: z.int().min(1) }))
    .min(1)
    .max(20),
  path: z.string().max(2000).default(''),
  sha512: z.string().max(200).default(''),
  releaseDate: z.coerce.string().max(64).default(''),
})

/** electron-updater's own reads whatever comes, and says who asks. */
class Feed extends GenericProvider {
  readonly #session: Session

  constructor(options: { url: string; session: Session }, updater: AppUpdater, runtime: RuntimeOptions) {
    super({ provider: 'generic', url: options.url }, updater, runtime)
    this.#session = options.session
  }

  override async getLatestVersion() {
    const said: unknown = await super.getLatestVersion()
    const parsed = Newest.safeParse(said)
    if (parsed.success) return parsed.data
    throw new CodedError('update_unavailable', 'what the feed says is no list of updates', { cause: parsed.error })
  }

  protected override httpRequest(url: URL): Promise<string> {
    return read(this.#session, url)
  }
}
type RuntimeOptions = ConstructorParameters<typeof GenericProvider>[2]

/** The updater, asking `url` and nobody else, and doing nothing by itself. */
export function updaterOf(url: string): AppUpdater {
  const { autoUpdater: updater } = electronUpdater
  updater.logger = null
  updater.autoDownload = false
  // Installing at quit would ask for a password, or end what somebody only wanted to restart, without a word.
  updater.autoInstallOnAppQuit = false
  // Also a package that cannot replace itself says that there is a newer one.
  updater.forceDevUpdateConfig = true
  const session = updater.netSession
  guard(session)
  updater.setFeedURL({ provider: 'custom', updateProvider: Feed, url, session } as never)
  return updater
}

/** The updater's requests go over HTTPS, also where a feed or a redirect says otherwise; to this computer as it likes. */
function guard(session: Session): void {
  session.webRequest.onBeforeRequest(({ url }, answer) => answer({ cancel: !isFeed(url) }))
}

async function read(session: Session, url: URL): Promise<string> {
  const enough = new AbortController()
  try {
    return await readUntil(AbortSignal.any([enough.signal, AbortSignal.timeout(FEED_MS)]), session, url)
  } finally {
    // Leaving a body unread does not end its request.
    enough.abort()
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
  if (bytes > FEED_BYTES) throw new CodedError('update_unavailable', `what ${url.host} sends is no list of updates`)
  return Buffer.concat(chunks).toString()
}
