// Certificates: read, checked, read again when their files change; those of Tailscale. Knows no requests.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises'
import type { Server } from 'node:https'
import { join } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { CodedError } from '../../../protocol/errors.ts'
import { isDnsName, runTailscale, TAILSCALE } from './name-discovery.ts'

/** PEM files. */
export interface TlsFiles {
  cert: string
  key: string
  /** Called once a day; what it writes is taken up like any change of the files. */
  renew?: () => Promise<unknown>
}

type Log = { info(what: object, message: string): void; error(what: object, message: string): void }

/** A chain of ten is 20 KB. */
const PEM_BYTES = 256 * 1024
/** From asking an authority to its answer, the first time; later it comes from Tailscale's own store. */
const ISSUE_MS = 90_000
/** Of what Tailscale says went wrong. */
const MOST_SAID = 500
const DAY_MS = 24 * 3_600_000

/** The certificate in force. */
export class Certificate {
  readonly #files: TlsFiles
  readonly #log: Log
  #context: SecureContextOptions
  #x509: X509Certificate
  /** How the files looked when they were last read, and when they were last looked at. */
  #read: string
  #seen: string
  #renewed = Date.now()

  private constructor(files: TlsFiles, log: Log, stamp: string, pair: Pair) {
    this.#files = files
    this.#log = log
    this.#read = stamp
    this.#seen = stamp
    this.#context = pair.context
    this.#x509 = pair.x509
  }

  /** Throws `tls_unusable`, naming the file and what is wrong with it. */
  static async open(files: TlsFiles, log: Log): Promise<Certificate> {
    // Before the files: what changes meanwhile is then seen as a change.
    const stamp = await stampOf(files)
    return new Certificate(files, log, stamp, await readPair(files))
  }

  get context(): SecureContextOptions {
    return this.#context
  }

  get x509(): X509Certificate {
    return this.#x509
  }

