import { once } from 'node:events'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer, isIPv6, Server, type Socket } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, type TestContext, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type HttpOptions, type HttpServer, serveHttp } from '../../../main/host/listen/http.ts'
import { PLACES } from '../../../main/host/listen/places.ts'
import { serveSockets } from '../../../main/host/listen/websocket.ts'
import { testProgram } from '../../support/built.ts'
import { cleanUp, freePort, onCleanUp, temporaryFolder, until } from '../../support/host.ts'
import { anyHandshakes } from '../../support/network/handshakes.ts'
import { type Namespace, openNamespace, type Program } from '../../support/network/namespace.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await cleanUp()
})

const SERVE = testProgram('support/serve-process.ts')

function webRoot(): string {
  const folder = temporaryFolder()
  const root = join(folder, 'web')
  mkdirSync(root)
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>On the Go</title>')
  writeFileSync(join(folder, 'secret.txt'), 'canary')
  return root
}

async function serve(options: Partial<HttpOptions> = {}): Promise<HttpServer & { errors: string[] }> {
  const errors: string[] = []
  const http = await serveHttp({
    bind: ['127.0.0.1', '::1'],
    port: 0,
    webRoot: webRoot(),
    version: '0.0.0-test',
    allow_hosts: [],
    log: { info: () => {}, error: (_what, message) => errors.push(message) },
    ...options,
    timing: { reach_ms: 20, ...options.timing },
  })
  onCleanUp(() => http.close())
  return Object.assign(http, { errors })
}

function open(address: string, port: number): Promise<Socket> {
  const socket = connect({ host: address, port })
  onCleanUp(() => socket.destroy())
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.removeListener('error', reject)
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** Sends bytes as they are; returns everything that the server sent until it closed. */
async function talk(address: string, port: number, text: string): Promise<string> {
  const socket = await open(address, port)
  socket.write(text)
  let answer = ''
  socket.on('data', data => {
    answer += data
  })
  await once(socket, 'close')
  return answer
}

const bracketed = (address: string) => (isIPv6(address) ? `[${address}]` : address)

const ask = (address: string, port: number, path = '/health') =>
  `GET ${path} HTTP/1.1\r\nHost: ${bracketed(address)}:${port}\r\nConnection: close\r\n\r\n`

function status(host: string, port: number, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/health', headers: { host, ...headers } }, response => {
      response.resume()
      resolve(response.statusCode!)
    })
      .on('error', reject)
      .end()
  })
}

