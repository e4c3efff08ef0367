// Uses a host for a long time as people do: many sessions that print, phones that type and look, connections that break. Then
// compares everything with what really happened: lost or doubled lines, lost output, wrong screens; and plots what it used.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { inflate } from '../../main/cli/command/inflate.ts'
import { readHostInfo } from '../../main/host/files/host-info.ts'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import { OTG, testProgram } from '../support/built.ts'
import { connectWebSocket } from '../support/host.ts'
import { type FaultProxy, seededRandom, startFaultProxy } from '../support/network/fault-proxy.ts'
import { answerPairingRequests, pairingUrl, pairPhone, parsePairingUrl } from '../support/pairing.ts'
import { readScreen, type ScreenState } from '../support/terminal/cells.ts'
import { Measure } from './measure.ts'
import { DrawnSession, SoakPhone, type Viewed } from './soak-phone.ts'

export interface SoakOptions {
  minutes: number
  sessions: number
  phones: number
  seed: number
  /** Holds the host's data and all that programs printed; must be empty. */
  folder: string
  log(line: string): void
}

export interface SoakResult {
  /** Lines that phones typed. */
  typed: number
  lost: number
  doubled: number
  /** Screens compared while the soak went on and at its end. */
  screens: number
  wrong_screens: number
  /** Bytes that programs printed, and sessions whose recording is not exactly that. */
  printed_bytes: number
  wrong_recordings: string[]
  connections: number
  faults: FaultProxy['faults']
  problems: string[]
  measure: Measure
}

/** What programs do, in turn; `lines` only answers what is typed. */
const KINDS = ['lines', 'chatter', 'lines', 'painter', 'burst'] as const

const SAMPLE_MS = 5_000
/** Between two comparisons of a phone's screen with the host's. */
const COMPARE_MS = 10_000
/** Phones that are asleep or cut off are not compared. */
const SETTLE_MS = 8_000
/** Everything typed has arrived within this after the last fault. */
const ARRIVE_MS = 60_000
/** The average number of bytes between two faults of a connection. */
const MEAN_BYTES = 60_000
/** How many phones have a network without faults. */
const QUIET_PHONES = 1 / 4

const run = promisify(execFile)

interface SoakSession {
  session_id: string
  pid: number
  kind: (typeof KINDS)[number]
  folder: string
}