  /**
   * To be called every few seconds: takes up new files, for connections that come from now on. New files that are no good
   * are told and the old certificate stays. Never throws. True when there is another certificate.
   */
  async reloadIfChanged(server: Server): Promise<boolean> {
    this.#renew()
    const stamp = await stampOf(this.#files)
    const settled = stamp === this.#seen
    this.#seen = stamp
    // Two files are seldom written at once: they are read when they stopped changing.
    if (!settled || stamp === this.#read) return false
    this.#read = stamp
    try {
      const pair = await readPair(this.#files)
      server.setSecureContext(pair.context)
      this.#context = pair.context
      this.#x509 = pair.x509
      this.#log.info({ valid_to: pair.x509.validTo }, 'the new certificate is in use')
      return true
    } catch (error) {
      this.#log.error({ err: error }, 'the new certificate is not used; the old one stays')
      return false
    }
  }

  #renew(): void {
    // By the clock: timers stand still while a laptop sleeps.
    if (!this.#files.renew || Date.now() - this.#renewed < DAY_MS) return
    this.#renewed = Date.now()
    this.#files.renew().catch(error => this.#log.error({ err: error }, 'the certificate could not be renewed'))
  }
}

interface Pair {
  context: SecureContextOptions
  x509: X509Certificate
}

/** Throws `tls_unusable`. */
async function readPair({ cert, key }: TlsFiles): Promise<Pair> {
  const pem = await readPem(cert)
  const secret = await readPem(key)
  const x509 = attempt(cert, 'it is not a certificate in PEM', () => new X509Certificate(pem))
  const privateKey = attempt(key, 'it is not a private key in PEM, or has a passphrase', () => createPrivateKey(secret))
  if (!x509.checkPrivateKey(privateKey)) throw unusable(key, `it is not the key of ${cert}`)
  const now = Date.now()
  if (Date.parse(x509.validTo) < now) throw unusable(cert, `it expired on ${x509.validTo}`)
  if (Date.parse(x509.validFrom) > now) throw unusable(cert, `it is not valid before ${x509.validFrom}`)
  const context: SecureContextOptions = { cert: pem, key: secret, minVersion: 'TLSv1.2' }
  // A weak key, a broken chain: what OpenSSL would only say when somebody connects.
  attempt(cert, 'it cannot be served', () => createSecureContext(context))
  return { context, x509 }
}

async function readPem(file: string): Promise<string> {
  try {
    if ((await stat(file)).size > PEM_BYTES) throw unusable(file, `it is larger than ${PEM_BYTES} bytes`)
    return await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    const code = (cause as NodeJS.ErrnoException).code
    throw unusable(file, code === 'ENOENT' ? 'it does not exist' : `it cannot be read (${code})`, cause)
  }
}

function attempt<T>(file: string, why: string, act: () => T): T {
  try {
    return act()
  } catch (cause) {
    throw unusable(file, `${why} (${(cause as Error).message})`, cause)
  }
}

function unusable(file: string, why: string, cause?: unknown): CodedError {
  return new CodedError('tls_unusable', `${file}: ${why}`, { cause })
}

/** Changes when a file does. Follows symbolic links, which renewal turns from one file to the next. */
async function stampOf({ cert, key }: TlsFiles): Promise<string> {
  const stamps = [cert, key].map(async file => {
    try {
      const { mtimeMs, size, ino } = await stat(file)
      return `${mtimeMs} ${size} ${ino}`
    } catch (error) {
      return String((error as NodeJS.ErrnoException).code)
    }
  })
  return (await Promise.all(stamps)).join(' ')
}

/**
 * A certificate for this machine's name in its tailnet, as files in `dir` (0700, files 0600). One from earlier is used at
 * once and renewed in the background. Throws `tls_unusable` with what Tailscale says.
 */
export async function tailscaleCertificate(
  dir: string,
  name: string,
  commands: readonly string[] = TAILSCALE,
): Promise<TlsFiles> {
  if (!isDnsName(name)) throw new CodedError('tls_unusable', `${name} is no name that a certificate can have`)
  const files = { cert: join(dir, 'tailscale.crt'), key: join(dir, 'tailscale.key') }
  let running: Promise<void> | undefined
  const renew = () => {
    running ??= issue(dir, name, files, commands).finally(() => {
      running = undefined
    })
    return running
  }
  const earlier = await readPair(files).catch(() => undefined)
  const usable = earlier?.x509.checkHost(name) !== undefined
  // Whoever looks after the files calls `renew` too, once a day; what fails now is told then.
  if (usable) renew().catch(() => {})
  else await renew()
  return { ...files, renew }
}

async function issue(dir: string, name: string, files: TlsFiles, commands: readonly string[]): Promise<void> {
  // Both to its standard output: Tailscale's command in a macOS sandbox can write no files that others read.
  const args = ['cert', '--cert-file', '-', '--key-file', '-', name]
  const { stdout } = await runTailscale(commands, args, { timeout_ms: ISSUE_MS, bytes: PEM_BYTES }).catch(cause => {
    const said = (String(cause.stderr ?? '').trim() || String(cause.message)).slice(0, MOST_SAID)
    throw new CodedError('tls_unusable', `Tailscale gave no certificate for ${name}: ${said}`, { cause })
  })
  const blocks = stdout.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----/g) ?? []
  const certificates = blocks.filter(block => block.startsWith('-----BEGIN CERTIFICATE'))
  const keys = blocks.filter(block => block.includes('PRIVATE KEY'))
  if (certificates.length === 0 || keys.length !== 1)
    throw new CodedError('tls_unusable', `Tailscale gave no certificate for ${name}`)
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    await chmod(dir, 0o700)
    await replace(files.key, `${keys[0]}\n`)
    await replace(files.cert, `${certificates.join('\n')}\n`)
  } catch (cause) {
    throw unusable(dir, `it cannot be written (${(cause as NodeJS.ErrnoException).code})`, cause)
  }
}

/** Whole or not at all, and never open to others, not even for a moment. */
async function replace(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return
  const fresh = `${file}.new`
  await writeFile(fresh, text, { mode: 0o600 })
  await chmod(fresh, 0o600)
  await rename(fresh, file)
}
