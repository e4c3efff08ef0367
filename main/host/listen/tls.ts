// TLS certificates: read from files, checked, and reloaded when the files change; also those that Tailscale obtains.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { chmod, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createSecureContext, type SecureContextOptions, type Server } from 'node:tls'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { writeAtomically } from '../files/atomic-file.ts'
import type { HealthReports } from '../health/health.ts'
import type { Logger } from '../log/logger.ts'
import { isDnsName, runTailscale, TAILSCALE } from './name-discovery.ts'

/** PEM files. */
export interface TlsFiles {
  cert: string
  key: string
  /** Called once a day; files that it writes are loaded like any other change. */
  renew?: () => Promise<unknown>
}

type Log = Pick<Logger, 'info' | 'error'>

/** A chain of ten certificates is 20 KB. */
const PEM_BYTES = 256 * 1024
/** Time for the certificate authority at the first request; later ones are served from Tailscale's own store. */
const ISSUE_MS = 90_000
/** Of Tailscale's error message. */
const MAX_ERROR_CHARACTERS = 500
const DAY_MS = 24 * 3_600_000

/** The certificate in use. */
export class Certificate {
  readonly #files: TlsFiles
  readonly #log: Log
  readonly #health: HealthReports | undefined
  #context: SecureContextOptions
  #x509: X509Certificate
  /** The files' stamps when they were last read, and when they were last checked. */
  #read: string
  #seen: string
  #renewed = Date.now()

  private constructor(files: TlsFiles, log: Log, health: HealthReports | undefined, stamp: string, pair: Pair) {
    this.#files = files
    this.#log = log
    this.#health = health
    this.#read = stamp
    this.#seen = stamp
    this.#context = pair.context
    this.#x509 = pair.x509
  }

  /** Throws `tls_unusable`, naming the file and what is wrong with it. */
  static async open(files: TlsFiles, log: Log, health?: HealthReports): Promise<Certificate> {
    // Before reading: a change in between is noticed at the next check.
    const stamp = await stampOf(files)
    return new Certificate(files, log, health, stamp, await readPair(files))
  }

  get context(): SecureContextOptions {
    return this.#context
  }

  get x509(): X509Certificate {
    return this.#x509
  }

  /**
   * Loads changed files, for new connections; call it every few seconds. If the new files cannot be used, logs that and
   * keeps the old certificate. Never throws. True: there is another certificate.
   */
  async reloadIfChanged(server: Server): Promise<boolean> {
    this.#renew()
    const stamp = await stampOf(this.#files)
    const isSettled = stamp === this.#seen
    this.#seen = stamp
    // The two files are rarely written at once: they are read when they have stopped changing.
    if (!isSettled || stamp === this.#read) return false
    this.#read = stamp
    try {
      const pair = await readPair(this.#files)
      server.setSecureContext(pair.context)
      this.#context = pair.context
      this.#x509 = pair.x509
      this.#log.info({ valid_to: pair.x509.validTo }, 'the new certificate is in use')
      this.#health?.end('certificate_failed')
      return true
    } catch (error) {
      this.#failed(error, 'the new certificate cannot be used; the old one stays')
      return false
    }
  }

  #renew(): void {
    // By the wall clock: timers stop while a laptop sleeps.
    if (!this.#files.renew || Date.now() - this.#renewed < DAY_MS) return
    this.#renewed = Date.now()
    this.#files.renew().catch(error => this.#failed(error, 'the certificate could not be renewed'))
  }

  #failed(error: unknown, what: string): void {
    this.#log.error({ err: error }, what)
    this.#health?.begin('certificate_failed', { path: this.#files.cert, message: toCoded(error).message })
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
  // A weak key or a broken chain, which OpenSSL would otherwise report only when a client connects.
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

/** Changes when a file does. Follows symbolic links, which renewal tools repoint. */
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
 * A certificate for this computer's name in its tailnet, as files in `dir` (0700, files 0600). An earlier one is used at
 * once and renewed in the background. Throws `tls_unusable` with Tailscale's message.
 */
export async function tailscaleCertificate(
  dir: string,
  name: string,
  commands: readonly string[] = TAILSCALE,
): Promise<TlsFiles> {
  if (!isDnsName(name)) throw new CodedError('tls_unusable', `${name} is not a name that a certificate can have`)
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
  // `renew` is also called once a day; a failure now is reported then.
  if (usable) renew().catch(() => {})
  else await renew()
  return { ...files, renew }
}

async function issue(dir: string, name: string, files: TlsFiles, commands: readonly string[]): Promise<void> {
  // Both to standard output: in its macOS sandbox the command cannot write files that others read.
  const args = ['cert', '--cert-file', '-', '--key-file', '-', name]
  const { stdout } = await runTailscale(commands, args, { timeout_ms: ISSUE_MS, bytes: PEM_BYTES }).catch(cause => {
    const reason = (String(cause.stderr ?? '').trim() || String(cause.message)).slice(0, MAX_ERROR_CHARACTERS)
    throw new CodedError('tls_unusable', `Tailscale gave no certificate for ${name}: ${reason}`, { cause })
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
    const { code } = (cause instanceof CodedError ? cause.cause : cause) as NodeJS.ErrnoException
    throw unusable(dir, `it cannot be written (${code})`, cause)
  }
}

/** Replaces a file atomically; it is never readable by others, not even for a moment. */
async function replace(file: string, text: string): Promise<void> {
  if ((await readFile(file, 'utf8').catch(() => undefined)) === text) return
  // In one go: a host that stops meanwhile leaves no half of a key behind.
  writeAtomically(file, text)
}
