// What a host is started with, what it is for the program that started it, and how its options override its settings.
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { Transport } from '../../protocol/transport.ts'
import type { Keystore } from './at-rest/keystore.ts'
import type { Clocks } from './clock/clocks.ts'
import type { HistoryLimits } from './history/write/worker-protocol.ts'
import type { Bind } from './listen/addresses.ts'
import type { Address } from './listen/candidates.ts'
import type { HandshakeLimits } from './listen/handshake-limit.ts'
import type { HttpTiming } from './listen/http.ts'
import { type ListenConfig, listenConfigOf, type TlsSetting } from './listen/network.ts'
import type { Logger, LogLevel } from './log/logger.ts'
import { findProgram } from './session/launch-look.ts'
import { LoginEnvironment } from './session/login-environment.ts'
import type { Expiry, SessionRules, SessionsTiming } from './session/sessions.ts'
import { expiryOf, type Settings, shellOf } from './settings/settings.ts'

export interface Host {
  readonly pid: number
  readonly dataDir: string
  readonly port: number
  /** True when DEFAULT_PORT was wanted, but is taken and another one is used. */
  readonly otherPort: boolean
  /** Where its page is, the best address first. */
  addresses(): Address[]
  /** Accepts a transport from another part of this process (a MessagePort) as a local client. */
  accept(transport: Transport): void
  /** The number of running sessions. */
  running(): number
  /** The most bytes that a screen was behind its session's output since the host started. */
  largestScreenLag(): number
  /** For tests: a pragma on the connection that records, to make the database full or read-only. */
  pragma(pragma: string): Promise<unknown>
  /** Ends all sessions, flushes and closes everything. Twice is fine. */
  stop(): Promise<void>
}

export interface HostOptions {
  dataDir: string
  webRoot: string
  version: string
  /** argv of the shell for sessions that name no command, unless the settings name one. */
  shell: string[]
  home: string
  env: NodeJS.ProcessEnv
  /** Sessions without a caller get the login environment (LoginEnvironment), unless the setting says no. Default: `env`. */
  login_environment?: boolean
  /** A file that receives one JSON line per frame, without contents (see FrameTrace). */
  trace?: string

  // The following options override the setting of the same name.
  /** Without option and setting: DEFAULT_PORT, or a free port if that one is taken. 0: a free port. */
  port?: number
  bind?: Bind
  /** Further names under which a proxy or a tunnel reaches the host, with a port unless it is 80 or 443. */
  allow_hosts?: string[]
  /** PEM files, or the certificate that Tailscale obtains. */
  tls?: TlsSetting
  limits?: HistoryLimits
  expiry?: Expiry
  /** Each session takes one client at a time; a client that reconnects keeps its place. */
  single_client?: boolean
  /** Lines below this level are not written to `host.log`. */
  log_level?: LogLevel

  // The following have no setting.
  /** Of strangers and of those who know the host's key. Default: HANDSHAKE_LIMITS and CLAIMED_LIMITS. */
  handshakes?: HandshakeLimits
  /** Push services that phones may be notified through, and the CA of their certificates (PEM). Default: PUSH_SERVICES. */
  push?: { services: readonly string[]; ca: string }
  /** Default: the system's. */
  keystore?: Keystore
  /** CA of the certificates of ntfy and webhook servers (PEM). Default: the CAs that Node trusts. */
  notify_ca?: string
  /** The clocks, which tests turn. Default: the system's. */
  clocks?: Clocks
  /** Durations in milliseconds that tests shorten. Default: the constant named at each. */
  timing?: HostTiming
}

export interface HostTiming extends SessionsTiming, Partial<HttpTiming> {
  /** TELL_AFTER_MS */
  tell_trouble_ms?: number
  /** HANDSHAKE_MS */
  handshake_ms?: number
  /** CAPTURE_MS and WAIT_MS in login-environment.ts */
  capture_environment_ms?: number
  wait_for_environment_ms?: number
}

export function sessionRules(options: HostOptions, settings: Settings): SessionRules {
  return {
    shell: shellOf(settings) ?? options.shell,
    single_client: options.single_client ?? settings.single_client,
    expiry: options.expiry ?? expiryOf(settings),
  }
}

export function listenConfig(options: HostOptions, settings: Settings): ListenConfig {
  const config = listenConfigOf(settings)
  return {
    port: options.port ?? config.port,
    bind: options.bind ?? config.bind,
    allow_hosts: options.allow_hosts ?? config.allow_hosts,
    tls: options.tls ?? config.tls,
  }
}

/** Undefined: sessions get the environment of the options. `captured`: how it went. */
export function loginEnvironment(
  { login_environment, env, home, shell, timing }: HostOptions,
  captured: (error: Error | undefined) => void,
  log: Logger,
): LoginEnvironment | undefined {
  // Windows keeps a user's variables in the registry, and every process has them.
  if (!login_environment || process.platform === 'win32') return undefined
  return new LoginEnvironment({
    env,
    home,
    shell: shell[0]!,
    log,
    captured,
    capture_ms: timing?.capture_environment_ms,
    wait_ms: timing?.wait_for_environment_ms,
  })
}

/** The names of the settings that these options override. */
export function overriddenSettings(options: HostOptions): string[] {
  return [
    ...(['port', 'bind', 'allow_hosts', 'tls', 'single_client', 'log_level'] as const).filter(
      name => options[name] !== undefined,
    ),
    ...(options.limits ? ['session_megabytes', 'total_megabytes', 'retention_days'] : []),
    ...(options.expiry ? ['idle_hours', 'end_busy'] : []),
  ]
}

/** Throws `settings_invalid` for a shell that does not exist: otherwise the next session would fail, on a phone. */
export function checkShell(shell: Settings['shell'], { home, env }: HostOptions): void {
  const [program] = shellOf({ shell }) ?? []
  if (program === undefined) return
  try {
    findProgram(program, home, env.PATH ?? '')
  } catch (cause) {
    throw new CodedError('settings_invalid', `shell: ${toCoded(cause).message}`, { cause })
  }
}