describe('a host with a private, a public and a tailnet address', () => {
  const SETUP = `
    ip link add docker0 type veth peer name wlan0
    ip link set docker0 up; ip link set wlan0 up
    ip addr add 10.77.0.1/24 dev wlan0
    ip addr add 203.0.113.5/24 dev wlan0
    ip addr add 2001:db8::5/64 dev wlan0 nodad
    ip addr add fd00:77::1/64 dev wlan0 nodad
    ip addr add 172.17.0.1/16 dev docker0
    ip addr add 100.101.102.103/32 dev lo`
  const PRIVATE = ['127.0.0.1', '::1', '10.77.0.1', 'fd00:77::1', '172.17.0.1', '100.101.102.103']
  const PUBLIC = ['203.0.113.5', '2001:db8::5']

  async function namespace(context: TestContext, files?: Record<string, string>): Promise<Namespace> {
    if (process.platform !== 'linux') context.skip('networks for tests are made with Linux')
    return (await openNamespace(SETUP, files)) ?? context.skip('no network of its own')
  }

  async function serving(net: Namespace, options: object = {}, env?: NodeJS.ProcessEnv) {
    const program = net.start(SERVE, { bind: 'private', webRoot: webRoot(), timing: { reach_ms: 50 }, ...options }, env)
    await until(() => program.lines.length > 0, 'the server')
    expect(program.lines.filter(line => line.error || line.failed)).toEqual([])
    const { port, addresses } = program.lines[0]
    return { program, port: port as number, addresses: addresses.map((one: { name: string }) => one.name) as string[] }
  }

  const answers = async (net: Namespace, port: number, all: string[]) => {
    const pairs = all.map(async address => {
      const answer = await net.exchange(address, port, ask(address, port))
      return [address, answer.startsWith('HTTP/1.1 200 ') ? 200 : answer] as const
    })
    return Object.fromEntries(await Promise.all(pairs))
  }
  /** A command that answers like Tailscale's. */
  function withTailscale(): NodeJS.ProcessEnv {
    const commands = temporaryFolder()
    const status = {
      BackendState: 'Running',
      Self: { DNSName: 'Desk.tail1234.ts.net.', TailscaleIPs: ['100.101.102.103', 'fd7a:115c:a1e0::1'] },
      CurrentTailnet: { MagicDNSEnabled: true },
    }
    writeFileSync(
      join(commands, 'tailscale'),
      `#!/bin/sh\n[ "$*" = "status --json --peers=false" ] && echo '${JSON.stringify(status)}'\n`,
    )
    chmodSync(join(commands, 'tailscale'), 0o755)
    return { PATH: `${commands}:${process.env.PATH}` }
  }

  const each = (all: string[], value: unknown) => Object.fromEntries(all.map(address => [address, value]))
  const latest = (program: Program) =>
    program.lines.findLast(line => line.addresses).addresses.map(({ name }: { name: string }) => name) as string[]

  it('case 40: listens on private addresses, not on public ones', async context => {
    const net = await namespace(context)
    const { port, addresses } = await serving(net)
    expect(await answers(net, port, PRIVATE)).toEqual(each(PRIVATE, 200))
    expect(await answers(net, port, PUBLIC)).toEqual(each(PUBLIC, 'ECONNREFUSED'))
    expect(addresses).toEqual(['100.101.102.103', '10.77.0.1', 'fd00:77::1', '172.17.0.1', '127.0.0.1', '::1'])
  })

  it('case 40: listens on public addresses with `all`, over IPv4 and IPv6, and sees the plain addresses of peers', async context => {
    const net = await namespace(context)
    const { port, addresses, program } = await serving(net, { bind: 'all' })
    const all = [...PRIVATE, ...PUBLIC]
    expect(await answers(net, port, all)).toEqual(each(all, 200))
    expect(addresses).toEqual([
      ...['100.101.102.103', '10.77.0.1', 'fd00:77::1', '203.0.113.5', '2001:db8::5', '172.17.0.1'],
      ...['127.0.0.1', '::1'],
    ])
    for (const address of ['10.77.0.1', '2001:db8::5']) await net.exchange(address, port, ask(address, port, '/'))
    await until(() => program.lines.filter(line => line.page).length === 2)
    expect(program.lines.flatMap(line => line.page ?? [])).toEqual(['10.77.0.1', '2001:db8::5'])
  })

  it('case 40: listens on all of IPv4 with `all` when IPv6 is switched off', async context => {
    const net = await namespace(context)
    await net.run('sh', '-c', 'for all in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $all; done')
    const { port } = await serving(net, { bind: 'all' })
    expect(await answers(net, port, ['10.77.0.1', '203.0.113.5'])).toEqual(each(['10.77.0.1', '203.0.113.5'], 200))
  })

  it('case 40: listens on exactly the configured addresses, not even on loopback', async context => {
    const net = await namespace(context)
    const told = ['203.0.113.5', '10.77.0.1']
    const { port, addresses } = await serving(net, { bind: told })
    expect(await answers(net, port, told)).toEqual(each(told, 200))
    const others = ['127.0.0.1', '2001:db8::5', '172.17.0.1']
    expect(await answers(net, port, others)).toEqual(each(others, 'ECONNREFUSED'))
    expect(addresses).toEqual(['10.77.0.1', '203.0.113.5'])
  })

  it('case 40: answers no other computer with `loopback`', async context => {
    const net = await namespace(context)
    const { port, addresses } = await serving(net, { bind: 'loopback' })
    const others = [...PUBLIC, ...PRIVATE.slice(2)]
    expect(await answers(net, port, [...others, '127.0.0.1', '::1'])).toEqual({
      ...each(others, 'ECONNREFUSED'),
      ...each(['127.0.0.1', '::1'], 200),
    })
    expect(addresses).toEqual(['127.0.0.1', '::1'])
  })

  it('listens on an address that appears, drops one that disappears, and ignores a public one', async context => {
    const net = await namespace(context)
    const { program, port } = await serving(net)
    await net.run('ip', 'addr', 'add', '203.0.113.9/24', 'dev', 'wlan0')
    await net.run('ip', 'addr', 'add', '192.168.7.7/24', 'dev', 'wlan0')
    await until(() => latest(program).includes('192.168.7.7'), 'the new address')
    expect(await answers(net, port, ['192.168.7.7', '203.0.113.9'])).toEqual({
      '192.168.7.7': 200,
      '203.0.113.9': 'ECONNREFUSED',
    })
    await net.run('ip', 'addr', 'del', '10.77.0.1/24', 'dev', 'wlan0')
    await until(() => !latest(program).includes('10.77.0.1'), 'the old address to go')
    // It is no longer ours: a request to it under another address's name is misdirected.
    expect(await net.exchange('127.0.0.1', port, ask('10.77.0.1', port))).toMatch(/^HTTP\/1.1 421 /)
    expect(await answers(net, port, ['192.168.7.7', '127.0.0.1'])).toEqual({ '192.168.7.7': 200, '127.0.0.1': 200 })
    const listening = await net.run('cat', '/proc/net/tcp')
    const hex = (address: string) => Buffer.from(address.split('.').map(Number).reverse()).toString('hex').toUpperCase()
    expect([listening.includes(hex('192.168.7.7')), listening.includes(hex('10.77.0.1'))]).toEqual([true, false])
    // And it may be back.
    await net.run('ip', 'addr', 'add', '10.77.0.1/24', 'dev', 'wlan0')
    await until(() => latest(program).includes('10.77.0.1'), 'the old address to return')
    expect(await answers(net, port, ['10.77.0.1'])).toEqual({ '10.77.0.1': 200 })
  })

  it('listens on a tentative IPv6 address when it is ready', async context => {
    const net = await namespace(context)
    const { program, port } = await serving(net)
    await net.run('ip', 'addr', 'add', 'fd00:77::9/64', 'dev', 'wlan0')
    await until(() => latest(program).includes('fd00:77::9'), 'the address')
    expect(await answers(net, port, ['fd00:77::9'])).toEqual({ 'fd00:77::9': 200 })
  })

  it('lists stable names before addresses: the tailnet’s, and .local if it resolves', async context => {
    const local = `${hostname().split('.')[0]!.toLowerCase()}.local`
    const net = await namespace(context, {
      '/etc/hosts': `10.77.0.1 ${local}\n`,
      '/etc/nsswitch.conf': 'hosts: files mdns4_minimal [NOTFOUND=return]\n',
    })
    const { program, port } = await serving(net, {}, withTailscale())
    await until(() => latest(program).includes(local), 'the names')
    expect(latest(program).slice(0, 4)).toEqual(['desk.tail1234.ts.net', '100.101.102.103', local, '10.77.0.1'])
    expect(program.lines.findLast(line => line.addresses).addresses[2]).toEqual({
      origin: `http://${local}:${port}`,
      name: local,
      kind: 'lan',
    })
    // Case 27: names are compared as a whole, not by prefix or suffix.
    const asked = async (host: string) => (await net.exchange('10.77.0.1', port, ask(host, port))).slice(9, 12)
    expect(await asked(local)).toBe('200')
    expect(await asked('DESK.tail1234.ts.net')).toBe('200')
    for (const foreign of ['tail1234.ts.net', `x.${local}`, `${local}.evil.example`, '203.0.113.5'])
      expect(await asked(foreign)).toBe('421')
  })

  it('does not accept a .local name that resolves to another computer', async context => {
    const local = `${hostname().split('.')[0]!.toLowerCase()}.local`
    const net = await namespace(context, {
      '/etc/hosts': `10.77.0.99 ${local}\n127.0.0.1 ${local}\n`,
      '/etc/nsswitch.conf': 'hosts: files mdns4_minimal [NOTFOUND=return]\n',
    })
    const { program, port } = await serving(net, {}, withTailscale())
    // Both are looked up at once.
    await until(() => latest(program).includes('desk.tail1234.ts.net'), 'the other name')
    expect(latest(program)).not.toContain(local)
    expect(await net.exchange('10.77.0.1', port, ask(local, port))).toMatch(/^HTTP\/1.1 421 /)
  })

  it('case 78: drops the sockets of the neighbor that has most of them, not those of this computer', async context => {
    const net = await namespace(context)
    const { port } = await serving(net)
    // Opens sockets at both addresses, as many as there are places to the first, and reports which are still open.
    const count = `
      const [, port, most] = process.argv
      const ask = 'GET /health HTTP/1.1\\r\\nHost: localhost:' + port + '\\r\\n\\r\\n'
      const one = address => new Promise(resolve => {
        const socket = require('node:net').connect(Number(port), address)
        socket.on('error', () => {}).on('connect', () => resolve(socket))
      })
      const answers = socket => new Promise(resolve => {
        socket.on('data', () => resolve(1)).on('close', () => resolve(0))
        socket.destroyed ? resolve(0) : socket.write(ask)
      })
      const many = (address, count) => Promise.all(Array.from({ length: Number(count) }, () => one(address)))
      many('127.0.0.1', 20).then(async own => {
        const others = await many('10.77.0.1', most)
        const alive = async sockets => (await Promise.all(sockets.map(answers))).filter(Boolean).length
        // Some may be answered, and dropped only then.
        await alive(others)
        console.log(await alive(own), await alive(others))
        process.exit()
      })`
    const most = String(PLACES.stranger)
    expect(await net.run(process.execPath, '-e', count, String(port), most)).toBe(`20 ${PLACES.stranger - 20}\n`)
  })

  it('reports an address that it cannot listen on at the start', async context => {
    const net = await namespace(context)
    for (const [bind, code] of [
      [['192.168.99.99'], 'bind_refused'],
      [['192.168.99.99', '127.0.0.1'], 'bind_refused'],
    ]) {
      const program = net.start(SERVE, { bind, webRoot: webRoot() })
      await until(() => program.lines.length > 0)
      expect(program.lines[0]).toEqual({ failed: code })
    }
  })
})

