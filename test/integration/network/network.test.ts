import { once } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import type { Host } from '../../../main/host/host.ts'
import { ackFrame, jsonFrames } from '../../../protocol/frames.ts'
import { FRAME_BYTES } from '../../../protocol/limits.ts'
import {
  cleanUp,
  onCleanUp,
  openSocket,
  phoneTransport,
  sharedHost,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

/** Shared by tests that leave nothing behind in it. */
const shared = sharedHost()

/** A request with exactly this path and these headers, which a client library would normalize. */
function get(host: Host, path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const req = request({ host: '127.0.0.1', port: host.port, path, headers }, response => {
      let body = ''
      response.on('data', chunk => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    req.on('error', reject).end()
  })
}

/** Requests a WebSocket and returns the raw response, without ever closing its own side. */
async function askToUpgrade(host: Host, target: string, headers: Record<string, string> = {}): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: host.port, allowHalfOpen: true })
  onCleanUp(() => socket.destroy())
  const all = {
    host: `127.0.0.1:${host.port}`,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`)
  let text = ''
  socket.on('data', data => {
    text += data
  })
  await once(socket, 'end')
  return text
}

const closed = (socket: WebSocket) =>
  new Promise<string>(resolve => socket.once('close', (_code, reason) => resolve(reason.toString())))

const hello = (fields: object = {}) =>
  jsonFrames({ type: 'hello', versions: [1], client: { kind: 'phone', name: 'x' }, ...fields })[0]!

it('answers on /health', async () => {
  const { status, body } = await get(shared(), '/health')
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({ ok: true })
})

describe('case 27: the Host header', () => {
  it.each(['evil.example', 'localhost.evil.example:80', '127.0.0.1', '127.0.0.1:1', '[::1]'])(
    'is rejected with 421 when it is %j',
    async name => {
      const host = shared()
      for (const path of ['/', '/health']) expect((await get(host, path, { host: name })).status).toBe(421)
      await expect(openSocket(host, { host: name })).rejects.toThrow('HTTP 421')
    },
  )

  it('is accepted when it is 127.0.0.1 or localhost with our port', async () => {
    const host = shared()
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])
      expect((await get(host, '/health', { host: `${name}:${host.port}` })).status).toBe(200)
  })
})

describe('case 28: the Origin header', () => {
  const origins = (port: number) => [
    'http://evil.example',
    'null',
    'file://',
    `http://127.0.0.1:${port}.evil.example`,
    `http://evil.example#127.0.0.1:${port}`,
    `https://127.0.0.1:${port}`,
    `http://127.0.0.1:${port + 1}`,
    'http://127.0.0.1',
  ]
  it('is rejected with 403 when it is foreign, whatever its form', async () => {
    const host = shared()
    for (const origin of origins(host.port)) await expect(openSocket(host, { origin })).rejects.toThrow('HTTP 403')
  })

  it('is accepted when it is that of our own page', async () => {
    const host = shared()
    const socket = await openSocket(host, { origin: `http://127.0.0.1:${host.port}` })
    expect(socket.readyState).toBe(socket.OPEN)
  })
})

describe('a host with an allowed name', () => {
  const named = async () => ({
    host: await startHost({ allow_hosts: ['Tunnel.example', 'lan.example:8080'] }),
    headers: { host: 'tunnel.example' },
  })
  it.each(['https://tunnel.example', 'http://tunnel.example', 'https://lan.example:8080'])(
    'accepts a page of %s, with or without TLS in front',
    async origin => {
      const { host, headers } = await named()
      const socket = await openSocket(host, { ...headers, origin })
      expect(socket.readyState).toBe(socket.OPEN)
    },
  )

  it('rejects a page of another name, and loopback with TLS', async () => {
    const { host, headers } = await named()
    for (const origin of [
      'https://tunnel.example.evil.example',
      'https://tunnel.example:8080',
      'https://lan.example',
      `https://127.0.0.1:${host.port}`,
      `https://localhost:${host.port}`,
    ])
      await expect(openSocket(host, { ...headers, origin })).rejects.toThrow('HTTP 403')
  })
})

