// CPU time and memory of a process, from /proc (Linux only).
import { readFileSync } from 'node:fs'

/** USER_HZ: /proc counts in hundredths of a second, independent of the kernel's own tick rate. */
const TICKS_PER_SECOND = 100

export interface ProcessCost {
  cpuSeconds: number
  bytes: number
  peakBytes: number
}

export function processCost(pid: number | undefined): ProcessCost | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined
  // The process name, in parentheses, may contain spaces and parentheses.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    bytes: kilobytes('VmRSS') * 1024,
    peakBytes: kilobytes('VmHWM') * 1024,
  }
}
