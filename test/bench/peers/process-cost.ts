// What a process costs, where the system says it in /proc. Knows nothing of what the process is.
import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second, whatever its clock does. */
const TICKS_PER_SECOND = 100

export interface ProcessCost {
  cpuSeconds: number
  bytes: number
  peakBytes: number
}

export function processCost(pid: number | undefined): ProcessCost | undefined {
  if (pid === undefined || process.platform !== 'linux') return undefined
  // The name, in parentheses, may hold anything.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)!.split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    bytes: kilobytes('VmRSS') * 1024,
    peakBytes: kilobytes('VmHWM') * 1024,
  }
}
