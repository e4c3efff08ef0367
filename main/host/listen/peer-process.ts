// Asks the kernel which process connected to a local socket. It counts even if another process uses the connection now. The
// client has to do nothing, and cannot name another process. Node.js has no function for this. SECURITY.md says what it is for.
import { closeSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { constants } from 'node:os'
import koffi from 'koffi'

/** The kernel does not know the option. */
const { ENOPROTOOPT } = constants.errno

/** The other end of a local socket. */
export interface Peer {
  /** The ID of the process that connected; undefined: it is not known, or has ended. */
  pid(): number | undefined
}

/** unix(7). The numbers are those of <asm/socket.h>; other architectures of Linux have others. */
const SOL_SOCKET = 1
const SO_PEERCRED: Partial<Record<NodeJS.Architecture, number>> = {
  x64: 17,
  arm64: 17,
  arm: 17,
  ia32: 17,
  riscv64: 17,
  loong64: 17,
  ppc64: 21,
}
/** Since Linux 6.5. It stays with the process, although another one may get its number. */
const SO_PEERPIDFD = 77
/** `struct ucred`: pid, uid and gid. */
const UCRED_BYTES = 12

/** <sys/un.h> of macOS. */
const SOL_LOCAL = 0
const LOCAL_PEERPID = 2

const INT_BYTES = 4

const UNKNOWN: Peer = { pid: () => undefined }

const getsockopt = loadGetsockopt()

/** Whether this system tells. Otherwise, of no client is known which process it is. */
export const canTellPeers = getsockopt !== undefined

/** Call it when the client has connected, before anything else can happen to its process. */
export function peerOf(socket: Socket): Peer {
  const fd = (socket as unknown as { _handle?: { fd?: number } })._handle?.fd
  if (fd === undefined || fd < 0) return UNKNOWN
  return process.platform === 'linux' ? peerOnLinux(socket, fd) : peerOnMac(fd)
}

function peerOnLinux(socket: Socket, fd: number): Peer {
  const pid = ask(fd, SOL_SOCKET, SO_PEERCRED[process.arch], UCRED_BYTES)
  // 0: it is in a namespace of processes that this one does not see.
  if (pid === undefined || pid <= 0) return UNKNOWN
  const pidfd = ask(fd, SOL_SOCKET, SO_PEERPIDFD, INT_BYTES)
  // Any other error: the process has ended, and its number may be another's.
  if (pidfd === undefined) return koffi.errno() === ENOPROTOOPT ? peerByStart(pid) : UNKNOWN
  let isOpen = true
  socket.once('close', () => {
    isOpen = false
    closeSync(pidfd)
  })
  // -1 once it has ended (proc_pid_fdinfo(5)).
  const isAlive = () => new RegExp(`^Pid:\t${pid}$`, 'm').test(readFileSync(`/proc/self/fdinfo/${pidfd}`, 'latin1'))
  return { pid: () => (isOpen && isAlive() ? pid : undefined) }
}

/** By the time that a process started: another one with its number started later. For a Linux before 6.5. */
function peerByStart(pid: number): Peer {
  const start = startOf(pid)
  return { pid: () => (start !== undefined && startOf(pid) === start ? pid : undefined) }
}

function startOf(pid: number): string | undefined {
  try {
    const STARTTIME = 19 // of the fields after the name, from 0 (proc_pid_stat(5))
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')[STARTTIME]
  } catch {
    return undefined
  }
}

function peerOnMac(fd: number): Peer {
  const pid = ask(fd, SOL_LOCAL, LOCAL_PEERPID, INT_BYTES)
  return pid === undefined || pid <= 0 ? UNKNOWN : { pid: () => pid }
}

/** The first number of a socket's option; undefined: there is none. */
function ask(fd: number, level: number, option: number | undefined, bytes: number): number | undefined {
  if (!getsockopt || option === undefined) return undefined
  const value = Buffer.alloc(bytes)
  return getsockopt(fd, level, option, value, [bytes]) === 0 ? value.readInt32LE(0) : undefined
}

type GetSockOpt = (fd: number, level: number, option: number, value: Buffer, length: [number]) => number

function loadGetsockopt(): GetSockOpt | undefined {
  const isKnown = process.platform === 'linux' ? SO_PEERCRED[process.arch] !== undefined : process.platform === 'darwin'
  if (!isKnown) return undefined
  // null: what this process has loaded, the C library among it.
  return koffi.load(null).func('int getsockopt(int, int, int, _Out_ uint8_t *, _Inout_ uint32_t *)') as GetSockOpt
}