it.each(['//', '///ws', '/ws/', 'http://[', '*', '/nothing?/ws'])(
  'rejects a WebSocket at %j, and continues',
  async target => {
    const host = shared()
    expect(await askToUpgrade(host, target)).toMatch(/^HTTP\/1.1 40[04] /)
    expect((await get(host, '/health')).status).toBe(200)
  },
)

it.each([{ 'content-length': '5' }, { 'transfer-encoding': 'chunked' }, { expect: '100-continue' }])(
  'case 82: rejects a WebSocket whose request has %j',
  async headers => {
    const host = shared()
    expect(await askToUpgrade(host, '/ws', headers)).toMatch(/^HTTP\/1.1 41[37] /)
    expect((await get(host, '/health')).status).toBe(200)
  },
)

it('closes a rejected socket whose peer does not close it', async () => {
  const host = await startHost()
  expect(await askToUpgrade(host, '/ws', { host: 'evil.example' })).toMatch(/^HTTP\/1.1 421 /)
  expect(await askToUpgrade(host, '/nothing')).toMatch(/^HTTP\/1.1 404 /)
  await host.stop()
})

it('case 29: sets no cookie and allows no other origin to read responses', async () => {
  const host = shared()
  for (const path of ['/', '/health', '/nothing']) {
    const { headers } = await get(host, path, { origin: 'http://evil.example' })
    expect(headers['set-cookie']).toBeUndefined()
    expect(headers['access-control-allow-origin']).toBeUndefined()
  }
})

it('case 31: closes a socket without a handshake after five seconds', async () => {
  const socket = await openSocket(await startHost())
  expect(await closed(socket)).toBe('channel_timeout')
})

it('case 32: answers endless headers with 408, and closes idle sockets', async () => {
  const host = await startHost()
  const say = (text: string) => {
    const socket = connect(host.port, '127.0.0.1')
    onCleanUp(() => socket.destroy())
    socket.write(text)
    return { closed: once(socket, 'close'), answer: once(socket, 'data').then(([data]) => String(data)) }
  }
  const slow = say('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')
  const idle = say(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\n\r\n`)
  expect(await idle.answer).toMatch(/^HTTP\/1.1 200 /)
  expect(await slow.answer).toMatch(/^HTTP\/1.1 408 /)
  await idle.closed
}, 60_000)

it('case 33: closes the socket at the header of a frame over the limit', async () => {
  const socket = await openSocket(shared())
  socket.send(Buffer.alloc(FRAME_BYTES + 1000))
  await closed(socket)
})

it('case 34: closes the socket for a message in many fragments', async () => {
  const socket = await openSocket(shared())
  const gone = closed(socket)
  for (let i = 0; i < 100_000 && socket.readyState === socket.OPEN; i++) socket.send(Buffer.alloc(1), { fin: false })
  await gone
})

it.each(['ping', 'pong'] as const)('case 34: closes the socket for a flood of %ss', async kind => {
  const socket = await openSocket(shared())
  const gone = closed(socket)
  for (let i = 0; i < 17; i++) socket[kind]()
  await gone
})

it('case 35: never negotiates WebSocket compression', async () => {
  const host = shared()
  const socket = await openSocket(host, { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' })
  expect(socket.extensions).toBe('')
})

describe('case 38: a path out of the web folder', () => {
  const paths = [
    '/../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/%2e%2e%5csecret.txt',
    '/..%5csecret.txt',
    '/\0',
    '/%00',
    '/link.txt',
    '//etc/passwd',
    '/.hidden',
    '/assets/../../secret.txt',
  ]
  const host = sharedHost(() => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'secret.txt'), 'canary')
    const webRoot = join(folder, 'web')
    mkdirSync(webRoot)
    writeFileSync(join(webRoot, 'index.html'), 'page')
    writeFileSync(join(webRoot, '.hidden'), 'canary')
    symlinkSync(join(folder, 'secret.txt'), join(webRoot, 'link.txt'))
    return { webRoot }
  })
  it.each(paths)('is answered with 404: %j', async path => {
    const { port } = host()
    const raw = connect(port, '127.0.0.1')
    onCleanUp(() => raw.destroy())
    raw.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`)
    const answer = await new Promise<string>(resolve => {
      let text = ''
      raw.on('data', data => {
        text += data
      })
      raw.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1.1 (404|400|403) /)
    expect(answer).not.toContain('canary')
  })
})