export async function soak(options: SoakOptions): Promise<SoakResult> {
  const { folder, seed, log } = options
  const random = seededRandom(seed)
  const dataDir = join(folder, 'data')
  const monitor = join(folder, 'loop.jsonl')
  const host = spawn(
    process.execPath,
    [
      '--import',
      join(import.meta.dirname, 'loop-monitor.mjs'),
      OTG,
      'host',
      '--json',
      '--port',
      '0',
      '--data-dir',
      dataDir,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, OTG_SOAK_MONITOR: monitor } },
  )
  const undo: (() => unknown)[] = [() => stop(host)]
  try {
    await once(host.stdout!, 'data')
    const info = readHostInfo(dataDir)!
    const desktop = new LocalClient({
      connect: () => connectLocal(info.socket),
      client: { kind: 'desktop', name: 'soak' },
      inflate,
      reconnect: false,
    })
    undo.push(() => desktop.close())
    await desktop.connect()
    answerPairingRequests(desktop)
    const sessions = await startSessions(desktop, options)
    const { port } = new URL(await pairingUrl(desktop))
    const proxy = await startFaultProxy(Number(port), seededRandom(seed + 1), MEAN_BYTES)
    undo.push(() => proxy.close())
    const phones = await startPhones(desktop, { direct: Number(port), faulty: proxy.port }, sessions, options, random)
    undo.push(() => {
      for (const phone of phones) phone.close()
    })
    log(`${sessions.length} sessions and ${phones.length} phones for ${options.minutes} minutes, seed ${seed}`)

    const result: SoakResult = {
      ...{ typed: 0, lost: 0, doubled: 0, screens: 0, wrong_screens: 0, printed_bytes: 0, wrong_recordings: [] },
      ...{ connections: 0, faults: proxy.faults, problems: [] },
      measure: new Measure(host.pid!, join(dataDir, 'otg.db'), monitor),
    }
    const end = performance.now() + options.minutes * 60_000
    const sampler = setInterval(() => {
      const { minutes, memory_mb, descriptors, threads, longest_pause_ms, cpu_percent } = result.measure.take()
      if (result.measure.samples.length % 12 === 0)
        log(
          `${minutes.toFixed(1)} min: ${memory_mb.toFixed(0)} MB, ${descriptors} descriptors, ${threads} threads, ` +
            `CPU ${cpu_percent.toFixed(0)} %, longest pause ${longest_pause_ms.toFixed(0)} ms, ` +
            `${result.screens} screens compared, ${result.wrong_screens} wrong`,
        )
    }, SAMPLE_MS)
    undo.push(() => clearInterval(sampler))
    while (performance.now() < end) {
      await wait(Math.min(COMPARE_MS, Math.max(0, end - performance.now())))
      await compareOne(desktop, sessions, phones, random, result)
    }
    clearInterval(sampler)

    proxy.stopFaults()
    for (const phone of phones) phone.stopActing()
    log('waiting for what was typed')
    await reach(
      () => phones.every(phone => phone.unsent === 0),
      ARRIVE_MS,
      result,
      () => phones.map(phone => phone.describe()).join('; '),
    )
    checkLines(sessions, phones, result)
    for (const problem of result.problems) log(problem)
    log('comparing screens')
    for (const phone of phones) {
      for (const viewed of phone.viewed) {
        const session = sessions.find(({ session_id }) => session_id === viewed.attached.session_id)!
        await compareScreen(desktop, session, viewed, result)
      }
      result.connections += phone.connections
    }
    log('comparing recordings')
    for (const session of sessions) await checkRecording(desktop, session, dataDir, result)
    return result
  } finally {
    for (const one of undo.reverse()) await one()
  }
}

async function startSessions(desktop: LocalClient, { sessions, seed, folder }: SoakOptions): Promise<SoakSession[]> {
  const started: SoakSession[] = []
  for (let i = 0; i < sessions; i++) {
    const kind = KINDS[i % KINDS.length]!
    const own = join(folder, `session-${i}`)
    mkdirSync(own)
    const { session_id, pid } = await desktop.create({
      command: [process.execPath, testProgram('support/soak-session-process.ts'), kind, own, String(seed + i)],
      cwd: own,
      size: { cols: 80, rows: 24 },
    })
    started.push({ session_id, pid: pid!, kind, folder: own })
  }
  return started
}

async function startPhones(
  desktop: LocalClient,
  ports: { direct: number; faulty: number },
  sessions: SoakSession[],
  { phones, seed }: SoakOptions,
  random: () => number,
): Promise<SoakPhone[]> {
  const readers = sessions.filter(({ kind }) => kind === 'lines').map(({ session_id }) => session_id)
  const others = sessions.filter(({ kind }) => kind !== 'lines').map(({ session_id }) => session_id)
  const started: SoakPhone[] = []
  for (let i = 0; i < phones; i++) {
    const url = await pairingUrl(desktop)
    const { hostKey } = parsePairingUrl(url)
    const name = `phone-${i}`
    const identity = await pairPhone(url, () => connectWebSocket({ port: ports.direct }, hostKey), { name })
    const own = readers.filter((_, index) => index % phones === i)
    const via = random() < QUIET_PHONES ? ports.direct : ports.faulty
    started.push(
      new SoakPhone({ name, port: ports.direct, via, identity, own, others, random: seededRandom(seed + 1_000 + i) }),
    )
  }
  return started
}

/** Compares a session that a phone views, if the phone is connected. */
async function compareOne(
  desktop: LocalClient,
  sessions: SoakSession[],
  phones: SoakPhone[],
  random: () => number,
  result: SoakResult,
): Promise<void> {
  const viewed = phones.flatMap(phone => phone.viewed).filter(({ attached }) => attached.live)
  const one = viewed[Math.floor(random() * viewed.length)]
  const session = sessions.find(({ session_id }) => session_id === one?.attached.session_id)
  if (one && session) await compareScreen(desktop, session, one, result)
}

