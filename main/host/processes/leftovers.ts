// Ends the processes of sessions whose host is surely gone. When in doubt, it ends nothing and says so.
import { statSync } from 'node:fs'
import { uptime } from 'node:os'
import type { HealthReports } from '../health/health.ts'
import type { Logger } from '../log/logger.ts'
import type { Leftover } from '../recording/types.ts'
import { isRunOver, RUN_VARIABLE, runFromText } from './host-run.ts'
import { bootId, environmentOf, isRunning, type ProcessStat, runningProcesses } from './identity.ts'
import { GIVE_UP_MS, hangUp, KILL_AFTER_MS, killAll } from './process-group.ts'
import type { ProcessRecord, SessionProcesses } from './session-processes.ts'

/** While processes are being ended: how often they are looked at. One look reads /proc once, some milliseconds. */
const LOOK_MS = 250

/** What cannot be ended, or must not be, is looked at this often. */
const LOOK_AGAIN_MS = 30_000

export interface LeftoversOptions {
  /** The host's data folder. */
  dataDir: string
  records: SessionProcesses
  health: HealthReports
  log: Logger
  /** Default: KILL_AFTER_MS. */
  kill_after_ms?: number | undefined
}

/** `gone`: nothing of the session runs. `ours`: its host is gone, so it has to be ended. */
type Verdict = { is: 'gone' } | { is: 'ours' } | { is: 'in doubt'; why: string }

export class Leftovers {
  readonly #options: LeftoversOptions
  /** By session. */
  readonly #records = new Map<string, ProcessRecord>()
  /** Sessions in doubt or that survived SIGKILL, as they were reported. */
  readonly #reported = new Map<string, 'leftovers_in_doubt' | 'leftovers_survive'>()
  /** When this host first killed a session's processes, in milliseconds since the system started. */
  readonly #killedAt = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined
  #isStopping = false
  readonly #allEnded: (() => void)[] = []

  constructor(options: LeftoversOptions) {
    this.#options = options
  }

  /** `crashed`: sessions that ran when their host crashed, according to the history. */
  begin(crashed: readonly Leftover[]): void {
    for (const record of this.#options.records.list()) this.#records.set(record.session_id, record)
    for (const { session_id, process } of crashed) {
      // Without a record its leader may have ended by itself: what that left in the background may stay.
      if (!process || this.#records.has(session_id) || !isRunning(process)) continue
      this.#records.set(session_id, { session_id, ...process })
      this.#options.records.put({ session_id, ...process })
    }
    this.#look()
  }

  /** Resolves when all that is being ended has ended, or could not be killed. The rest is left to the next host. */
  async stop(): Promise<void> {
    // Nothing else may keep this process alive by now.
    this.#isStopping = true
    this.#timer?.ref()
    if (this.#isEnding()) await new Promise<void>(resolve => this.#allEnded.push(resolve))
    clearTimeout(this.#timer)
  }

  #look(): void {
    const processes = this.#records.size > 0 ? runningProcesses() : []
    for (const record of [...this.#records.values()]) {
      const members = processes.filter(({ session }) => session === record.pid)
      const verdict = judge(record, members, this.#options.dataDir)
      if (verdict.is === 'gone') this.#forget(record)
      else if (verdict.is === 'ours') this.#end(record)
      else this.#report(record, 'leftovers_in_doubt', verdict.why)
    }
    const isEnding = this.#isEnding()
    if (!isEnding) for (const resolve of this.#allEnded.splice(0)) resolve()
    if (this.#records.size === 0) return
    this.#timer = setTimeout(() => this.#look(), isEnding ? LOOK_MS : LOOK_AGAIN_MS)
    if (!this.#isStopping) this.#timer.unref()
  }

  #isEnding(): boolean {
    return [...this.#records.keys()].some(session_id => !this.#reported.has(session_id))
  }

  #end(record: ProcessRecord): void {
    const { session_id, pid } = record
    const { log, records, kill_after_ms = KILL_AFTER_MS } = this.#options
    if (this.#reported.get(session_id) === 'leftovers_in_doubt') this.#settle(session_id)
    const now = uptime() * 1000
    // An earlier host may have told it to end.
    if (record.hung_up_at === undefined) {
      record.hung_up_at = now
      records.put(record)
      log.info({ session: session_id, pid }, 'processes of a host that crashed are ended')
      return hangUp(pid)
    }
    if (now - record.hung_up_at < kill_after_ms) return
    const killed_at = this.#killedAt.get(session_id) ?? now
    this.#killedAt.set(session_id, killed_at)
    killAll(pid)
    if (now - killed_at >= GIVE_UP_MS) this.#report(record, 'leftovers_survive', 'they were killed, and still run')
  }

  #forget({ session_id }: ProcessRecord): void {
    this.#records.delete(session_id)
    this.#options.records.remove(session_id)
    this.#settle(session_id)
  }

  #report({ session_id, pid }: ProcessRecord, kind: 'leftovers_in_doubt' | 'leftovers_survive', why: string): void {
    if (this.#reported.get(session_id) === kind) return
    this.#settle(session_id)
    this.#reported.set(session_id, kind)
    this.#options.log.warn(
      { session: session_id, pid, trouble: kind },
      `processes of an earlier host still run: ${why}`,
    )
    this.#options.health.begin(kind, { session_id, message: why })
  }

  #settle(session_id: string): void {
    const kind = this.#reported.get(session_id)
    if (!kind) return
    this.#reported.delete(session_id)
    this.#options.health.end(kind, session_id)
  }
}

/**
 * `members`: the processes of the session whose leader has the record's pid. Everything has to agree before a process is ended:
 * this start of the system, the leader (or, if it is gone, the processes it left), the session and its host in their environment,
 * that this host is gone, and that its data folder is this one or no longer exists.
 */
function judge(
  { session_id, pid, start_time, boot_id }: ProcessRecord,
  members: ProcessStat[],
  dataDir: string,
): Verdict {
  if (boot_id !== bootId() || members.length === 0) return { is: 'gone' }
  const leader = members.find(member => member.pid === pid)
  if (leader && leader.start_time !== start_time) return { is: 'gone' } // its pid is another process's now
  let isMarked = false
  for (const member of members) {
    const environment = environmentOf(member.pid)
    if (environment?.get('OTG_SESSION_ID') !== session_id) continue
    isMarked = true
    const run = runFromText(environment.get(RUN_VARIABLE) ?? '')
    if (!run) return { is: 'in doubt', why: 'which host started them is not known' }
    if (!isRunOver(run))
      return {
        is: 'in doubt',
        why: `the host that started them runs (pid ${run.process?.pid}), on another data folder`,
      }
    const folder = environment.get('OTG_DATA_DIR') ?? ''
    if (isOtherFolder(folder, dataDir))
      return { is: 'in doubt', why: `they belong to the data folder ${folder}; start a host on it to end them` }
  }
  if (isMarked) return { is: 'ours' }
  return { is: 'in doubt', why: 'they do not say which session they belong to' }
}

/** Whether `folder` exists and is another one. */
function isOtherFolder(folder: string, dataDir: string): boolean {
  try {
    const theirs = statSync(folder, { throwIfNoEntry: false })
    const ours = statSync(dataDir)
    return theirs !== undefined && (theirs.dev !== ours.dev || theirs.ino !== ours.ino)
  } catch {
    return true // it cannot be looked at: in doubt
  }
}