it('listens on all of IPv4 with `all` if the system has no IPv6', async () => {
  vi.spyOn(Server.prototype, 'listen').mockImplementationOnce(function (this: Server) {
    process.nextTick(() => this.emit('error', Object.assign(new Error('fault'), { code: 'EAFNOSUPPORT' })))
    return this
  })
  const { port, server } = await serve({ bind: 'all' })
  expect(server.address()).toMatchObject({ address: '0.0.0.0' })
  expect(await status(`127.0.0.1:${port}`, port)).toBe(200)
})

describe('each of several listeners', () => {
  const BOTH = ['127.0.0.1', '::1']

  it('case 32: answers endless headers with 408', async () => {
    const { port } = await serve({ timing: { headers_ms: 200 } })
    const slow = BOTH.map(address => talk(address, port, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: '))
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1.1 408 /)
  })

  it('answers bytes that are not HTTP with 400', async () => {
    const { port } = await serve()
    const [first, second] = await Promise.all(BOTH.map(address => talk(address, port, 'nonsense\r\n\r\n')))
    expect(first).toMatch(/^HTTP\/1.1 400 /)
    expect(second).toBe(first)
  })

  it('case 38 and 39: serves no path outside the web folder, and sends the security headers with every response', async () => {
    const { port } = await serve()
    for (const address of BOTH) {
      const out = await talk(address, port, ask(address, port, '/../secret.txt'))
      expect(out).toMatch(/^HTTP\/1.1 (404|400|403) /)
      expect(out).not.toContain('canary')
      const page = await talk(address, port, ask(address, port, '/'))
      expect(page).toMatch(/^HTTP\/1.1 200 /)
      expect(page).toMatch(/^content-security-policy: default-src 'none'.*; ?frame-ancestors 'none'/im)
      expect(page).toMatch(/^x-content-type-options: nosniff/im)
      expect(page).toMatch(/^referrer-policy: no-referrer/im)
      expect(page).not.toMatch(/^strict-transport-security/im)
    }
  })

  it('accepts a WebSocket, but (case 28) not from a foreign page', async () => {
    const http = await serve()
    const peers: string[] = []
    const sockets = serveSockets({
      ...http,
      ...anyHandshakes(),
      accept: (transport, { address }) => {
        peers.push(address)
        transport.close({ code: 'hello_timeout', reason: '' })
      },
    })
    onCleanUp(() => sockets.close())
    const closing = async (address: string, origin: string) => {
      const socket = new WebSocket(`ws://${bracketed(address)}:${http.port}/ws`, { origin })
      const refused = once(socket, 'unexpected-response').then(([, response]) => response.statusCode)
      socket.on('error', () => {})
      const closed = new Promise(resolve => socket.once('close', (_code, reason) => resolve(reason.toString())))
      return Promise.race([refused, closed])
    }
    for (const address of BOTH) {
      expect(await closing(address, `http://${bracketed(address)}:${http.port}`)).toBe('hello_timeout')
      expect(await closing(address, 'http://evil.example')).toBe(403)
      expect(await closing(address, `https://${bracketed(address)}:${http.port}`)).toBe(403)
    }
    expect(peers).toEqual(BOTH)
  })

  it('counts its sockets together with those of the others, and drops an old one for each newcomer', async () => {
    const { port, server } = await serve()
    let arrived = 0
    server.on('connection', () => arrived++)
    const [a, b] = BOTH as [string, string]
    const many = await Promise.all([
      ...Array.from({ length: PLACES.stranger - 50 }, () => open(b, port)),
      ...Array.from({ length: 50 }, () => open(a, port)),
    ])
    await until(() => arrived === PLACES.stranger)
    expect(many.some(socket => socket.destroyed)).toBe(false)
    for (const address of [...BOTH, ...BOTH])
      expect(await talk(address, port, ask(address, port))).toMatch(/^HTTP\/1.1 200 /)
    await until(() => many.some(socket => socket.destroyed))
    expect(many.filter(socket => socket.destroyed).length).toBeLessThanOrEqual(4)
  })

  it('ends all its sockets when closed, including those without a request yet, and frees the port', async () => {
    const http = await serve()
    const idle = await Promise.all(BOTH.map(address => open(address, http.port)))
    await until(async () => (await new Promise(done => http.server.getConnections((_error, n) => done(n)))) === 1)
    await talk('::1', http.port, ask('::1', http.port)) // the one before it was accepted
    const gone = idle.map(socket => once(socket.resume(), 'close'))
    await http.close()
    await Promise.all(gone)
    for (const address of BOTH) await expect(open(address, http.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })
})

it('logs an address that another program uses once, retries it, tells of it, and listens on it when it is free', async () => {
  const port = await freePort()
  const other = createServer().listen(port, '::1')
  await once(other, 'listening')
  const changes: string[][] = []
  const told: string[] = []
  let looks = 0
  const http = await serve({
    port,
    interfaces: () => {
      looks++
      return {}
    },
    onAddresses: () => changes.push(http.addresses().map(({ name }) => name)),
    health: {
      begin: (kind, details) => void told.push(`${kind} ${details?.path}`),
      end: kind => void told.push(`${kind} is over`),
    },
  })
  expect(http.addresses().map(({ name }) => name)).toEqual(['127.0.0.1'])
  const before = looks
  await until(() => looks >= before + 3, 'further tries')
  expect(http.errors).toEqual(['cannot listen; trying again'])
  expect(new Set(told)).toEqual(new Set(['address_unusable ::1']))
  other.close()
  await until(() => changes.length > 0)
  expect(changes).toEqual([['127.0.0.1', '::1']])
  expect(told.at(-1)).toBe('address_unusable is over')
  expect(await talk('::1', port, ask('::1', port))).toMatch(/^HTTP\/1.1 200 /)
})

it('fails with port_in_use if another program uses the first address', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  onCleanUp(() => other.close())
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  for (const bind of ['private', 'loopback', ['127.0.0.1', '::1']] as const)
    await expect(serve({ port, bind: bind as HttpOptions['bind'] })).rejects.toMatchObject({ code: 'port_in_use' })
})

it('case 27 and 41: accepts exactly its addresses and names, whatever forwarded headers say', async () => {
  const info = { netmask: '', mac: '', internal: false, cidr: null }
  const { port } = await serve({
    bind: 'all',
    allow_hosts: ['https://Tunnel.example/', 'lan.example:8443', 'not a name'],
    interfaces: () => ({
      wlan0: [
        { ...info, family: 'IPv4', address: '10.9.9.9' },
        { ...info, family: 'IPv6', address: 'fd00:0:0::9', scopeid: 0 },
        { ...info, family: 'IPv6', address: 'fe80::9', scopeid: 2 },
      ],
    }),
  })
  for (const own of [
    `10.9.9.9:${port}`,
    `[fd00::9]:${port}`,
    `LOCALHOST:${port}`,
    'tunnel.example',
    'lan.example:8443',
  ])
    expect([own, await status(own, port)]).toEqual([own, 200])
  for (const foreign of [
    '10.9.9.9',
    `10.9.9.9:${port}0`,
    `10.9.9.90:${port}`,
    `10.9.9.9.evil.example:${port}`,
    `[fe80::9]:${port}`,
    `tunnel.example:${port}`,
    'lan.example',
    'not a name',
  ])
    expect([foreign, await status(foreign, port)]).toEqual([foreign, 421])
  for (const header of ['Host:', 'Host: \r\nX-Forwarded-Host: localhost'])
    expect(await talk('127.0.0.1', port, `GET /health HTTP/1.1\r\n${header}\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 421 /,
    )
  const forwarded = { 'x-forwarded-host': `10.9.9.9:${port}`, forwarded: `host=10.9.9.9:${port}` }
  expect(await status('evil.example', port, forwarded)).toBe(421)
})

it('reports requests for the page, but not other requests or those with a foreign name', async () => {
  const pages: string[] = []
  const { port } = await serve({ onPage: address => pages.push(address) })
  await talk('127.0.0.1', port, ask('127.0.0.1', port, '/health'))
  await talk('127.0.0.1', port, ask('evil.example', port, '/'))
  expect(pages).toEqual([])
  await talk('::1', port, ask('::1', port, '/?x'))
  const forged = `GET / HTTP/1.1\r\nHost: localhost:${port}\r\nX-Forwarded-For: 8.8.8.8\r\nConnection: close\r\n\r\n`
  await talk('127.0.0.1', port, forged)
  expect(pages).toEqual(['::1', '127.0.0.1'])
})
