import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TLSSocket, connect as tlsConnect } from 'node:tls'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import type { Host } from '../../../main/host/host.ts'
import type { Interfaces } from '../../../main/host/listen/addresses.ts'
import { type HttpOptions, type HttpServer, serveHttp } from '../../../main/host/listen/http.ts'
import { type TlsFiles, tailscaleCertificate } from '../../../main/host/listen/tls.ts'
import { serveSockets, socketTransport } from '../../../main/host/listen/websocket.ts'
import { cleanUp, freePort, onCleanUp, startHost, temporaryFolder, until, webClient } from '../../support/host.ts'
import { clientHello } from '../../support/network/client-hello.ts'
import { anyHandshakes } from '../../support/network/handshakes.ts'
import {
  answerPairingRequests,
  connectDesktop,
  type PhoneIdentity,
  pairingUrl,
  pairPhone,
} from '../../support/pairing.ts'

afterEach(async () => {
  vi.restoreAllMocks()
  await cleanUp()
})

const NAMES = 'DNS:localhost,IP:127.0.0.1'

/** Makes a self-signed certificate in `folder`, valid from now for 30 days. */
function newCertificate(folder: string, names = NAMES): TlsFiles {
  const files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  // Made elsewhere and moved here in one turn of the event loop: the server never finds a new key with an old certificate.
  const fresh = { cert: `${files.cert}.new`, key: `${files.key}.new` }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', fresh.key]
  const args = ['req', '-x509', ...key, '-out', fresh.cert, '-days', '30', '-subj', '/CN=test', '-addext']
  execFileSync('openssl', [...args, `subjectAltName=${names}`], { stdio: 'pipe' })
  renameSync(fresh.key, files.key)
  renameSync(fresh.cert, files.cert)
  return files
}

const made = new Map<string, TlsFiles>()
afterAll(() => {
  for (const { cert } of made.values()) rmSync(dirname(cert), { recursive: true })
})

/** A certificate for these names, made once for all tests of this file, which must not change it. */
function certificate(names = NAMES): TlsFiles {
  let files = made.get(names)
  if (!files) {
    files = newCertificate(mkdtempSync(join(tmpdir(), 'otg-tls-')), names)
    made.set(names, files)
  }
  return files
}

/** Moves the clock until the end of the test or `vi.restoreAllMocks`. */
function moveClock(days: number): void {
  const then = Date.now() + days * 24 * 3_600_000
  vi.spyOn(Date, 'now').mockImplementation(() => then)
}

async function serve(tls: TlsFiles, options: Partial<HttpOptions> = {}): Promise<HttpServer & { errors: Error[] }> {
  const webRoot = temporaryFolder()
  writeFileSync(join(webRoot, 'index.html'), '<!doctype html><title>On the Go</title>')
  const errors: Error[] = []
  const http = await serveHttp({
    bind: ['127.0.0.1', '::1'],
    port: 0,
    webRoot,
    version: '0.0.0-test',
    allow_hosts: [],
    log: { info: () => {}, error: what => errors.push((what as { err: Error }).err) },
    tls,
    ...options,
    timing: { reach_ms: 20, ...options.timing },
  })
  onCleanUp(() => http.close())
  return Object.assign(http, { errors })
}

function get(http: HttpServer, tls: TlsFiles, path = '/health', host = '127.0.0.1') {
  return new Promise<{ status: number; headers: Record<string, unknown> }>((resolve, reject) => {
    const options = { host, port: http.port, path, ca: readFileSync(tls.cert), agent: false, servername: '' }
    request(options, response => {
      response.resume()
      resolve({ status: response.statusCode!, headers: response.headers })
    })
      .on('error', reject)
      .end()
  })
}

/** A TLS connection that trusts every certificate, to inspect it. */
async function meet(http: HttpServer, host = '127.0.0.1', version?: 'TLSv1.1' | 'TLSv1.2'): Promise<TLSSocket> {
  const versions = version && { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }
  const socket = tlsConnect({ host, port: http.port, rejectUnauthorized: false, ...versions })
  onCleanUp(() => socket.destroy())
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  return socket
}

