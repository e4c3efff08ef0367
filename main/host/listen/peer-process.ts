// Finds out which process is at the other end of the local socket. Node cannot ask the system (SO_PEERCRED), so the client
// proves it: the host creates a file with a random name and tells only this client. The client opens the file for writing
// and names its process and descriptor; the host then looks whether that process holds the file. A process cannot name
// another one without its cooperation. SECURITY.md says what follows from the proof.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { jsonFrames } from '../../../protocol/frames.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { intercept, readMessage } from './process-proof.ts'

/** The other end of a local socket. */
export interface Peer {
  /** The id of the process that holds this connection's file at this moment; undefined: none proved it. */
  pid(): Promise<number | undefined>
}

/** Clients prove their process with their first frames; one that has not by then is too old to know how. */
const PROOF_MS = 2_000

/** A proof is one of the first frames of a client: the `hello` may come before it. */
const PROOF_FRAMES = 4

/** `{"type":"identified","pid":4194304,"fd":1048576}` has 47. */
const IDENTIFIED_BYTES = 128

const LSOF_MS = 5_000

interface Claim {
  pid: number
  fd: number
}

/** Empties the folder of the files, which a host that crashed left behind. */
export function preparePeerFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { mode: 0o700 })
}

/** The host's side: asks the client for the proof, and takes it out of what the client sends. */
export function askForProcess(transport: Transport, folder: string): { transport: Transport; peer: Peer } {
  const file = join(folder, randomBytes(16).toString('hex'))
  let settle = (_claim: Claim | undefined) => {}
  const claimed = new Promise<Claim | undefined>(resolve => {
    settle = resolve
  })
  let inode: { dev: bigint; ino: bigint } | undefined
  try {
    writeFileSync(file, '', { flag: 'wx', mode: 0o600 })
    inode = statSync(file, { bigint: true })
    for (const frame of jsonFrames({ type: 'identify', file })) transport.send(frame)
  } catch {
    settle(undefined) // a full disk: nothing can be proved
  }
  const timer = setTimeout(() => settle(undefined), PROOF_MS)
  timer.unref()
  let frames = 0
  return {
    transport: intercept(transport, {
      frame: bytes => {
        if (frames >= PROOF_FRAMES) return false
        frames++
        const claim = readMessage(bytes, 'identified', IDENTIFIED_BYTES)
        if (!claim) return false
        frames = PROOF_FRAMES
        const { pid, fd } = claim as Partial<Claim>
        const isValid = Number.isSafeInteger(pid) && pid! > 0 && Number.isSafeInteger(fd) && fd! >= 0
        settle(isValid ? { pid: pid!, fd: fd! } : undefined)
        return true
      },
      closed: () => {
        clearTimeout(timer)
        settle(undefined)
        rmSync(file, { force: true })
      },
    }),
    peer: {
      pid: async () => {
        const claim = await claimed
        return claim && inode && (await holds(claim, inode).catch(() => false)) ? claim.pid : undefined
      },
    },
  }
}

/** Whether a process holds a file open for writing: programs that only look at new files, such as indexers, never do. */
function holds(claim: Claim, inode: { dev: bigint; ino: bigint }): Promise<boolean> {
  return process.platform === 'linux' ? holdsByProc(claim, inode) : holdsByLsof(claim, inode)
}

export async function holdsByProc({ pid, fd }: Claim, { dev, ino }: { dev: bigint; ino: bigint }): Promise<boolean> {
  const held = await stat(`/proc/${pid}/fd/${fd}`, { bigint: true })
  if (held.dev !== dev || held.ino !== ino) return false
  const flags = /^flags:\s*([0-7]+)/m.exec(await readFile(`/proc/${pid}/fdinfo/${fd}`, 'latin1'))?.[1]
  const ACCESS_MODE = 3
  return flags !== undefined && (Number.parseInt(flags, 8) & ACCESS_MODE) !== 0
}

/** lsof(8) comes with macOS. Fields: access mode and inode. */
export async function holdsByLsof({ pid, fd }: Claim, { ino }: { ino: bigint }): Promise<boolean> {
  const args = ['-a', '-p', String(pid), '-d', String(fd), '-Fai']
  const { stdout } = await promisify(execFile)('lsof', args, { timeout: LSOF_MS })
  const fields = stdout.split('\n')
  return fields.includes(`i${ino}`) && fields.some(field => field === 'aw' || field === 'au')
}
