// One run of a host: its identity, which every process of its sessions bears in its environment.
import { randomBytes } from 'node:crypto'
import type { ProcessIdentity } from '../recording/types.ts'
import { isRunning, processIdentity } from './identity.ts'

/** The variable with the run that started a process: `ID:PID:START:BOOT`. */
export const RUN_VARIABLE = 'OTG_HOST_RUN'

export interface HostRun {
  /** Random: a process may run one host after another. */
  id: string
  /** Null: the system does not tell (macOS, Windows). */
  process: ProcessIdentity | null
}

const ID_BYTES = 16

/** Of this process. */
const current = new Set<string>()

/** A host in this process begins to run. */
export function beginRun(): HostRun {
  const id = randomBytes(ID_BYTES).toString('hex')
  current.add(id)
  return { id, process: processIdentity(process.pid) }
}

export function endRun({ id }: HostRun): void {
  current.delete(id)
}

export function runToText({ id, process }: HostRun): string {
  return [id, process?.pid, process?.start_time, process?.boot_id].join(':')
}

/** Undefined: it is no run that can be told from others. */
export function runFromText(text: string): HostRun | undefined {
  const [id, pid, start_time, boot_id] = text.split(':')
  if (!id || !pid || !start_time || !boot_id) return undefined
  return { id, process: { pid: Number(pid), start_time, boot_id } }
}

/** Whether the host surely runs no more: its process is gone, or is this one, which knows its runs. */
export function isRunOver({ id, process: owner }: HostRun): boolean {
  if (!owner) return false
  return owner.pid === process.pid && isRunning(owner) ? !current.has(id) : !isRunning(owner)
}
