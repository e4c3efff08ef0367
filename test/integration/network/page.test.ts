// How the page is served: from memory, one request at a time, and never to a peer that does not read.
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import zlib from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type HttpOptions, serveHttp } from '../../../main/host/listen/http.ts'
import { HEAD_BYTES } from '../../../main/host/listen/request-gate.ts'
import { serveSockets } from '../../../main/host/listen/websocket.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../../support/host.ts'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'
import { anyHandshakes } from '../../support/network/handshakes.ts'
import { upgradeRequest } from '../../support/network/raw-websocket.ts'

afterEach(cleanUp)

const SCRIPT = `export const text = ${JSON.stringify('over and over, '.repeat(1_000))}\n`
/** More than the system buffers for a peer that does not read. */
const LARGE = incompressibleBytes(12 * 1024 * 1024)

function webRoot(): string {
  const root = temporaryFolder()
  mkdirSync(join(root, 'assets'))
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>On the Go</title>')
  writeFileSync(join(root, 'assets', 'main-12345678.js'), SCRIPT)
  writeFileSync(join(root, 'assets', 'main-12345678.js.br'), zlib.brotliCompressSync(SCRIPT))
  writeFileSync(join(root, 'assets', 'main-12345678.js.gz'), zlib.gzipSync(SCRIPT))
  writeFileSync(join(root, 'assets', 'large.woff2'), LARGE)
  return root
}

async function serve(timing: HttpOptions['timing'] = {}) {
  const root = webRoot()
  const log = { info: () => {}, error: () => {} }
  const options = { bind: ['127.0.0.1'], port: 0, webRoot: root, version: '0.0.0-test', allow_hosts: [], log }
  const http = await serveHttp({ ...options, timing })
  onCleanUp(() => http.close())
  return { ...http, root }
}

interface Response {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

function get(port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, headers, method, agent: false }, response => {
      const chunks: Buffer[] = []
      response.on('data', chunk => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }),
      )
    })
      .on('error', reject)
      .end()
  })
}

function open(port: number, text = ''): Socket {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  onCleanUp(() => socket.destroy())
  socket.write(text)
  return socket
}

/** Sends bytes as they are; returns everything that the server sent until it closed. */
async function talk(port: number, text: string): Promise<string> {
  const socket = open(port, text)
  let answer = ''
  socket.on('data', data => {
    answer += data
  })
  await once(socket, 'close')
  return answer
}

