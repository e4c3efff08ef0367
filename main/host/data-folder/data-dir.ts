// The data folder of a host: its location, its permissions, and the lock that gives it to one host.
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'
import { HOST_INFO_FILE, type HostInfo, readHostInfo, SOCKET_NAME } from '../files/host-info.ts'
import type { HealthReports } from '../health/health.ts'
import type { HostRun } from '../processes/host-run.ts'
import { FolderOwner, ownerOf } from './folder-owner.ts'

/** How often a host calls `check`: until then, two hosts could take one folder after its lock was deleted. */
export const FOLDER_CHECK_MS = 2_000

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
  /** Troubles that a person has not read of. */
  health: string
  /** Folders. */
  tls: string
  uploads: string
  rules: string
  processes: string
  clock: string
  socket: string
  /** Writes `host.json`, until `release`. While that fails, it is tried again and again. */
  announce(file: HostInfo): void
  /** Puts back what was deleted of the lock and `host.json`. */
  check(health: HealthReports): void
  /** Unlocks the folder. Twice is fine. */
  release(): void
}

/**
 * Takes the folder for this host: creates it (0700) if it is missing, restricts the permissions of its files to 0600, and
 * locks it. Throws `data_dir_unusable`, `host_running`.
 */
export function openDataDir(path: string, run: HostRun): DataDir {
  const hostFile = join(path, HOST_INFO_FILE)
  let owner: FolderOwner | undefined
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    repairPermissions(path)
    // SQLite creates its files with the umask (os_unix.c), so they are created here first.
    writeFileSync(join(path, 'otg.db'), '', { flag: 'a', mode: 0o600 })
    owner = FolderOwner.take(path, run)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('data_dir_unusable', `the data folder ${path} cannot be used: ${why}`, { cause })
  }
  if (!owner) {
    const running = ownerOf(path)?.pid ?? readHostInfo(path)?.pid
    const pid = running ? `, pid ${running}` : ''
    throw new CodedError('host_running', `a host already runs on ${path}${pid}; use it, or name another --data-dir`)
  }
  const before = readHostInfo(path)
  rmSync(hostFile, { force: true })
  let placed: ReturnType<typeof placeSocket>
  try {
    // A copy of the folder of a host that runs names that one's socket.
    placed = placeSocket(path, owner.isCopy ? undefined : before?.socket)
  } catch (cause) {
    owner.release()
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new CodedError('data_dir_unusable', `there is no folder for the local socket: ${why}`, { cause })
  }
  const { socket, remove } = placed
  let announced: string | undefined
  let released = false
  const announce = (text: string) => writeFileSync(hostFile, text, { mode: 0o600 })
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
    health: join(path, 'health.json'),
    tls: join(path, 'tls'),
    uploads: join(path, 'uploads'),
    rules: join(path, 'rules'),
    processes: join(path, 'processes'),
    clock: join(path, 'clock.json'),
    socket,
    announce: file => {
      announced = `${JSON.stringify(file)}\n`
      try {
        announce(announced)
      } catch {
        // A full disk must not end a start. `check` tries again; clients find the socket by its name (readHostInfo).
        rmSync(hostFile, { force: true })
      }
    },
    check: health => {
      if (released || !owner.isHere) return
      try {
        if (owner.check()) health.end('two_hosts')
        else health.begin('two_hosts', { path })
        if (announced !== undefined && owner.isHolding && !existsSync(hostFile)) announce(announced)
      } catch {
        // The disk is full, or the folder read-only: the next time may do better.
      }
    },
    release: () => {
      if (released) return
      released = true
      // Another folder may have taken the place of this one, with a host of its own.
      if (owner.isHere) rmSync(hostFile, { force: true })
      remove()
      owner.release()
    },
  }
}

/** The longest path of a Unix socket that works everywhere (sun_path has 104 bytes on macOS, 108 on Linux). */
const SOCKET_PATH_BYTES = 103

/**
 * Where the socket is, and what removes its folder. In a folder that others share, its name is drawn: a name that can be
 * foreseen could be taken by another user first. Clients learn it from `host.json`. So does the next host, after a crash.
 */
function placeSocket(path: string, before: unknown): { socket: string; remove: () => void } {
  if (typeof before === 'string' && isDrawn(before)) removeFolderOf(before)
  if (process.platform === 'win32')
    return { socket: `\\\\.\\pipe\\${SOCKET_FOLDER}${randomBytes(16).toString('hex')}`, remove: () => {} }
  const inside = join(path, SOCKET_NAME)
  if (Buffer.byteLength(inside) <= SOCKET_PATH_BYTES) return { socket: inside, remove: () => {} }
  const reasons: unknown[] = []
  for (const base of new Set([process.env.XDG_RUNTIME_DIR ?? '', tmpdir(), '/tmp'])) {
    // mkdtemp adds six characters.
    if (base === '' || Buffer.byteLength(join(base, `${SOCKET_FOLDER}XXXXXX`, SOCKET_NAME)) > SOCKET_PATH_BYTES)
      continue
    try {
      // 0700, and never one that is there already (mkdtemp(3)).
      const socket = join(mkdtempSync(join(base, SOCKET_FOLDER)), SOCKET_NAME)
      return { socket, remove: () => removeFolderOf(socket) }
    } catch (cause) {
      reasons.push(cause)
    }
  }
  throw reasons[0] ?? new Error('no folder for temporary files has a short path')
}

const SOCKET_FOLDER = 'on-the-go-'

/** Whether this is the path of a socket in a folder whose name was drawn, and which is ours. */
function isDrawn(socket: string): boolean {
  const folder = dirname(socket)
  if (process.platform === 'win32' || basename(socket) !== SOCKET_NAME || !basename(folder).startsWith(SOCKET_FOLDER))
    return false
  const stat = lstatSync(folder, { throwIfNoEntry: false })
  return stat?.isDirectory() === true && stat.uid === userInfo().uid
}

function removeFolderOf(socket: string): void {
  try {
    rmSync(socket, { force: true })
    rmdirSync(dirname(socket)) // only if nothing else is in it
  } catch {
    // It is gone, or the system's cleaner removes it.
  }
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
