// A local update feed with the answers that a test wants, signed with a key of the tests.
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'
import { newKey, readKey, signContent } from '../../../assets/sign-release.ts'

const key = newKey()
export const TEST_KEY = key.publicKey
// A checkout accepts it (updates.ts).
process.env.OTG_TEST_RELEASE_KEY = TEST_KEY

export interface Feed {
  url: string
  /** Requested paths without their queries, and the headers of each request. */
  asked: { path: string; headers: NodeJS.Dict<string | string[]> }[]
  /** The answers, by path. */
  answers: Record<string, string | Buffer | number | ((answer: ServerResponse) => void)>
  stop(): void
}

export async function startFeed(): Promise<Feed> {
  const server = createServer((request, answer) => {
    const path = request.url!.split('?')[0]!
    feed.asked.push({ path, headers: request.headers })
    const what = feed.answers[path] ?? signatureOf(feed, path) ?? 404
    if (typeof what === 'function') what(answer)
    else if (typeof what === 'number') answer.writeHead(what).end(`no ${path}`)
    else answer.writeHead(200, { 'content-length': Buffer.byteLength(what) }).end(what)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const feed: Feed = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/updates`,
    asked: [],
    answers: {},
    stop: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return feed
}

/** The signature of a feed, unless the test has an answer of its own: none for what is no text. */
function signatureOf({ answers }: Feed, path: string): string | undefined {
  const signed = /^(.*)\.minisig$/.exec(path)?.[1]
  const content = signed === undefined ? undefined : answers[signed]
  return typeof content === 'string' ? signatureFor(content, basename(signed!)) : undefined
}

/** A signature of the test key, valid for a day. */
export function signatureFor(
  content: string,
  file: string,
  changes: { version?: string; expires?: Date } = {},
): string {
  const version = /^version: (.*)$/m.exec(content)?.[1] ?? 'none'
  const now = new Date()
  const statement = { file, version, signed: now, expires: new Date(now.getTime() + 24 * 3600_000), ...changes }
  return signContent(Buffer.from(content), readKey(key.secret), statement)
}

/** As electron-builder writes it (`latest-linux.yml`), for one file. */
export function latest(version: string, name: string, file: string | Buffer): string {
  const sha512 = createHash('sha512').update(file).digest('base64')
  return `version: ${version}
files:
  - url: ${name}
    sha512: ${sha512}
    size: ${Buffer.byteLength(file)}
path: ${name}
sha512: ${sha512}
releaseDate: '2026-01-02T03:04:05.678Z'
`
}
