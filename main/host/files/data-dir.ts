// The data folder of a host: its location, its permissions, and the lock that gives it to one host.
import { createHash } from 'node:crypto'
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'
import { holdLock } from '../store/file-lock.ts'
import { HOST_INFO_FILE, type HostInfo, readHostInfo } from './host-info.ts'

export interface DataDir {
  path: string
  database: string
  log: string
  settings: string
  hostKey: string
  devices: string
  pushKey: string
  subscriptions: string
  notifySecrets: string
  /** Folders. */
  tls: string
  uploads: string
  rules: string
  /** Emptied when the host starts. */
  peers: string
  socket: string
  /** Writes `host.json`, until `release`. */
  announce(file: HostInfo): void
  /** Unlocks the folder. Twice is fine. */
  release(): void
}

/**
 * Takes the folder for this host: creates it (0700) if it is missing, restricts the permissions of its files to 0600, and
 * locks it. Throws `data_dir_unusable`, `host_running`.
 */
export function openDataDir(path: string): DataDir {
  const hostFile = join(path, HOST_INFO_FILE)
  let unlock: (() => void) | undefined
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    repairPermissions(path)
    // SQLite creates its files with the umask (os_unix.c), so they are created here first.
    for (const name of ['otg.db', 'lock.db']) writeFileSync(join(path, name), '', { flag: 'a', mode: 0o600 })
    unlock = holdLock(join(path, 'lock.db'))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('data_dir_unusable', `the data folder ${path} cannot be used: ${why}`, { cause })
  }
  if (!unlock) {
    const running = readHostInfo(path)
    const pid = running ? `, pid ${running.pid}` : ''
    throw new CodedError('host_running', `a host already runs on ${path}${pid}; use it, or name another --data-dir`)
  }
  rmSync(hostFile, { force: true })
  const socket = socketPath(path)
  let released = false
  return {
    path,
    database: join(path, 'otg.db'),
    log: join(path, 'host.log'),
    settings: join(path, 'settings.json'),
    hostKey: join(path, 'host.key'),
    devices: join(path, 'devices.json'),
    pushKey: join(path, 'push.key'),
    subscriptions: join(path, 'push.json'),
    notifySecrets: join(path, 'notify-secrets.json'),
    tls: join(path, 'tls'),
    uploads: join(path, 'uploads'),
    rules: join(path, 'rules'),
    peers: join(path, 'peers'),
    socket,
    announce: file => writeFileSync(hostFile, `${JSON.stringify(file)}\n`, { mode: 0o600 }),
    release: () => {
      if (released) return
      released = true
      rmSync(hostFile, { force: true })
      unlock()
    },
  }
}

/** The longest path of a Unix socket that works everywhere (sun_path has 104 bytes on macOS, 108 on Linux). */
const SOCKET_PATH_BYTES = 103

function socketPath(path: string): string {
  const hash = createHash('sha256').update(`${userInfo().username}\0${path}`).digest('hex').slice(0, 32)
  if (process.platform === 'win32') return `\\\\.\\pipe\\on-the-go-${hash}`
  const inside = join(path, 'otg.sock')
  if (Buffer.byteLength(inside) <= SOCKET_PATH_BYTES) return inside
  // A folder of our own: in a shared one, another user could create the socket first.
  const folder = join(tmpdir(), `on-the-go-${userInfo().uid}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const stat = lstatSync(folder)
  if (!stat.isDirectory() || stat.uid !== userInfo().uid || (stat.mode & 0o077) !== 0)
    throw new Error(`${folder} belongs to another user`)
  return join(folder, `${hash}.sock`)
}

/** Restricts permissions that are too open (a restored backup, another umask): the files hold what shells printed. */
function repairPermissions(path: string): void {
  if (process.platform === 'win32') return
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700)
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const file = join(path, entry.name)
    const mode = entry.isDirectory() ? 0o700 : 0o600
    if (entry.isSymbolicLink() || (lstatSync(file).mode & 0o077) === 0) continue
    chmodSync(file, mode)
  }
}
