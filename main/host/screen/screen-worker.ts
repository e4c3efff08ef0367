// A worker thread that holds the screens of some sessions.
import { hostname } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { toCoded } from '../../../protocol/errors.ts'
import { BATCH_BYTES } from '../../../protocol/limits.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'
import { TERMINAL_COLORS } from '../../../terminal/colors.ts'
import type { RuleFile } from '../agents/rule-format.ts'
import { ScreenRules } from '../agents/screen-rules.ts'
import { crc32, unzstd, zstd } from '../recording/compression.ts'
import type { StoredKeyframe } from '../recording/types.ts'
import { answer, type CallMessage, ThreadReplies } from '../threads/call.ts'
import { collectWhenQuiet } from '../threads/memory.ts'
import { ProgramModes } from './program-modes.ts'
import { type Answers, DEFAULT_CELL, registerAnswers } from './query-answers.ts'
import { Screen } from './screen.ts'
import {
  type FromWorker,
  type ScreenCalls,
  type ScreenEvents,
  type ScreenMessage,
  SHARED,
  type ToWorker,
} from './screen-protocol.ts'
import { TransientStates } from './transient-states.ts'
import { coreOf } from './xterm-internals.ts'

/** Screens take turns of this much, two batches: a flood in one session delays another's query by a few milliseconds. */
const TURN_BYTES = 2 * BATCH_BYTES

/**
 * Or of this long: four bytes can clear, scroll or reset a whole screen. Output is parsed in slices whose size follows how long
 * the last one took.
 */
const TURN_MS = 8
const SLICE_MS = 2
const MIN_SLICE_BYTES = 64
const MAX_SLICE_BYTES = BATCH_BYTES

/**
 * Answers to queries in TURN_BYTES of output; further ones are dropped. A program that queries everything there is, all 256 colors
 * included, receives a tenth of it; more is caused by a file full of queries, and would be typed into the shell that shows it.
 */
const ANSWER_BYTES = 64 * 1024

/** DEC private mode: report the focus (ctlseqs, "FocusIn/FocusOut"). */
const FOCUS_MODE = 1004

/** A screen that changed is looked at this much later, and again at most this often while it goes on changing. */
const LOOK_MS = 250

/** What a screen says when it says nothing or waits for its next task counts only after this much quiet: it may be half drawn. */
const QUIET_MS = 400

type Job = Extract<ScreenMessage, { do: 'write' | 'resize' | 'call' }>

interface HeldScreen {
  screen: Screen
  answers: Answers
  states: TransientStates
  /** Since the last turn ended. */
  events: ScreenEvents
  calls: ScreenCalls
  replies: ThreadReplies
  jobs: Job[]
  waiting: boolean
  /** Of the next slice. */
  sliceBytes: number
  /** How much it may still answer in this much output. */
  answerBytes: number
  answerTurn: number
  /** The name of the process in the foreground. */
  command: string
  /** Mode 1004, as it was told last. */
  focusMode: boolean
  /** The finding that was sent last, as JSON. */
  sent: string
  /** By performance.now(). */
  changedAt: number
  lookTimer: NodeJS.Timeout | undefined
}

const port = parentPort!
const {
  version,
  rules: ruleFiles,
  shared,
} = workerData as { version: string; rules: Map<string, RuleFile>; shared: Int32Array }
const rules = new ScreenRules(ruleFiles)
const screens = new Map<number, HeldScreen>()
const turns: number[] = []
let busy = false

collectWhenQuiet()

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
      screens.set(message.screen, open(message.screen, { ...message, silentUntil: 0 }))
      return
    case 'restore':
      screens.set(message.screen, restore(message))
      return
    case 'close':
      screens.delete(message.screen)
      clearTimeout(held?.lookTimer)
      held?.states.dispose()
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
  Atomics.store(shared, SHARED.screen, id)
  Atomics.add(shared, SHARED.turns, 1)
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
  Atomics.store(shared, SHARED.screen, 0)
}

interface OpenOptions {
  cols: number
  rows: number
  position?: Position
  /** Nothing is answered or reported of what is before this offset. */
  silentUntil: number
}