async function serial(http: HttpServer): Promise<string> {
  const socket = await meet(http)
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

const interfaces = (...addresses: string[]): (() => Interfaces) => {
  const infos = addresses.map(address => ({ address, netmask: '', mac: '', internal: false, cidr: null }))
  return () => ({ eth0: infos.map(info => ({ ...info, family: 'IPv4' })) })
}

it('serves the page over HTTPS on every listener, with the headers of case 39', async () => {
  const tls = certificate('DNS:localhost,IP:127.0.0.1,IP:::1')
  const http = await serve(tls)
  expect(http.secure).toBe(true)
  for (const host of ['127.0.0.1', '::1']) {
    const { status, headers } = await get(http, tls, '/', host)
    expect(status).toBe(200)
    expect(headers['content-security-policy']).toContain("default-src 'none'")
    expect(headers['strict-transport-security']).toBeUndefined()
  }
})

describe('case 145: a handshake begins when its first message is here', () => {
  /** What the host sends first; '' if it closes without a word. */
  const answerTo = async (http: HttpServer, pieces: Uint8Array[]): Promise<string> => {
    const socket = connect({ port: http.port, host: '127.0.0.1', noDelay: true })
    onCleanUp(() => socket.destroy())
    socket.on('error', () => {})
    const answer = new Promise<string>(resolve => {
      socket.once('data', data => resolve(data.toString('latin1')))
      socket.once('close', () => resolve(''))
    })
    for (const piece of pieces) {
      socket.write(piece)
      await new Promise(resolve => setImmediate(resolve))
    }
    return answer
  }

  it('however it is divided', async () => {
    const http = await serve(certificate())
    const hello = await clientHello()
    const bytes = [...hello].map(byte => Uint8Array.of(byte))
    const HANDSHAKE = '\x16\x03'
    for (const pieces of [[hello], [hello.subarray(0, 3), hello.subarray(3)], bytes])
      expect((await answerTo(http, pieces)).slice(0, 2)).toBe(HANDSHAKE)
  })

  it('and never for what is no TLS, is empty, too long, or does not arrive', async () => {
    const http = await serve(certificate(), { timing: { headers_ms: 100 } })
    const record = (...header: number[]) => Buffer.concat([Buffer.of(...header), Buffer.alloc(600)])
    const others = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      record(22, 2, 0, 2, 0),
      record(23, 3, 1, 2, 0),
      record(22, 3, 1, 0, 0),
      record(22, 3, 1, 255, 255),
      (await clientHello()).subarray(0, -1),
    ]
    for (const bytes of others) expect(await answerTo(http, [bytes])).toBe('')
  })
})

it('case 28: accepts WebSockets from HTTPS pages only', async () => {
  const tls = certificate()
  const http = await serve(tls)
  const sockets = serveSockets({
    ...http,
    ...anyHandshakes(),
    accept: transport => transport.close({ code: 'hello_timeout', reason: '' }),
  })
  onCleanUp(() => sockets.close())
  const ask = (origin: string) => {
    const socket = new WebSocket(`wss://127.0.0.1:${http.port}/ws`, { origin, ca: readFileSync(tls.cert) })
    socket.on('error', () => {})
    return Promise.race([
      once(socket, 'unexpected-response').then(([, response]) => response.statusCode),
      once(socket, 'close').then(([, reason]) => String(reason)),
    ])
  }
  expect(await ask(`https://127.0.0.1:${http.port}`)).toBe('hello_timeout')
  expect(await ask(`http://127.0.0.1:${http.port}`)).toBe(403)
  expect(await ask('https://evil.example')).toBe(403)
})

it('accepts TLS 1.2 and newer', async () => {
  const http = await serve(certificate())
  expect((await meet(http)).getProtocol()).toBe('TLSv1.3')
  expect((await meet(http, '127.0.0.1', 'TLSv1.2')).getProtocol()).toBe('TLSv1.2')
  await expect(meet(http, '127.0.0.1', 'TLSv1.1')).rejects.toThrow()
})

