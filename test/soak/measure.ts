// What a host uses, read from outside (Linux) and from loop-monitor.mjs inside it.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'

export interface Sample {
  minutes: number
  memory_mb: number
  heap_mb: number
  external_mb: number
  descriptors: number
  threads: number
  wal_mb: number
  database_mb: number
  cpu_percent: number
  longest_pause_ms: number
  p99_pause_ms: number
  longest_gc_ms: number
}

/** Of /proc/PID/stat. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICKS_PER_SECOND = 100

const MB = 1024 * 1024

interface Loop {
  at: number
  p99: number
  longest: number
  total_p999: number
  total_longest: number
  longest_gc: number
  heapUsed: number
  external: number
}

export class Measure {
  readonly samples: Sample[] = []
  readonly #pid: number
  readonly #database: string
  readonly #monitor: string
  readonly #begun = performance.now()
  #read = 0
  #cpu: { at: number; ticks: number } | undefined
  /** Of the whole run. */
  p999_ms = 0
  longest_ms = 0

  constructor(pid: number, database: string, monitor: string) {
    this.#pid = pid
    this.#database = database
    this.#monitor = monitor
  }

  take(): Sample {
    const proc = `/proc/${this.#pid}`
    const status = readFileSync(`${proc}/status`, 'utf8')
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0)
    const stat = readFileSync(`${proc}/stat`, 'utf8')
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number)
    const now = performance.now()
    const cpu = { at: now, ticks: user + system }
    const before = this.#cpu ?? cpu
    this.#cpu = cpu
    const seconds = (cpu.at - before.at) / 1000
    const loops = this.#newLoops()
    const last = loops.at(-1)
    if (last) {
      this.p999_ms = last.total_p999
      this.longest_ms = last.total_longest
    }
    const largest = (of: (loop: Loop) => number) => Math.max(0, ...loops.map(of))
    const sample: Sample = {
      minutes: (now - this.#begun) / 60_000,
      memory_mb: field('VmRSS') / 1024,
      heap_mb: (last?.heapUsed ?? 0) / MB,
      external_mb: (last?.external ?? 0) / MB,
      descriptors: readdirSync(`${proc}/fd`).length,
      threads: field('Threads'),
      wal_mb: sizeOf(`${this.#database}-wal`) / MB,
      database_mb: sizeOf(this.#database) / MB,
      cpu_percent: seconds > 0 ? ((cpu.ticks - before.ticks) / TICKS_PER_SECOND / seconds) * 100 : 0,
      longest_pause_ms: largest(loop => loop.longest),
      p99_pause_ms: largest(loop => loop.p99),
      longest_gc_ms: largest(loop => loop.longest_gc),
    }
    this.samples.push(sample)
    return sample
  }

  #newLoops(): Loop[] {
    if (!existsSync(this.#monitor)) return []
    const lines = readFileSync(this.#monitor, 'utf8').split('\n').slice(0, -1)
    const loops = lines.slice(this.#read).map(line => JSON.parse(line) as Loop)
    this.#read = lines.length
    return loops
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
