// The environment that the user's login shell makes, which sessions get that no caller started: from a phone, a window, or in the
// background. It is asked once, as VS Code does (its docs: "Resolving shell environment"), and again when a person wants it.
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { toCoded } from '../../../protocol/errors.ts'
import type { Logger } from '../log/logger.ts'
import { afterLogin, beforeLogin } from './environment.ts'

/** A shell that takes longer is ended: VS Code's limit (`application.shellEnvironmentResolutionTimeout`). */
const CAPTURE_MS = 10_000

/** A new session waits this long at most for a shell that is still being asked, and then starts without what it would say. */
export const WAIT_MS = 2_000

/** A larger environment could not be given to a program either (execve(2): a quarter of the stack, 2 MiB). */
const MAX_BYTES = 4 * 1024 * 1024

/** Descriptors that are closed in the shell; a host with more has other troubles. */
const MAX_DESCRIPTORS = 4096

/** In the shell, so that startup files can leave out what is slow or replaces the shell; the second is what many know already. */
const RESOLVING = { OTG_RESOLVING_ENVIRONMENT: '1', VSCODE_RESOLVING_ENVIRONMENT: '1' }

/** Shells that take -i, -l and -c together. Others are asked through /bin/sh, which reads the profile that is common to all. */
const SHELLS = /\/(ba|z|k|mk|da|a|fi|ya|)sh(-[\d.]+)?$/

export interface LoginEnvironmentOptions {
  env: NodeJS.ProcessEnv
  home: string
  /** The program of the user's login shell. */
  shell: string
  log: Logger
  /** How it went, each time it was asked. */
  captured?(error: Error | undefined): void
  /** Durations in milliseconds that tests shorten. */
  capture_ms?: number | undefined
  wait_ms?: number | undefined
}

export class LoginEnvironment {
  readonly #options: LoginEnvironmentOptions
  /** What the shell is started with. */
  readonly before: Readonly<Record<string, string>>
  #captured: Readonly<Record<string, string>> | undefined
  #running: Promise<void> | undefined
  readonly #stop = new AbortController()

  constructor(options: LoginEnvironmentOptions) {
    this.#options = options
    const own = beforeLogin(options.env)
    this.before = { ...own, ...accountNames(), HOME: options.home, SHELL: options.shell }
  }

  /** What is known now: without an answer of the shell, what it was started with. */
  get current(): Readonly<Record<string, string>> {
    return this.#captured ?? this.before
  }

  get state(): 'login' | 'minimal' {
    return this.#captured && this.#captured !== this.before ? 'login' : 'minimal'
  }

  /** Undefined: it is there. Else resolves when it is, or when a session has waited long enough for it. */
  ready(): Promise<void> | undefined {
    if (this.#captured) return undefined
    const asked = this.renew()
    return new Promise(resolve => {
      const timer = setTimeout(resolve, this.#options.wait_ms ?? WAIT_MS)
      void asked.then(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  /** Asks the shell again. Where it fails, what was known before stays. Never rejects. */
  renew(): Promise<void> {
    this.#running ??= this.#capture().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  close(): void {
    this.#stop.abort()
  }

  async #capture(): Promise<void> {
    const { log, shell, home, captured } = this.#options
    let failure: Error | undefined
    const began = performance.now()
    try {
      const env = { ...this.before, TERM: 'xterm-256color', ...RESOLVING }
      const limit_ms = this.#options.capture_ms ?? CAPTURE_MS
      this.#captured = await askShell({ shell, env, cwd: home, limit_ms, signal: this.#stop.signal })
      log.info(
        { variables: Object.keys(this.#captured).length, ms: Math.round(performance.now() - began) },
        'login environment captured',
      )
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
      // Not again for each session: it would wait as long each time.
      this.#captured ??= this.before
      log.warn({ shell, message: toCoded(failure).message }, 'the login environment is not known')
    }
    if (!this.#stop.signal.aborted) captured?.(failure)
  }
}

interface Ask {
  shell: string
  env: Record<string, string>
  cwd: string
  limit_ms: number
  signal: AbortSignal
}

function askShell({ shell, env, cwd, limit_ms, signal }: Ask): Promise<Record<string, string>> {
  // Startup files print what they like, before and after.
  const mark = randomUUID()
  const program = SHELLS.test(shell) ? shell : '/bin/sh'
  const echo = `/usr/bin/env printf '%s\\0' ${mark}`
  return new Promise((resolve, reject) => {
    // In a session of its own (setsid): an interactive shell would take the terminal that the host runs in.
    const child = spawn(program, ['-i', '-l', '-c', `${echo}; /usr/bin/env -0; ${echo}`], {
      env,
      cwd,
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore', ...inheritable()],
    })
    const chunks: Buffer[] = []
    let size = 0
    const finish = (error: Error | undefined) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', aborted)
      // Also what a startup file left running in front of it.
      if (error && child.pid !== undefined) endGroup(child.pid)
      // None, if no descriptor was free.
      child.stdout?.destroy()
      const variables = parse(Buffer.concat(chunks).toString('utf8'), mark)
      if (variables) resolve(afterLogin(variables))
      else reject(error ?? new Error(`${shell} did not tell its environment`))
    }
    const aborted = () => finish(new Error('the host is stopping'))
    const timer = setTimeout(
      () => finish(new Error(`${shell} did not finish its startup files within ${limit_ms / 1000} s`)),
      limit_ms,
    )
    signal.addEventListener('abort', aborted)
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      size += chunk.length
      if (size > MAX_BYTES) return finish(new Error(`${shell} printed more than ${MAX_BYTES} bytes`))
      // At once: what a startup file started in the background may hold the pipe open.
      if (chunk.includes(mark) && parse(Buffer.concat(chunks).toString('utf8'), mark)) finish(undefined)
    })
    child.on('error', finish)
    child.on('close', () => finish(undefined))
  })
}

/** Undefined: it does not contain all of it. */
function parse(text: string, mark: string): Record<string, string> | undefined {
  const begin = `${mark}\0`
  const from = text.indexOf(begin)
  const to = text.indexOf(begin, from + begin.length)
  if (from < 0 || to < 0) return undefined
  const variables: Record<string, string> = {}
  for (const entry of text.slice(from + begin.length, to).split('\0')) {
    const at = entry.indexOf('=')
    const name = entry.slice(0, at)
    if (at > 0 && !Object.hasOwn(RESOLVING, name)) variables[name] = entry.slice(at + 1)
  }
  return variables
}

/** Descriptors of the host that a process would inherit, as node-pty opens some: /dev/null takes their numbers. */
function inheritable(): 'ignore'[] {
  try {
    const highest = Math.max(...readdirSync('/proc/self/fd').map(Number))
    return Array<'ignore'>(Math.min(Math.max(0, highest - 2), MAX_DESCRIPTORS)).fill('ignore')
  } catch {
    return []
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function accountNames(): Record<string, string> {
  try {
    const { username } = userInfo()
    return { USER: username, LOGNAME: username }
  } catch {
    return {} // an account without an entry in the user database
  }
}