it('case 39: sends the security headers with every response', async () => {
  const host = shared()
  for (const path of ['/', '/health', '/nothing']) {
    const { headers } = await get(host, path)
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(/script-src ([^;]*)/.exec(policy)?.[1]).toBe("'self'")
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['strict-transport-security']).toBeUndefined()
    expect(policy).not.toContain('upgrade-insecure-requests')
  }
})

it('case 39: sends all security headers with pages and code, and fewer with passive files', async () => {
  const webRoot = temporaryFolder()
  for (const name of ['index.html', 'code.js', 'page.html', 'drawing.svg', 'look.css', 'letters.woff2', 'icon.png'])
    writeFileSync(join(webRoot, name), '')
  const host = await startHost({ webRoot })
  for (const path of ['/code.js', '/page.html', '/drawing.svg']) {
    const { headers } = await get(host, path)
    expect(headers['content-security-policy'], path).toContain("default-src 'none'")
    expect(headers['x-frame-options'], path).toBe('DENY')
  }
  for (const path of ['/look.css', '/letters.woff2', '/icon.png']) {
    const { headers } = await get(host, path)
    expect(headers['content-security-policy'], path).toBeUndefined()
    expect(headers['x-content-type-options'], path).toBe('nosniff')
    expect(headers['cross-origin-resource-policy'], path).toBe('same-origin')
    expect(headers['referrer-policy'], path).toBe('no-referrer')
  }
})

it('case 41: ignores forwarded headers', async () => {
  const host = shared()
  const headers = {
    host: 'evil.example',
    'x-forwarded-host': `127.0.0.1:${host.port}`,
    forwarded: `host=127.0.0.1:${host.port}`,
  }
  expect((await get(host, '/health', headers)).status).toBe(421)
})

describe('case 8: a socket without a handshake', () => {
  it.each([
    ['a plaintext hello', hello()],
    ['a request', jsonFrames({ type: 'list', request_id: 1 })[0]!],
    ['input', new Uint8Array([2, 0, ...new Array(13).fill(0)])],
    ['an empty frame', new Uint8Array(0)],
    ['a long frame', new Uint8Array(FRAME_BYTES)],
  ])('is closed without a further answer by %s', async (_what, frame) => {
    const socket = await openSocket(shared())
    const heard: unknown[] = []
    socket.on('message', data => heard.push(data))
    const gone = closed(socket)
    socket.send(frame)
    expect(await gone).toBe('channel_refused')
    expect(heard).toEqual([])
  })

  it('is closed by a text message', async () => {
    const socket = await openSocket(shared())
    socket.send('{"type":"hello"}')
    expect(await closed(socket)).toBe('bad_frame')
  })
})

