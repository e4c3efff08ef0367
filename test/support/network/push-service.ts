// A push service and a browser's subscription to it (RFC 8030, 8291 and 8292), over HTTPS with its own certificate authority.
import { execFileSync } from 'node:child_process'
import { createDecipheriv, createECDH, createPublicKey, type ECDH, hkdfSync, randomBytes, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PushSubscription } from '../../../protocol/messages.ts'

/** Creates a certificate authority, and a certificate that it signed for these names (PEM). */
export function createAuthority(names = 'DNS:localhost'): { ca: string; cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), 'otg-ca-'))
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const key = (file: string) => ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file]
  try {
    openssl('req', '-x509', ...key('ca.key'), '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority')
    openssl('req', ...key('key.pem'), '-out', 'request.pem', '-subj', '/CN=push service')
    writeFileSync(join(folder, 'names'), `subjectAltName=${names}\n`)
    const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names']
    openssl('x509', '-req', '-in', 'request.pem', ...signer, '-out', 'cert.pem', '-days', '2')
    const read = (file: string) => readFileSync(join(folder, file), 'utf8')
    return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const authorities = new Map<string, ReturnType<typeof createAuthority>>()

/** One authority per list of names, since OpenSSL takes 100 ms to create one. */
function sharedAuthority(names = 'DNS:localhost'): ReturnType<typeof createAuthority> {
  const shared = authorities.get(names) ?? createAuthority(names)
  authorities.set(names, shared)
  return shared
}

export interface PushMessage {
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export class PushService {
  readonly ca: string
  readonly posts: PushMessage[] = []
  /** The number of connections, with or without a request. */
  connections = 0
  /** The responses to the next posts, one after the other; then 201. */
  readonly responses: ((request: IncomingMessage, response: ServerResponse) => void)[] = []
  /** Delivers it to the browser. */
  deliver: (message: PushMessage) => void = () => {}
  readonly #server: Server

  private constructor(ca: string, server: Server) {
    this.ca = ca
    this.#server = server
    server.on('connection', () => this.connections++)
    server.on('request', (request, response) => {
      const chunks: Buffer[] = []
      request.on('data', chunk => chunks.push(chunk))
      request.on('end', () => {
        const message = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) }
        this.posts.push(message)
        this.deliver(message)
        const respondNext = this.responses.shift() ?? ((_, response) => response.writeHead(201).end())
        respondNext(request, response)
      })
    })
  }

  static async start(names?: string, { ca, ...pair } = sharedAuthority(names)): Promise<PushService> {
    const server = createServer(pair)
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new PushService(ca, server)
  }

  /** Its name in a host's list of push services. */
  get name(): string {
    return `localhost:${(this.#server.address() as AddressInfo).port}`
  }

  /** The `push` option of a host. */
  get option(): { services: string[]; ca: string } {
    return { services: [this.name], ca: this.ca }
  }

  answer(status: number, headers: Record<string, string> = {}): void {
    this.responses.push((_, response) => response.writeHead(status, headers).end())
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}

/** A browser's subscription with its keys. */
export class Subscriber {
  readonly endpoint: string
  readonly #curve: ECDH
  readonly #auth = randomBytes(16)

  constructor(service: { name: string }, path = `/push/${randomBytes(9).toString('base64url')}`) {
    this.endpoint = `https://${service.name}${path}`
    this.#curve = createECDH('prime256v1')
    this.#curve.generateKeys()
  }

  get subscription(): PushSubscription {
    return {
      endpoint: this.endpoint,
      p256dh: this.#curve.getPublicKey('base64url'),
      auth: this.#auth.toString('base64url'),
    }
  }

  /** Decrypts a message (RFC 8291, section 3.4; RFC 8188). Throws if it is for another subscription. */
  decrypt({ headers, body }: PushMessage): string {
    if (headers['content-encoding'] !== 'aes128gcm') throw new Error(`encoded as ${headers['content-encoding']}`)
    const salt = body.subarray(0, 16)
    const recordSize = body.readUInt32BE(16)
    const sender = body.subarray(21, 21 + body[20]!)
    const sealed = body.subarray(21 + body[20]!)
    if (sealed.length > recordSize) throw new Error('more than one record')
    const shared = this.#curve.computeSecret(sender)
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#curve.getPublicKey(), sender])
    const secret = Buffer.from(hkdfSync('sha256', shared, this.#auth, info, 32))
    const key = Buffer.from(hkdfSync('sha256', secret, salt, 'Content-Encoding: aes128gcm\0', 16))
    const nonce = Buffer.from(hkdfSync('sha256', secret, salt, 'Content-Encoding: nonce\0', 12))
    const decipher = createDecipheriv('aes-128-gcm', key, nonce)
    decipher.setAuthTag(sealed.subarray(-16))
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    // The last record ends with a 2, and zeros as padding.
    const end = plain.findLastIndex(byte => byte !== 0)
    if (plain[end] !== 2) throw new Error('not the last record')
    return plain.subarray(0, end).toString()
  }
}

/** Returns the key and the claims of a message's VAPID signature (RFC 8292); throws if it is not valid. */
export function verifySignature({ headers }: PushMessage): {
  key: string
  claims: { aud: string; exp: number; sub: string }
} {
  const [, token, key] = /^vapid t=([^,]+), ?k=(.+)$/.exec(headers.authorization ?? '') ?? []
  if (!token || !key) throw new Error(`no signature: ${headers.authorization}`)
  const [head, claims, signature] = token.split('.') as [string, string, string]
  const point = Buffer.from(key, 'base64url')
  const x = point.subarray(1, 33).toString('base64url')
  const y = point.subarray(33).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const signed = Buffer.from(`${head}.${claims}`)
  const valid = verify(
    'sha256',
    signed,
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  if (!valid) throw new Error('the signature is not valid')
  return { key, claims: JSON.parse(Buffer.from(claims, 'base64url').toString()) }
}
