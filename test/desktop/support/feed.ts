// A local update feed with the answers that a test wants.
import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

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
    const what = feed.answers[path] ?? 404
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