describe('an open channel', () => {
  it.each([
    ['a request before hello', jsonFrames({ type: 'list', request_id: 1 })[0]!, 'hello_expected'],
    ['input before hello', new Uint8Array([2, 0, ...new Array(13).fill(0)]), 'hello_expected'],
    ['a kind that does not exist', new Uint8Array([9, 0, 1]), 'bad_frame'],
    ['an empty frame', new Uint8Array(0), 'bad_frame'],
    ['a spanning hello', new Uint8Array([0, 3, 0, 1, 0, 0, 65]), 'bad_frame'],
    ['JSON that is none', new Uint8Array([0, 0, 123]), 'bad_message'],
    ['a hello with an unknown version', hello({ versions: [999] }), 'version_unsupported'],
    ['a long hello', jsonFrames({ type: 'hello', x: 'x'.repeat(5000) })[0]!, 'bad_frame'],
  ])('is closed with its code by %s', async (_what, frame, code) => {
    const transport = await phoneTransport(shared())
    const gone = new Promise<string>(resolve => transport.start({ frame: () => {}, close: why => resolve(why.code) }))
    transport.send(frame)
    expect(await gone).toBe(code)
  })
})

it('case 25: rejects a handle of another connection', async () => {
  const host = await startHost()
  const client = webClient(host)
  await client.create({ command: ['cat'] })
  const transport = await phoneTransport(host)
  const answers: unknown[] = []
  transport.start({
    frame: frame => answers.push(JSON.parse(new TextDecoder().decode(frame.subarray(2)))),
    close: () => {},
  })
  transport.send(hello())
  transport.send(jsonFrames({ type: 'resize', handle: 1, cols: 10, rows: 10 })[0]!)
  await until(() => answers.length === 2)
  expect(answers[1]).toMatchObject({ type: 'error', handle: 1, code: 'attachment_unknown' })
})

it('rejects an unknown message and continues', async () => {
  const host = await startHost()
  const transport = await phoneTransport(host)
  const answers: { type: string; code?: string; request_id?: number }[] = []
  transport.start({
    frame: frame => answers.push(JSON.parse(new TextDecoder().decode(frame.subarray(2)))),
    close: () => {},
  })
  transport.send(hello())
  for (const bad of [{ type: 'dance', request_id: 4 }, { type: 'list' }, 'text', null, [], 7])
    for (const frame of jsonFrames(bad)) transport.send(frame)
  for (const frame of jsonFrames({ type: 'ping', request_id: 9 })) transport.send(frame)
  await until(() => answers.some(answer => answer.type === 'pong'))
  const errors = answers.filter(answer => answer.type === 'error')
  expect(errors).toHaveLength(6)
  expect(errors.every(error => error.code === 'bad_message')).toBe(true)
  expect(errors[0]!.request_id).toBe(4)
})

it.each([
  ['output from a client', new Uint8Array([1, 0, ...new Array(16).fill(0)])],
  ['a blob from a client', new Uint8Array([4, 0, 0, 0, 0, 1])],
])('closes the connection for %s, and keeps serving others', async (_what, frame) => {
  const host = await startHost()
  const keeper = webClient(host)
  await keeper.create({ command: ['cat'] })
  const transport = await phoneTransport(host)
  const gone = new Promise<string>(resolve => transport.start({ frame: () => {}, close: why => resolve(why.code) }))
  transport.send(hello())
  transport.send(frame)
  expect(await gone).toBe('bad_frame')
  expect(await keeper.list()).toHaveLength(1)
})

it('treats an ack beyond what was sent as an ack of what was sent', async () => {
  const host = await startHost()
  const keeper = webClient(host)
  const { session_id } = await keeper.create({ command: ['cat'] })
  const transport = await phoneTransport(host)
  const answers: string[] = []
  transport.start({
    frame: frame => {
      if (frame[0] === 0) answers.push(JSON.parse(new TextDecoder().decode(frame.subarray(2))).type)
    },
    close: ({ code }) => answers.push(code),
  })
  transport.send(hello())
  for (const one of jsonFrames({ type: 'attach', request_id: 1, session_id, have: null, input_stream: 'x' }))
    transport.send(one)
  await until(() => answers.includes('caught_up'))
  transport.send(ackFrame(1, 2 ** 40))
  for (const one of jsonFrames({ type: 'ping', request_id: 2 })) transport.send(one)
  await until(() => answers.includes('pong'))
})
