// A real Secret Service (gnome-keyring-daemon) on a D-Bus of its own, which the keystore of this process uses meanwhile.
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PASSWORD = 'the keyring of a test'

export const hasSecretService =
  process.platform === 'linux' &&
  ['gnome-keyring-daemon', 'dbus-daemon', 'dbus-send'].every(
    program => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0,
  )

/** Without services that the bus would start by itself: a second keyring, or a window that asks for a password. */
const BUS = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>
`

export interface SecretService {
  /** For processes that are to use it. */
  env: NodeJS.ProcessEnv
  lock(): void
  /** Ends it and starts it again, unlocked, with what it had. */
  restart(): Promise<void>
  /** All that it had is gone. */
  wipe(): Promise<void>
  /** It takes no request any more, but is there. */
  freeze(): void
  thaw(): void
  /** There is none. */
  end(): Promise<void>
  /** Names and attributes of what it holds; no secrets. */
  items(): string
  close(): Promise<void>
}

/** Sets DBUS_SESSION_BUS_ADDRESS of this process until `close`. */
export async function startSecretService(): Promise<SecretService> {
  const folder = mkdtempSync(join(tmpdir(), 'otg-keyring-'))
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: folder,
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    XDG_CACHE_HOME: join(folder, 'cache'),
  }
  mkdirSync(env.XDG_RUNTIME_DIR!, { mode: 0o700 })
  const config = join(folder, 'bus.conf')
  writeFileSync(config, BUS)
  const bus = spawn('dbus-daemon', [`--config-file=${config}`, '--nofork', '--nopidfile', '--print-address'], {
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [address] = (await once(bus.stdout, 'data')) as [Buffer]
  env.DBUS_SESSION_BUS_ADDRESS = address.toString().trim()
  const before = process.env.DBUS_SESSION_BUS_ADDRESS
  process.env.DBUS_SESSION_BUS_ADDRESS = env.DBUS_SESSION_BUS_ADDRESS

  let daemon: ChildProcess | undefined
  const start = async () => {
    const args = ['--foreground', '--unlock', '--components=secrets']
    daemon = spawn('gnome-keyring-daemon', args, { env, stdio: ['pipe', 'ignore', 'ignore'] })
    daemon.stdin!.end(PASSWORD)
    const login = () => call('org.freedesktop.Secret.Service.ReadAlias', 'string:default')
    const end = performance.now() + 20_000
    while (!login().includes('/collection/')) {
      if (performance.now() > end) throw new Error('gnome-keyring-daemon has no unlocked collection')
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  const stop = async () => {
    const ending = daemon
    daemon = undefined
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const gone = once(ending, 'exit')
    ending.kill('SIGKILL')
    await gone
  }
  const call = (method: string, ...args: string[]) => {
    const all = ['--session', '--print-reply', '--dest=org.freedesktop.secrets', '/org/freedesktop/secrets', method]
    return spawnSync('dbus-send', [...all, ...args], { env, encoding: 'utf8' }).stdout ?? ''
  }
  await start()
  return {
    env,
    lock: () => void call('org.freedesktop.Secret.Service.Lock', `array:objpath:${COLLECTION}`),
    restart: async () => {
      await stop()
      await start()
    },
    wipe: async () => {
      await stop()
      rmSync(join(folder, 'data'), { recursive: true, force: true })
      await start()
    },
    freeze: () => void daemon?.kill('SIGSTOP'),
    thaw: () => void daemon?.kill('SIGCONT'),
    end: stop,
    items: () =>
      execFileSync(
        'dbus-send',
        [
          '--session',
          '--print-reply',
          '--dest=org.freedesktop.secrets',
          COLLECTION,
          'org.freedesktop.DBus.Properties.Get',
          'string:org.freedesktop.Secret.Collection',
          'string:Items',
        ],
        { env, encoding: 'utf8' },
      ),
    close: async () => {
      await stop()
      const gone = once(bus, 'exit')
      bus.kill('SIGKILL')
      await gone
      if (before === undefined) delete process.env.DBUS_SESSION_BUS_ADDRESS
      else process.env.DBUS_SESSION_BUS_ADDRESS = before
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const COLLECTION = '/org/freedesktop/secrets/collection/login'
