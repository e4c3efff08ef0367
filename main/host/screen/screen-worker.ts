// A worker thread that holds the screens of some sessions.
import { hostname } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { toCoded } from '../../../protocol/errors.ts'
import { BATCH_BYTES } from '../../../protocol/limits.ts'
import { TERMINAL_COLORS } from '../../../terminal/colors.ts'
import type { RuleFile } from '../agents/rule-format.ts'
import { ScreenRules } from '../agents/screen-rules.ts'
import { crc32, zstd } from '../recording/compression.ts'
import type { StoredKeyframe } from '../recording/types.ts'
import { answer, type CallMessage, ThreadReplies } from '../threads/call.ts'
import { type Answers, DEFAULT_CELL, registerAnswers } from './query-answers.ts'
import { Screen } from './screen.ts'
import type { FromWorker, ScreenCalls, ScreenEvents, ScreenMessage, ToWorker } from './screen-protocol.ts'

/** Screens take turns of this much, two batches: a flood in one session delays another's query by a few milliseconds. */
const TURN_BYTES = 2 * BATCH_BYTES

/**
 * Answers to queries in one turn; further ones are dropped. A program that queries everything there is, all 256 colors
 * included, receives a tenth of it; more is caused by a file full of queries, and would be typed into the shell that shows it.
 */
const ANSWER_BYTES = 64 * 1024

/** A screen that changed is looked at this much later, and again at most this often while it goes on changing. */
const LOOK_MS = 250

/** What a screen says when it says nothing or waits for its next task counts only after this much quiet: it may be half drawn. */
const QUIET_MS = 400

type Job = Extract<ScreenMessage, { do: 'write' | 'resize' | 'call' }>

interface HeldScreen {
  screen: Screen
  answers: Answers
  /** Since the last turn ended. */
  events: ScreenEvents
  calls: ScreenCalls
  replies: ThreadReplies
  jobs: Job[]
  waiting: boolean
  /** The name of the process in the foreground. */
  command: string
  /** The finding that was sent last, as JSON. */
  sent: string
  /** By performance.now(). */
  changedAt: number
  lookTimer: NodeJS.Timeout | undefined
}

const port = parentPort!
const { version, rules: ruleFiles } = workerData as { version: string; rules: Map<string, RuleFile> }
const rules = new ScreenRules(ruleFiles)
const screens = new Map<number, HeldScreen>()
const turns: number[] = []
let busy = false

const say = (message: FromWorker) => port.postMessage(message)

port.on('message', (message: ToWorker) => {
  if (message.do !== 'rules') return guarded(message.screen, () => receive(message))
  rules.replace(message.rules)
  for (const [id, held] of screens) lookSoon(id, held)
})

function receive(message: ScreenMessage): void {
  const held = screens.get(message.screen)
  switch (message.do) {
    case 'open':
      screens.set(message.screen, open(message))
      return
    case 'close':
      screens.delete(message.screen)
      clearTimeout(held?.lookTimer)
      held?.screen.dispose()
      return
    case 'program':
      if (!held || held.command === message.command) return
      held.command = message.command
      held.sent = ''
      lookSoon(message.screen, held)
      return
    case 'cancel':
      return // calls are short
    case 'call':
      if (message.name === 'currentKeyframe' || message.name === 'lastLine') {
        if (held) reply(held, message)
        return
      }
      break
    default:
  }
  if (!held) return
  held.jobs.push(message)
  if (held.waiting) return
  held.waiting = true
  turns.push(message.screen)
  if (!busy) nextTurn()
}

/** An exception ends this screen, and not those of other sessions. */
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
      // A broken screen may fail to dispose; nothing refers to it now.
    }
  }
}