const ask = (port: number, path = '/', more = '') => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${more}\r\n`
const statuses = (answers: string) => [...answers.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status))

describe('a file of the page', () => {
  it('is sent in the smallest form that the browser accepts, with its type and how long to keep it', async () => {
    const { port } = await serve()
    const path = '/assets/main-12345678.js'
    for (const [accept, encoding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip, br;q=0', 'gzip'],
      ['*', 'br'],
      ['identity', undefined],
      ['', undefined],
      ['br;q=0, gzip;q=0.0, *;q=0', undefined],
    ] as const) {
      const { status, headers, body } = await get(port, path, { 'accept-encoding': accept })
      expect([accept, status, headers['content-encoding']]).toEqual([accept, 200, encoding])
      const inflate = { br: zlib.brotliDecompressSync, gzip: zlib.gunzipSync }
      expect(String(encoding ? inflate[encoding](body) : body)).toBe(SCRIPT)
      expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
      expect(headers.vary).toBe('accept-encoding')
    }
    const page = await get(port, '/')
    expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' })
  })

  it('is not sent again to a browser that has it', async () => {
    const { port } = await serve()
    const { etag } = (await get(port, '/')).headers
    for (const known of [etag!, `W/${etag}`, `"x", ${etag}`]) {
      const { status, body, headers } = await get(port, '/', { 'if-none-match': known })
      expect([status, body.length, headers.etag]).toEqual([304, 0, etag])
    }
    expect((await get(port, '/', { 'if-none-match': '"x"' })).status).toBe(200)
  })

  it('is described by HEAD, and other methods are refused with 405', async () => {
    const { port } = await serve()
    const { status, headers, body } = await get(port, '/assets/large.woff2', {}, 'HEAD')
    expect([status, headers['content-length'], body.length]).toEqual([200, String(LARGE.length), 0])
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])
      expect((await get(port, '/', {}, method)).status, method).toBe(405)
  })

  it('case 76: is read once, so that a request opens no file', async () => {
    const { port, root } = await serve()
    rmSync(root, { recursive: true })
    expect((await get(port, '/assets/large.woff2')).body.equals(Buffer.from(LARGE))).toBe(true)
  })
})

describe('case 76: pipelined requests', () => {
  it('are answered one after the other, in order', async () => {
    const { port } = await serve()
    const paths = ['/', '/health', '/nothing', '/assets/main-12345678.js', '/health']
    const requests = paths.map(path => ask(port, path)).join('') + ask(port, '/', 'Connection: close\r\n')
    expect(statuses(await talk(port, requests))).toEqual([200, 200, 404, 200, 200, 200])
    // Also in single bytes.
    const socket = open(port)
    socket.setNoDelay(true)
    let answer = ''
    socket.on('data', data => {
      answer += data
    })
    for (const byte of requests) {
      socket.write(byte)
      await new Promise(resolve => setImmediate(resolve))
    }
    await until(() => socket.destroyed)
    expect(statuses(answer)).toEqual([200, 200, 404, 200, 200, 200])
  })

  it('wait unread behind a response that is not read: no memory, no descriptors', async () => {
    const { port, server } = await serve()
    const flood = ask(port, '/assets/large.woff2').repeat(3_000)
    const before = { memory: process.memoryUsage(), descriptors: descriptors() }
    const sockets = Array.from({ length: 60 }, () => open(port, flood).pause())
    await until(async () => (await connections(server)) === sockets.length)
    // In each turn, all of them are served.
    for (let turn = 0; turn < 20; turn++) await get(port, '/health')
    const { memory } = before
    const now = process.memoryUsage()
    const added = now.arrayBuffers + now.heapUsed - memory.arrayBuffers - memory.heapUsed
    // What these clients themselves hold is 60 times the flood; an answer for each request would be 12 GB.
    expect(added).toBeLessThan(60 * (flood.length + 256 * 1024))
    // Both ends of each socket.
    expect(descriptors() - before.descriptors).toBeLessThanOrEqual(2 * sockets.length + 8)
  })
})

const descriptors = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)

describe('case 77: a peer', () => {
  it('that reads none of a response is reset, and its place is free again', async () => {
    const { port, server } = await serve({ stalled_ms: 100 })
    const socket = open(port, ask(port, '/assets/large.woff2')).pause()
    await until(async () => (await connections(server)) === 1)
    await until(async () => (await connections(server)) === 0)
    socket.resume()
    await until(() => socket.destroyed)
    expect(socket.bytesRead).toBeLessThan(LARGE.length)
  })

  it('that reads too slowly is reset in the end', async () => {
    const { port, server } = await serve({ stalled_ms: 2_000, response_ms: 300 })
    const socket = open(port, ask(port, '/assets/large.woff2')).pause()
    await until(async () => (await connections(server)) === 1)
    const sip = setInterval(() => socket.read(1024), 10)
    onCleanUp(() => clearInterval(sip))
    await until(async () => (await connections(server)) === 0)
    clearInterval(sip)
  })

  it('that makes one request and keeps the connection is closed in order, and one that goes on is served', async () => {
    const { port, server } = await serve({ keep_alive_ms: 300 })
    const busy = open(port)
    let answers = 0
    busy.on('data', () => {
      answers++
      if (answers < 5) busy.write(ask(port, '/health'))
    })
    busy.write(ask(port, '/health'))
    await once(busy, 'end')
    expect(answers).toBe(5)
    await until(async () => (await connections(server)) === 0)
  })

  it('that trickles the head of its second request is answered with 408', async () => {
    const { port } = await serve({ headers_ms: 200, keep_alive_ms: 60_000 })
    expect(statuses(await talk(port, `${ask(port, '/health')}GET / HTTP/1.1\r\nX-Slow: `))).toEqual([200, 408])
  })

  it('that sends only empty lines is closed', async () => {
    const { port } = await serve({ headers_ms: 200 })
    expect(statuses(await talk(port, '\r\n\r\n\r\n\r\n'))).toEqual([408])
  })
})

const connections = (server: { getConnections(done: (error: unknown, n: number) => void): unknown }) =>
  new Promise<number>(resolve => server.getConnections((_error, n) => resolve(n)))

describe('case 82: a request that can be read in two ways', () => {
  it.each([
    ['two Host headers', 'Host: evil.example\r\n', 400],
    ['the same Host twice', 'HOST: 127.0.0.1\r\n', 400],
    ['a body', 'Content-Length: 5\r\n', 413],
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 5\r\n', 400],
    ['chunks', 'Transfer-Encoding: chunked\r\n', 413],
    ['chunks and a length', 'Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', 400],
    ['two encodings', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n', 400],
    ['chunks that are not the last encoding', 'Transfer-Encoding: chunked, x\r\n', 400],
    ['a continued header', 'X: y\r\n z\r\n', 400],
    ['a blank before a colon', 'Content-Length : 5\r\n', 400],
    ['an expectation of 100', 'Expect: 100-continue\r\n', 417],
    ['another expectation', 'Expect: x\r\n', 417],
    ['a head that is too long', `X: ${'x'.repeat(HEAD_BYTES)}\r\n`, 431],
    ['thousands of headers', 'X: y\r\n'.repeat(HEAD_BYTES / 5), 431],
  ])('is refused once, and what follows is not a request: %s', async (_what, header, status) => {
    const { port } = await serve()
    const answers = await talk(port, `${ask(port, '/health', header)}5\r\nabcde\r\n0\r\n\r\n${ask(port, '/nothing')}`)
    expect(statuses(answers)).toEqual([status])
  })

  it.each(['host', 'upgrade', 'sec-websocket-key'])('is refused as an upgrade: two %s headers', async name => {
    const http = await serve()
    const sockets = serveSockets({ ...http, ...anyHandshakes(), accept: () => {} })
    onCleanUp(() => sockets.close())
    const request = upgradeRequest(http.port).replace(/\r\n\r\n$/, `\r\n${name}: websocket\r\n\r\n`)
    expect(statuses(await talk(http.port, request))).toEqual([400])
  })

  it('is refused with 421 if it has no Host, also in HTTP/1.0, and with 405 if it wants a tunnel', async () => {
    const { port } = await serve()
    const close = 'Connection: close\r\n'
    expect(statuses(await talk(port, `GET / HTTP/1.1\r\n${close}\r\n`))).toEqual([421])
    expect(statuses(await talk(port, 'GET / HTTP/1.0\r\n\r\n'))).toEqual([421])
    expect(statuses(await talk(port, `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`))).toEqual([
      405,
    ])
  })
})

it('serves the build: every file of it, and its precompressed forms', async () => {
  const root = join(import.meta.dirname, '../../../build/web-client')
  const log = { info: () => {}, error: () => {} }
  const options = { bind: ['127.0.0.1'], port: 0, version: '', allow_hosts: [], log }
  const http = await serveHttp({ ...options, webRoot: root })
  onCleanUp(() => http.close())
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isFile() && !/\.(br|gz)$/.test(entry.name),
  )
  expect(files.length).toBeGreaterThan(20)
  for (const { parentPath, name } of files) {
    const file = join(parentPath, name)
    const path = `/${file.slice(root.length + 1).replaceAll('\\', '/')}`
    const { status, body, headers } = await get(http.port, path)
    expect([path, status, body.equals(readFileSync(file))]).toEqual([path, 200, true])
    expect(headers['content-type'], path).not.toBe('application/octet-stream')
  }
})