/** Stops the program, so that both ends can reach the same position, and compares their screens. */
async function compareScreen(
  desktop: LocalClient,
  session: SoakSession,
  { attached, drawn }: Viewed,
  result: SoakResult,
): Promise<void> {
  process.kill(session.pid, 'SIGSTOP')
  const fresh = new DrawnSession()
  const reference = desktop.attach(session.session_id, fresh)
  try {
    const isSame = () =>
      attached.live && reference.have !== null && attached.have?.offset === reference.have.offset && quiet(reference)
    // Lines that are typed meanwhile are echoed later.
    if (!(await soon(isSame))) return
    result.screens++
    const expected = visible(fresh)
    const shown = visible(drawn)
    if (expected === shown) return
    result.wrong_screens++
    result.problems.push(
      `a wrong screen of ${session.session_id} at ${attached.have!.offset}:\n${shown}\n---\n${expected}`,
    )
  } finally {
    desktop.detach(reference)
    fresh.screen.dispose()
    process.kill(session.pid, 'SIGCONT')
  }
}

const lastOffsets = new WeakMap<object, { offset: number; since: number }>()

/** Nothing has come for a while. */
function quiet(attached: { have: { offset: number } | null }): boolean {
  const offset = attached.have!.offset
  const last = lastOffsets.get(attached)
  if (last?.offset === offset) return performance.now() - last.since > 300
  lastOffsets.set(attached, { offset, since: performance.now() })
  return false
}

function visible({ screen }: DrawnSession): string {
  const { scrollback: _, ...state }: ScreenState = readScreen(screen.terminal)
  return JSON.stringify({ ...state, links: [] })
}

async function soon(test: () => boolean): Promise<boolean> {
  const deadline = performance.now() + SETTLE_MS
  while (!test()) {
    if (performance.now() > deadline) return false
    await wait(20)
  }
  return true
}

async function reach(test: () => boolean, within: number, result: SoakResult, problem: () => string): Promise<void> {
  const deadline = performance.now() + within
  while (!test()) {
    if (performance.now() > deadline) return void result.problems.push(problem())
    await wait(50)
  }
}

/** Each line that a phone typed arrived once, in order. */
function checkLines(sessions: SoakSession[], phones: SoakPhone[], result: SoakResult): void {
  for (const phone of phones) {
    for (const [session_id, typed] of phone.typed) {
      const { folder } = sessions.find(session => session.session_id === session_id)!
      const file = join(folder, 'read')
      const read = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
      const numbers = read.map(line => Number(line.split(' ')[1]))
      const distinct = new Set(numbers)
      result.typed += typed
      result.doubled += numbers.length - distinct.size
      let lost = 0
      for (let number = 1; number <= typed; number++) if (!distinct.has(number)) lost++
      result.lost += lost
      if (lost > 0 || numbers.some((number, i) => i > 0 && number < numbers[i - 1]!))
        result.problems.push(`${session_id} read ${JSON.stringify(read.slice(-20))} of ${typed} lines`)
    }
  }
}

/** The recording is exactly what the program printed. */
async function checkRecording(
  desktop: LocalClient,
  { session_id, folder, pid }: SoakSession,
  dataDir: string,
  result: SoakResult,
): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  const file = join(folder, 'recorded')
  const printed = readFileSync(join(folder, 'printed'))
  const attached = desktop.attach(session_id, new DrawnSession())
  await soon(() => attached.have?.offset === printed.length)
  desktop.detach(attached)
  await run(process.execPath, [OTG, 'export', session_id, '--data-dir', dataDir, '--format', 'raw', '-o', file])
  result.printed_bytes += printed.length
  if (!printed.equals(readFileSync(file))) result.wrong_recordings.push(session_id)
  process.kill(pid, 'SIGCONT')
}

async function stop(host: ChildProcess): Promise<void> {
  if (host.exitCode !== null || host.signalCode !== null) return
  const gone = once(host, 'exit')
  host.kill('SIGTERM')
  await gone
}

/** The measurements, for people who read the result of a long run. */
export function saveSamples(file: string, { measure }: SoakResult): void {
  writeFileSync(file, `${JSON.stringify(measure.samples)}\n`)
}