describe('a client without TLS', () => {
  const talk = async (host: string, port: number, text: string) => {
    const socket = connect({ host, port })
    onCleanUp(() => socket.destroy())
    socket.write(text)
    let answer = ''
    socket.on('data', data => {
      answer += data
    })
    socket.on('error', () => {})
    const started = performance.now()
    await once(socket, 'close')
    return { answer, ms: performance.now() - started }
  }

  it('is disconnected at once without a response', async () => {
    const http = await serve(certificate())
    for (const host of ['127.0.0.1', '::1']) {
      const { answer, ms } = await talk(host, http.port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${http.port}\r\n\r\n`)
      expect(answer).not.toContain('HTTP')
      expect(ms).toBeLessThan(3_000)
    }
  })

  // The default times are waited for once per kind of server: here, and for headers in network.test.ts.
  it('case 32: is disconnected if the handshake does not start', async () => {
    const http = await serve(certificate())
    const both = await Promise.all(['127.0.0.1', '::1'].map(host => talk(host, http.port, '\x16\x03\x01')))
    for (const { ms } of both) expect(ms).toBeLessThan(15_000)
  })

  it('case 32: receives 408 for endless headers when it does start TLS, on every listener', async () => {
    const http = await serve(certificate(), { timing: { headers_ms: 200 } })
    const slow = ['127.0.0.1', '::1'].map(async host => {
      const socket = await meet(http, host)
      socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')
      const [data] = await once(socket, 'data')
      return String(data)
    })
    for (const answer of await Promise.all(slow)) expect(answer).toMatch(/^HTTP\/1.1 408 /)
  })
})

it('closing ends connections without a handshake', async () => {
  const http = await serve(certificate())
  const idle = await Promise.all(
    ['127.0.0.1', '::1'].map(async host => {
      const socket = connect({ host, port: http.port })
      socket.on('error', () => {})
      await once(socket, 'connect')
      return socket
    }),
  )
  await Promise.all(['127.0.0.1', '::1'].map(host => meet(http, host))) // those before them were accepted
  const gone = idle.map(socket => once(socket.resume(), 'close'))
  const started = performance.now()
  await http.close()
  await Promise.all(gone)
  expect(performance.now() - started).toBeLessThan(3_000)
})

describe('the start with an unusable certificate or key', () => {
  const refused = async (tls: TlsFiles, file: string, why: RegExp) => {
    const error = await serve(tls).then(
      () => undefined,
      (error: Error & { code: string }) => error,
    )
    expect(error?.code).toBe('tls_unusable')
    expect(error?.message.startsWith(`${file}: `)).toBe(true)
    expect(error?.message).toMatch(why)
  }
  const file = (text: string) => {
    const path = join(temporaryFolder(), 'file.pem')
    writeFileSync(path, text)
    return path
  }

  it('fails and names a file that is missing', async () => {
    const tls = certificate()
    await refused({ ...tls, cert: '/nowhere/cert.pem' }, '/nowhere/cert.pem', /does not exist/)
    await refused({ ...tls, key: '/nowhere/key.pem' }, '/nowhere/key.pem', /does not exist/)
  })

  it('fails and names a file that is a folder, or much too large', async () => {
    const tls = certificate()
    const folder = temporaryFolder()
    await refused({ ...tls, cert: folder }, folder, /cannot be read \(EISDIR\)/)
    const large = file('x'.repeat(1_000_000))
    await refused({ ...tls, key: large }, large, /larger than/)
  })

  it('fails and names a file that is not a certificate, not a key, or one in place of the other', async () => {
    const tls = certificate()
    const text = file('something else')
    await refused({ ...tls, cert: text }, text, /not a certificate/)
    await refused({ ...tls, key: text }, text, /not a private key/)
    await refused({ cert: tls.key, key: tls.cert }, tls.key, /not a certificate/)
  })

  it('fails and names a key with a passphrase', async () => {
    const tls = certificate()
    const locked = join(temporaryFolder(), 'locked.pem')
    execFileSync('openssl', ['pkcs8', '-topk8', '-in', tls.key, '-out', locked, '-passout', 'pass:x'])
    await refused({ ...tls, key: locked }, locked, /passphrase/)
  })

  it('fails and names the key of another certificate', async () => {
    const [tls, other] = [certificate(), certificate('DNS:other.example')]
    await refused({ ...tls, key: other.key }, other.key, /not the key of .*cert\.pem/)
  })

  it('fails and names a certificate that is expired, or not valid yet', async () => {
    const tls = certificate()
    moveClock(31)
    await refused(tls, tls.cert, /expired on /)
    vi.restoreAllMocks()
    moveClock(-1)
    await refused(tls, tls.cert, /not valid before /)
  })
})

describe('a renewed certificate', () => {
  it('is served to new connections, and open ones stay', async () => {
    const folder = temporaryFolder()
    const tls = newCertificate(folder)
    const http = await serve(tls)
    const before = await serial(http)
    const sockets = serveSockets({
      ...http,
      ...anyHandshakes(),
      accept: () => {},
    })
    onCleanUp(() => sockets.close())
    const old = new WebSocket(`wss://127.0.0.1:${http.port}/ws`, { ca: readFileSync(tls.cert) })
    onCleanUp(() => old.terminate())
    await once(old, 'open')
    newCertificate(folder)
    await until(async () => (await serial(http)) !== before, 'the new certificate')
    old.ping()
    await once(old, 'pong')
    // The minimum TLS version also applies to the new certificate.
    await expect(meet(http, '127.0.0.1', 'TLSv1.1')).rejects.toThrow()
    expect((await get(http, tls)).status).toBe(200)
    expect(http.errors).toEqual([])
  })

  it('is found when a symbolic link changes its target, as with certbot', async () => {
    const folder = temporaryFolder()
    for (const name of ['1', '2']) {
      mkdirSync(join(folder, name))
      newCertificate(join(folder, name))
    }
    symlinkSync('1', join(folder, 'live'))
    const http = await serve({ cert: join(folder, 'live/cert.pem'), key: join(folder, 'live/key.pem') })
    const before = await serial(http)
    symlinkSync('2', join(folder, 'next'))
    renameSync(join(folder, 'next'), join(folder, 'live'))
    await until(async () => (await serial(http)) !== before, 'the new certificate')
  })

  it('is logged if it cannot be used, and the old one stays until there is a usable one', async () => {
    const folder = temporaryFolder()
    const tls = newCertificate(folder)
    const told: string[] = []
    const health = {
      begin: (kind: string) => void told.push(kind),
      end: (kind: string) => void told.push(`no ${kind}`),
    }
    const http = await serve(tls, { health })
    const before = await serial(http)
    writeFileSync(tls.cert, 'half a certifi')
    await until(() => http.errors.length > 0, 'the error')
    expect(http.errors).toMatchObject([{ code: 'tls_unusable' }])
    expect(await serial(http)).toBe(before)
    newCertificate(folder)
    await until(async () => (await serial(http)) !== before, 'the new certificate')
    expect(http.errors).toHaveLength(1)
    expect(told).toEqual(['certificate_failed', 'no certificate_failed'])
  })

  it('changes the addresses and (case 27) the accepted names if its names differ', async () => {
    const folder = temporaryFolder()
    const tls = newCertificate(folder, 'DNS:old.example')
    let changed = 0
    const http = await serve(tls, { onAddresses: () => changed++ })
    expect(http.addresses()[0]?.name).toBe('old.example')
    newCertificate(folder, 'DNS:new.example')
    await until(() => changed > 0, 'the change')
    expect(http.addresses()[0]?.name).toBe('new.example')
    expect(http.names().hosts).toContain(`new.example:${http.port}`)
    expect(http.names().hosts).not.toContain(`old.example:${http.port}`)
  })
})

describe('the addresses with a certificate', () => {
  const origins = async (names: string, options: Partial<HttpOptions> = {}) => {
    const http = await serve(certificate(names), {
      bind: 'all',
      interfaces: interfaces('192.168.1.5', '10.0.0.9', '127.0.0.1'),
      ...options,
    })
    return http.addresses().map(({ origin }) => origin.replace(`:${http.port}`, ':P'))
  }

  it('are its names, then the addresses that it covers, with loopback last', async () => {
    expect(await origins('DNS:*.home.example,DNS:desk.home.example,DNS:localhost,IP:10.0.0.9,DNS:b.example')).toEqual([
      'https://desk.home.example:P',
      'https://b.example:P',
      'https://10.0.0.9:P',
      'https://localhost:P',
    ])
  })

  it('are loopback if it covers none of ours', async () => {
    expect(await origins('IP:8.8.8.8')).toEqual(['https://127.0.0.1:P'])
  })

  it('include a proxy’s name, and a configured name with our own port if the certificate covers it', async () => {
    const port = await freePort()
    const allow_hosts = ['tunnel.example', `desk.home.example:${port}`, `desk.other.example:${port}`]
    const own = await serve(certificate('DNS:*.home.example'), { port, allow_hosts })
    expect(own.addresses().map(({ origin }) => origin)).toEqual([
      'https://tunnel.example',
      `https://desk.home.example:${port}`,
      `https://127.0.0.1:${port}`,
    ])
  })

  it('include Tailscale’s name if the certificate is Tailscale’s', async () => {
    const command = join(temporaryFolder(), 'tailscale')
    const status = {
      BackendState: 'Running',
      Self: { DNSName: 'desk.tail1234.ts.net.', TailscaleIPs: ['100.101.102.103'] },
    }
    writeFileSync(command, `#!/bin/sh\necho '${JSON.stringify(status)}'\n`)
    chmodSync(command, 0o755)
    const http = await serve(certificate('DNS:*.tail1234.ts.net'), {
      bind: 'all',
      interfaces: interfaces('100.101.102.103', '192.168.1.5'),
      nameSources: { tailscale: [command], lookup: async () => [] },
    })
    // Until the name is known the certificate covers nothing of ours, but there still is an address.
    expect(http.addresses().map(({ name }) => name)).toEqual(['100.101.102.103'])
    await until(() => http.addresses()[0]?.name !== '100.101.102.103', 'the name')
    expect(http.addresses()).toMatchObject([{ name: 'desk.tail1234.ts.net', kind: 'tailnet' }])
  })
})

describe('a certificate from Tailscale', () => {
  const NAME = 'desk.tail1234.ts.net'

  /** A command that outputs the certificate in `folder` like Tailscale's, and counts its runs. */
  function tailscale(folder: string): { command: string; asked: () => string[] } {
    const command = join(temporaryFolder(), 'tailscale')
    const log = `${command}.log`
    writeFileSync(command, `#!/bin/sh\necho "$*" >> ${log}\ncat ${folder}/cert.pem ${folder}/key.pem\n`)
    chmodSync(command, 0o755)
    return { command, asked: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []) }
  }
  const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

  it('is stored in files that only this user can read (case 50), whatever the umask', async () => {
    const source = temporaryFolder()
    newCertificate(source, `DNS:${NAME}`)
    const { command, asked } = tailscale(source)
    const dir = join(temporaryFolder(), 'tls')
    mkdirSync(dir, { mode: 0o755 })
    const before = process.umask(0)
    const tls = await tailscaleCertificate(dir, NAME, ['/nowhere/tailscale', command]).finally(() =>
      process.umask(before),
    )
    expect(asked()).toEqual([`cert --cert-file - --key-file - ${NAME}`])
    expect([dir, tls.cert, tls.key].map(mode)).toEqual(['700', '600', '600'])
    expect(readFileSync(tls.key, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----/)
    const http = await serve(tls)
    expect(http.addresses()[0]).toMatchObject({ origin: `https://${NAME}:${http.port}`, kind: 'named' })
  })

  it('is used at once after a restart, and renewed then and every day', async () => {
    const source = temporaryFolder()
    newCertificate(source, `DNS:${NAME}`)
    const { command, asked } = tailscale(source)
    const dir = temporaryFolder()
    await tailscaleCertificate(dir, NAME, [command])
    const tls = await tailscaleCertificate(dir, NAME, [command])
    await until(() => asked().length === 2)
    // A renewal that is still running would be mistaken for the next one.
    await tls.renew!()
    const times = asked().length
    const http = await serve(tls)
    const before = await serial(http)
    newCertificate(source, `DNS:${NAME}`)
    moveClock(1.01)
    await until(() => asked().length === times + 1, 'the renewal')
    vi.restoreAllMocks()
    await until(async () => (await serial(http)) !== before, 'the new certificate')
  })

  it('is not used for another name', async () => {
    const source = temporaryFolder()
    newCertificate(source, `DNS:${NAME}`)
    const { command, asked } = tailscale(source)
    const dir = temporaryFolder()
    await tailscaleCertificate(dir, NAME, [command])
    newCertificate(source, 'DNS:other.ts.net')
    const tls = await tailscaleCertificate(dir, 'other.ts.net', [command])
    expect(asked()).toHaveLength(2)
    expect(execFileSync('openssl', ['x509', '-in', tls.cert, '-noout', '-text']).toString()).toContain('other.ts.net')
  })

  it.each([
    [
      'is not available when Tailscale reports an error, which is passed on',
      'echo "HTTPS is not enabled" >&2; exit 1',
      /HTTPS is not enabled/,
    ],
    ['is rejected when the output is not one', 'echo hello', /gave no certificate/],
    [
      'is rejected without a key',
      'printf -- "-----BEGIN CERTIFICATE-----\\nAA==\\n-----END CERTIFICATE-----\\n"',
      /gave no/,
    ],
  ])('%s', async (_what, script, message) => {
    const command = join(temporaryFolder(), 'tailscale')
    writeFileSync(command, `#!/bin/sh\n${script}\n`)
    chmodSync(command, 0o755)
    const dir = join(temporaryFolder(), 'tls')
    await expect(tailscaleCertificate(dir, NAME, [command])).rejects.toMatchObject({
      code: 'tls_unusable',
      message: expect.stringMatching(message),
    })
    expect(existsSync(dir)).toBe(false)
  })

  it('is not requested for an invalid name, or without Tailscale', async () => {
    for (const name of ['--help', 'a b', ''])
      await expect(tailscaleCertificate(temporaryFolder(), name, ['/bin/true'])).rejects.toMatchObject({
        code: 'tls_unusable',
        message: expect.stringContaining('is not a name'),
      })
    await expect(tailscaleCertificate(temporaryFolder(), NAME, ['/nowhere/tailscale'])).rejects.toThrow(/no command/)
  })
})

it('a phone pairs over wss and reconnects; a key from plain HTTP is unknown here, and vice versa', async () => {
  const tls = certificate()
  const dataDir = join(temporaryFolder(), 'data')
  const open = async (host: Host, scheme: 'ws' | 'wss') => {
    const socket = new WebSocket(`${scheme}://127.0.0.1:${host.port}/ws`, { ca: readFileSync(tls.cert) })
    onCleanUp(() => socket.terminate())
    await once(socket, 'open')
    return socketTransport(socket)
  }
  const scheme = (host: Host) => new URL(host.addresses()[0]!.origin).protocol.replace('http', 'ws').replace(':', '')
  const pairedAt = async (host: Host) => {
    const desk = await connectDesktop(host)
    onCleanUp(() => desk.close())
    answerPairingRequests(desk)
    const url = await pairingUrl(desk)
    expect(new URL(url).origin).toBe(host.addresses()[0]!.origin)
    return pairPhone(url, () => open(host, scheme(host) as 'ws' | 'wss'))
  }
  const comesBack = (host: Host, phone: PhoneIdentity) =>
    webClient(host, { phone, via: () => open(host, scheme(host) as 'ws' | 'wss'), reconnect: false }).connect()

  const plain = await startHost({ dataDir })
  const madeOverHttp = await pairedAt(plain)
  await comesBack(plain, madeOverHttp)
  await plain.stop()

  const secure = await startHost({ dataDir, tls })
  expect(secure.addresses()[0]!.origin).toMatch(/^https:/)
  const madeOverTls = await pairedAt(secure)
  await comesBack(secure, madeOverTls)
  await expect(comesBack(secure, madeOverHttp)).rejects.toMatchObject({ code: 'channel_refused' })
  await secure.stop()

  const plainAgain = await startHost({ dataDir })
  await expect(comesBack(plainAgain, madeOverTls)).rejects.toMatchObject({ code: 'channel_refused' })
  await comesBack(plainAgain, madeOverHttp)
})