function open(id: number, { cols, rows, position = LOG_START, silentUntil }: OpenOptions): HeldScreen {
  const events: ScreenEvents = { answers: '', bell: false }
  /** No write crosses this offset. */
  const isSilent = () => screen.position.offset < silentUntil
  const addAnswer = (text: string) => {
    if (isSilent() || text.length > held.answerBytes) return
    held.answerBytes -= text.length
    events.answers += text
  }
  const screen = new Screen({
    cols,
    rows,
    position,
    hostname: hostname(),
    hooks: {
      answer: addAnswer,
      title: title => {
        if (!isSilent()) events.title = title
      },
      cwd: cwd => {
        if (!isSilent()) events.cwd = cwd
      },
      bell: () => {
        events.bell ||= !isSilent()
      },
      notice: text => {
        if (!isSilent()) events.notice = text
      },
      progress: isShown => {
        if (!isSilent()) events.progress = isShown
      },
      command: mark => {
        if (!isSilent()) events.command = mark
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
  screen.terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, params => {
    if (!isSilent() && params.includes(FOCUS_MODE)) events.focusMode = true
    return false
  })
  const modes = new ProgramModes(screen)
  const held: HeldScreen = {
    screen,
    answers,
    states: new TransientStates(screen, (state, isLate) => {
      if (!isSilent()) say({ say: 'overdue', screen: id, state, offset: screen.position.offset, isLate })
    }),
    events,
    calls: {
      currentKeyframe: () => keyframe(screen, answers),
      keyframe: () => keyframe(screen, answers),
      text: () => ({ lines: screen.lines(), cols: screen.cols, rows: screen.rows }),
      lastLine: () => ({ text: screen.lastLine(), offset: screen.position.offset }),
      leftovers: extents => modes.leftovers(extents),
      reset: () => modes.reset(),
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
    sliceBytes: MAX_SLICE_BYTES / 8,
    answerBytes: ANSWER_BYTES,
    answerTurn: TURN_BYTES,
    command: '',
    focusMode: false,
    sent: 'null',
    changedAt: 0,
    lookTimer: undefined,
  }
  return held
}

/** The screen as it was at a keyframe, with the colors that programs have set. */
function restore({ screen: id, keyframe, silent_until }: Extract<ScreenMessage, { do: 'restore' }>): HeldScreen {
  const { cols, rows, position, size, blob } = keyframe
  // A keyframe is written like output, and is none: the screen ends at its position.
  const before = { offset: position.offset - size, n: position.n }
  const held = open(id, { cols, rows, position: before, silentUntil: silent_until })
  held.screen.write(unzstd(blob, size))
  held.focusMode = coreOf(held.screen.terminal).coreService.decPrivateModes.sendFocus
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
  delete events.focusMode
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
    noteFocusMode(held)
    held.states.parsed()
    say({ say: 'parsed', screen: id, offset, n, events: takeEvents(held.events) })
    if (held.jobs.length > 0) turns.push(id)
    else {
      held.waiting = false
      held.answerTurn = 0
    }
    lookSoon(id, held)
  })
  setImmediate(nextTurn)
}

/** Modes change by resets, too, so the state at the end of a turn counts; and each time that a program sets the mode. */
function noteFocusMode(held: HeldScreen): void {
  const isOn = coreOf(held.screen.terminal).coreService.decPrivateModes.sendFocus
  if (isOn === held.focusMode && held.events.focusMode === undefined) return
  held.focusMode = isOn
  held.events.focusMode = isOn
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

/** Waiting writes are parsed together: fewer turns, fewer `parsed` messages. What this turn has no time for is put back. */
function writeAll(held: HeldScreen, first: Uint8Array): void {
  const { jobs } = held
  const until = performance.now() + TURN_MS
  let left = TURN_BYTES
  let bytes = first
  for (;;) {
    const rest = writeUntil(held, bytes, until)
    if (rest.length > 0) return void jobs.unshift({ do: 'write', screen: 0, bytes: rest })
    left -= bytes.length
    const next = jobs[0]
    if (next?.do !== 'write' || next.bytes.length > left || performance.now() >= until) return
    jobs.shift()
    bytes = next.bytes
  }
}

/** Parses slices until time is up; at least one. Returns the rest. */
function writeUntil(held: HeldScreen, bytes: Uint8Array, until: number): Uint8Array {
  for (let at = 0; at < bytes.length; ) {
    const begin = performance.now()
    if (at > 0 && begin >= until) return bytes.subarray(at)
    const slice = bytes.subarray(at, at + held.sliceBytes)
    if (held.answerTurn <= 0) {
      held.answerTurn = TURN_BYTES
      held.answerBytes = ANSWER_BYTES
    }
    held.screen.write(slice)
    at += slice.length
    held.answerTurn -= slice.length
    const factor = performance.now() - begin > SLICE_MS ? 0.5 : 2
    held.sliceBytes = Math.min(Math.max(held.sliceBytes * factor, MIN_SLICE_BYTES), MAX_SLICE_BYTES)
  }
  return bytes.subarray(bytes.length)
}
