// A worker thread that holds the screens of some sessions. Knows nothing of PTYs, clients or the store.
import { hostname } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { assertNever } from '../../../protocol/errors.ts'
import { BATCH_BYTES } from '../../../protocol/limits.ts'
import { TERMINAL_COLORS } from '../../../terminal/colors.ts'
import { crc32, zstd } from '../recording/compression.ts'
import type { StoredKeyframe } from '../recording/types.ts'
import { type Answers, DEFAULT_CELL, registerAnswers } from './query-answers.ts'
import { Screen } from './screen.ts'
import type { FromWorker, Heard, ToWorker } from './screen-protocol.ts'

/** Screens take turns, this much each, two batches: a flood in one session delays another's query by a few milliseconds. */
const TURN_BYTES = 2 * BATCH_BYTES

/**
 * Answers in one turn; what is beyond is dropped. Whoever asks everything that there is to ask, all 256 colours included,
 * is told a tenth of it; more comes of a file full of queries, and would be typed into the shell that shows it.
 */
const ANSWER_BYTES = 64 * 1024

type Job = Extract<ToWorker, { do: 'write' | 'resize' | 'lines' | 'keyframe' }>

interface Held {
  screen: Screen
  answers: Answers
  /** Since the last turn ended. */
  heard: Heard
  jobs: Job[]
  waiting: boolean
}

const port = parentPort!
const screens = new Map<number, Held>()
const turns: number[] = []
let busy = false

const say = (message: FromWorker) => port.postMessage(message)

port.on('message', (message: ToWorker) => guarded(message.screen, () => receive(message)))

function receive(message: ToWorker): void {
  const held = screens.get(message.screen)
  switch (message.do) {
    case 'open':
      screens.set(message.screen, { ...open(message), jobs: [], waiting: false })
      return
    case 'close':
      screens.delete(message.screen)
      held?.screen.dispose()
      return
    case 'keyframe_now':
      if (held) say({ say: 'keyframe', screen: message.screen, ask: message.ask, keyframe: keyframe(held) })
      return
    case 'last_line': {
      if (!held) return
      const { screen } = held
      say({
        say: 'last_line',
        screen: message.screen,
        ask: message.ask,
        text: screen.lastLine(),
        offset: screen.position.offset,
      })
      return
    }
    default:
      if (!held) return
      held.jobs.push(message)
      if (held.waiting) return
      held.waiting = true
      turns.push(message.screen)
      if (!busy) nextTurn()
  }
}

/** What throws within ends this screen, and not those of other sessions. */
function guarded(id: number, work: () => void): void {
  try {
    work()
  } catch (error) {
    const held = screens.get(id)
    screens.delete(id)
    say({ say: 'failed', screen: id, message: error instanceof Error ? error.message : String(error) })
    try {
      held?.screen.dispose()
    } catch {
      // What is half broken may not even be put away; nobody refers to it any more.
    }
  }
}

function open(message: Extract<ToWorker, { do: 'open' }>): Pick<Held, 'screen' | 'answers' | 'heard'> {
  const heard: Heard = { answers: '', bell: false }
  const reply = (text: string) => {
    if (heard.answers.length + text.length <= ANSWER_BYTES) heard.answers += text
  }
  const screen = new Screen({
    cols: message.cols,
    rows: message.rows,
    hostname: hostname(),
    hooks: {
      answer: reply,
      title: title => {
        heard.title = title
      },
      cwd: cwd => {
        heard.cwd = cwd
      },
      bell: () => {
        heard.bell = true
      },
      notice: text => {
        heard.notice = text
      },
    },
  })
  const answers = registerAnswers(screen.terminal, {
    theme: () => TERMINAL_COLORS.dark,
    size: () => screen,
    cellPixels: () => DEFAULT_CELL,
    reply,
    version: (workerData as { version: string }).version,
  })
  return { screen, answers, heard }
}

/** What was heard in a turn, which is forgotten with that. */
function take(heard: Heard): Heard {
  const taken = { ...heard }
  heard.answers = ''
  heard.bell = false
  delete heard.title
  delete heard.cwd
  delete heard.notice
  return taken
}

/** Colours that programs set live in the answers, the rest of the state in the screen. */
function keyframe({ screen, answers }: Held): StoredKeyframe {
  const { position, cols, rows, vt, pending } = screen.keyframe()
  const raw = Buffer.concat([Buffer.from(answers.colors()), vt, pending])
  return { position, cols, rows, size: raw.length, checksum: crc32(raw), blob: zstd(raw) }
}

/** Takes up to TURN_BYTES of the next screen's jobs, then gives the event loop a chance to bring new messages. */
function nextTurn(): void {
  const id = turns.shift()
  busy = id !== undefined
  if (id === undefined) return
  const held = screens.get(id)
  if (!held) return nextTurn()
  guarded(id, () => {
    work(id, held)
    const { offset, n } = held.screen.position
    say({ say: 'parsed', screen: id, offset, n, heard: take(held.heard) })
    if (held.jobs.length > 0) turns.push(id)
    else held.waiting = false
  })
  setImmediate(nextTurn)
}

function work(id: number, held: Held): void {
  const job = held.jobs.shift()!
  switch (job.do) {
    case 'write':
      return writeAll(held, job.bytes)
    case 'resize':
      return held.screen.resize(job.cols, job.rows)
    case 'keyframe':
      return say({ say: 'keyframe', screen: id, ask: job.ask, keyframe: keyframe(held) })
    case 'lines': {
      const { cols, rows } = held.screen
      return say({ say: 'lines', screen: id, ask: job.ask, lines: held.screen.lines(), cols, rows })
    }
    default:
      assertNever(job)
  }
}

/** Writes that wait in line go together: fewer turns, fewer `parsed` messages. */
function writeAll({ screen, jobs }: Held, first: Uint8Array): void {
  screen.write(first)
  let size = first.length
  for (let job = jobs[0]; job?.do === 'write' && size + job.bytes.length <= TURN_BYTES; job = jobs[0]) {
    jobs.shift()
    size += job.bytes.length
    screen.write(job.bytes)
  }
}