function open({ screen: id, cols, rows }: Extract<ScreenMessage, { do: 'open' }>): HeldScreen {
  const events: ScreenEvents = { answers: '', bell: false }
  const addAnswer = (text: string) => {
    if (events.answers.length + text.length <= ANSWER_BYTES) events.answers += text
  }
  const screen = new Screen({
    cols,
    rows,
    hostname: hostname(),
    hooks: {
      answer: addAnswer,
      title: title => {
        events.title = title
      },
      cwd: cwd => {
        events.cwd = cwd
      },
      bell: () => {
        events.bell = true
      },
      notice: text => {
        events.notice = text
      },
      progress: isShown => {
        events.progress = isShown
      },
      command: mark => {
        events.command = mark
      },
    },
  })
  const answers = registerAnswers(screen.terminal, {
    theme: () => TERMINAL_COLORS.dark,
    size: () => screen,
    cellPixels: () => DEFAULT_CELL,
    reply: addAnswer,
    version,
  })
  const held: HeldScreen = {
    screen,
    answers,
    events,
    calls: {
      currentKeyframe: () => keyframe(screen, answers),
      keyframe: () => keyframe(screen, answers),
      text: () => ({ lines: screen.lines(), cols: screen.cols, rows: screen.rows }),
      lastLine: () => ({ text: screen.lastLine(), offset: screen.position.offset }),
      finding: () => {
        const finding = rules.match(screen.view(), held.command) ?? null
        held.sent = JSON.stringify(finding)
        return finding
      },
    },
    // An exception ends the screen, so errors are not sent as replies.
    replies: new ThreadReplies(message => say({ ...message, screen: id }), toCoded),
    jobs: [],
    waiting: false,
    command: '',
    sent: 'null',
    changedAt: 0,
    lookTimer: undefined,
  }
  return held
}

function reply({ calls, replies }: HeldScreen, call: CallMessage<ScreenCalls>): void {
  replies.reply(call.id, answer(calls, call))
}

/** The events of a turn, which are cleared. */
function takeEvents(events: ScreenEvents): ScreenEvents {
  const taken = { ...events }
  events.answers = ''
  events.bell = false
  delete events.title
  delete events.cwd
  delete events.notice
  delete events.progress
  delete events.command
  return taken
}

/** Colors that programs set are kept by the answers, all other state by the screen. */
function keyframe(screen: Screen, answers: Answers): StoredKeyframe {
  const { position, cols, rows, vt, pending } = screen.keyframe()
  const raw = Buffer.concat([Buffer.from(answers.colors()), vt, pending])
  return { position, cols, rows, size: raw.length, checksum: crc32(raw), blob: zstd(raw) }
}

/** Takes up to TURN_BYTES of the next screen's jobs, then lets the event loop deliver new messages. */
function nextTurn(): void {
  const id = turns.shift()
  busy = id !== undefined
  if (id === undefined) return
  const held = screens.get(id)
  if (!held) return nextTurn()
  guarded(id, () => {
    work(held)
    const { offset, n } = held.screen.position
    say({ say: 'parsed', screen: id, offset, n, events: takeEvents(held.events) })
    if (held.jobs.length > 0) turns.push(id)
    else held.waiting = false
    lookSoon(id, held)
  })
  setImmediate(nextTurn)
}

/** Looks at a screen that changed, and once more when it has been quiet. */
function lookSoon(id: number, held: HeldScreen): void {
  held.changedAt = performance.now()
  held.lookTimer ??= setTimeout(() => guarded(id, () => look(id, held)), LOOK_MS)
}

function look(id: number, held: HeldScreen): void {
  held.lookTimer = undefined
  const quiet = performance.now() - held.changedAt
  const finding = rules.match(held.screen.view(), held.command) ?? null
  if (quiet < QUIET_MS) {
    const wait = Math.max(LOOK_MS, QUIET_MS - quiet)
    held.lookTimer = setTimeout(() => guarded(id, () => look(id, held)), wait)
    if (finding === null || finding.state === 'idle') return
  }
  const sent = JSON.stringify(finding)
  if (sent === held.sent) return
  held.sent = sent
  say({ say: 'finding', screen: id, finding })
}

function work(held: HeldScreen): void {
  const job = held.jobs.shift()!
  switch (job.do) {
    case 'write':
      return writeAll(held, job.bytes)
    case 'resize':
      return held.screen.resize(job.cols, job.rows)
    default:
      return reply(held, job)
  }
}

/** Waiting writes are parsed together: fewer turns, fewer `parsed` messages. */
function writeAll({ screen, jobs }: HeldScreen, first: Uint8Array): void {
  screen.write(first)
  let size = first.length
  for (let job = jobs[0]; job?.do === 'write' && size + job.bytes.length <= TURN_BYTES; job = jobs[0]) {
    jobs.shift()
    size += job.bytes.length
    screen.write(job.bytes)
  }
}
