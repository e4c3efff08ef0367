// The thread that owns the database: takes writes and questions in turn, trims, and renders text when nothing else is to
// be done. Knows nothing of sessions that run, PTYs or clients.

import { statSync } from 'node:fs'
import { parentPort, type Transferable, workerData } from 'node:worker_threads'
import { assertNever, CodedError } from '../../../../protocol/errors.ts'
import type { StoredKeyframe } from '../../recording/types.ts'
import { type MarkRow, type SessionRow, Store, storeFault } from '../../store/store.ts'
import { LogReader } from '../playback/reader.ts'
import type { TextJobs } from '../text/render-text.ts'
import { WriteQueue } from './queue.ts'
import { Trimmer } from './trim.ts'
import type { FromHistory, HistoryStats, HistoryWorkerData, ToHistory } from './worker-protocol.ts'
import { Writer } from './writer.ts'

/** One transaction takes about this much: 10 ms of compressing and writing, then others have their turn. */
const TURN_BYTES = 1024 * 1024

/** Steps of trimming in one turn at most: each frees more than a turn writes, but it may be the wrong thing first. */
const TRIM_STEPS = 8

/** A full or locked disk is tried again this often. */
const RETRY_MS = 1_000

/** Retention, and whatever a step could not do, is looked at this often. */
const ENFORCE_MS = 60_000

/**
 * The write-ahead log is put into the database when it is this long. Twice SQLite's default: the tails of a flood are
 * sealed by then, and their pages need not be written twice.
 */
const CHECKPOINT_BYTES = 8 * 1024 * 1024

/** Without a write for this long the host counts as quiet: what is in the write-ahead log goes into the database. */
const QUIET_MS = 1_000

/** Text is rendered in turns of at most this long. */
const TEXT_TURN_MS = 3

/** Rendering rests this many times as long as it worked: while output comes (a terminal is busy), and otherwise. */
const TEXT_REST_BUSY = 19
const TEXT_REST_QUIET = 1

/** Unsealed tails of crashed sessions, sealed one a turn. */
const LOOSE_AT_ONCE = 1

type Ask = Extract<ToHistory, { ask: number }>

/** Marks that a session takes: more than anybody finds again. */
const MOST_MARKS = 1_000

/** A session that is being forgotten. */
interface Deletion {
  ask: number
  session_id: string
  /** Bytes of its log at the beginning. */
  total: number
}

interface WaitingAsk {
  ask: Ask
  /** The last write that came before it. */
  after: number
}

const port = parentPort!
const { file, limits, again } = workerData as HistoryWorkerData
const say = (message: FromHistory, transfer: Transferable[] = []) => port.postMessage(message, transfer)

const store = open()
const writer = store && new Writer(store)
const reader = store && new LogReader(store)
const trimmer = store && new Trimmer(store, limits, Date.now)

function open(): Store | undefined {
  try {
    const opened = new Store(file, Date.now, { again })
    say({ say: 'opened', leftovers: opened.leftovers })
    return opened
  } catch (error) {
    say({ say: 'refused', ...storeFault(error) })
    port.close()
    return undefined
  }
}

if (store && writer && reader && trimmer) run(store, writer, reader, trimmer)

function run(store: Store, writer: Writer, reader: LogReader, trimmer: Trimmer): void {
  const queue = new WriteQueue()
  const asks: WaitingAsk[] = []
  const deletions: Deletion[] = []
  let scheduled = false
  let trouble: string | undefined
  let retry: NodeJS.Timeout | undefined
  let rest: NodeJS.Timeout | undefined
  let trimDue = true
  let looseDue = true
  let textDue = true
  let lastWrite = 0
  let jobs: TextJobs | undefined
  let closing = false

  const enforce = setInterval(() => {
    trimDue = looseDue = textDue = true
    schedule()
  }, ENFORCE_MS)
  let quiet: NodeJS.Timeout | undefined

  port.on('message', (message: ToHistory) => {
    switch (message.do) {
      case 'insert':
      case 'update':
      case 'append':
      case 'seal':
      case 'keyframe':
        queue.push(message)
        if (trouble) dropWhatIsTooMuch()
        break
      case 'limits':
        trimmer.limits = message.limits
        trimDue = true
        break
      case 'cancel':
        cancelDeletion(message.cancels)
        break
      default:
        asks.push({ ask: message, after: queue.last })
    }
    schedule()
  })
  schedule()

  function schedule(): void {
    if (scheduled || closing) return
    scheduled = true
    setImmediate(turn)
  }

  function turn(): void {
    scheduled = false
    if (queue.length > 0 && !retry) write()
    answerNext()
    if (closing) return
    deleteNext()
    trim()
    if (deletions.length > 0 || (queue.length > 0 && !retry) || asks.some(isReady) || (trimDue && !trouble))
      return schedule()
    // From here on only what can wait.
    if (looseDue && !trouble) {
      looseDue = attempt(sealLoose)
      return schedule()
    }
    if (textDue && !trouble && !rest) renderText()
  }

  /** A step; more when the file has no room for what the next turn may write. */
  function trim(): void {
    for (let step = 0; step < TRIM_STEPS && trimDue && !trouble; step++) {
      trimDue = attempt(() => trimmer.step())
      if (trimDue) wrote()
      if (!trimmer.over) break
    }
  }

  // --- writing ---

  function write(): void {
    const writes = queue.first(TURN_BYTES)
    let count = 0
    try {
      store.transaction(() => {
        for (const each of writes) writer.write(each)
      })
      count = writes.length
      queue.done(count)
      isWell()
    } catch (error) {
      writer.forget()
      if (storeFault(error).lasting) return isTroubled(error)
      // One of them can never be written: find out which, so that the others are.
      for (const each of writes) {
        try {
          store.transaction(() => writer.write(each))
          queue.done(1)
        } catch (error) {
          writer.forget()
          if (storeFault(error).lasting) {
            isTroubled(error)
            break
          }
          tellTrouble(error)
          queue.giveUpFirst()
        }
        count++
        if (queue.gapFirst) break
      }
    }
    lastWrite = performance.now()
    const done = writes.slice(0, count)
    const last = done.findLast(each => each.do === 'append')
    if (last) say({ say: 'committed', batch: last.batch })
    if (done.some(each => each.do === 'seal' || each.do === 'update')) trimDue = true
    else if (!trimDue && trimmer.over) trimDue = true
    // A session that goes on has left what was sealed at its end.
    textDue = true
    if (!retry) wrote()
  }

  function isTroubled(error: unknown): void {
    tellTrouble(error)
    dropWhatIsTooMuch()
    clearTimeout(retry)
    retry = setTimeout(() => {
      retry = undefined
      schedule()
    }, RETRY_MS)
  }

  function tellTrouble(error: unknown): void {
    const { code, message } = storeFault(error)
    if (trouble === code) return
    trouble = code
    say({ say: 'trouble', code: troubleCode(code), message })
  }

  function isWell(): void {
    if (!trouble) return
    trouble = undefined
    say({ say: 'well' })
  }

  function dropWhatIsTooMuch(): void {
    const batch = queue.drop()
    if (batch !== undefined) say({ say: 'committed', batch })
  }

  function whenQuiet(): void {
    quiet = undefined
    const left = QUIET_MS - (performance.now() - lastWrite)
    if (left > 1) quiet = setTimeout(whenQuiet, left)
    else attempt(() => store.checkpoint())
  }

  /** Something is in the write-ahead log: it goes into the database when it is long, or soon. */
  function wrote(): void {
    if (walBytes() >= CHECKPOINT_BYTES) attempt(() => store.checkpoint())
    quiet ??= setTimeout(whenQuiet, QUIET_MS)
  }

  function walBytes(): number {
    return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  /** For what nobody waits for: a fault ends it until the next time. What the disk is to blame for, writes will tell. */
  function attempt(work: () => unknown): boolean {
    try {
      return work() === true
    } catch (error) {
      writer.forget()
      if (!storeFault(error).lasting) tellTrouble(error)
      return false
    }
  }

  function sealLoose(): boolean {
    const loose = store.logRows.endedSessionsWithTail(LOOSE_AT_ONCE)
    for (const session_id of loose) store.transaction(() => writer.seal(session_id))
    if (loose.length === 0) return false
    trimDue = textDue = true
    wrote()
    return true
  }

  // --- questions ---

  /** Questions are about what was written before them; while writing fails, about what there is. */
  function isReady({ ask, after }: WaitingAsk): boolean {
    if (queue.isDone(after)) return true
    return retry !== undefined && ask.do !== 'flush'
  }

  function answerNext(): void {
    const index = asks.findIndex(isReady)
    if (index < 0) return
    const { ask } = asks.splice(index, 1)[0]!
    try {
      if (ask.do === 'delete') return beginDeletion(ask.ask, ask.session_id)
      const value = answer(ask)
      say({ say: 'answer', ask: ask.ask, value }, blobsOf(value))
    } catch (error) {
      const { code, message } = storeFault(error)
      say({ say: 'refusal', ask: ask.ask, code, message })
    }
    if (ask.do === 'close') {
      closing = true
      port.close()
    }
  }

  function answer(ask: Exclude<Ask, { do: 'delete' }>): unknown {
    switch (ask.do) {
      case 'sessions':
        return reader.sessions(ask.most)
      case 'session':
        return reader.session(ask.session_id)
      case 'starting_point':
        return reader.startingPoint(ask.session_id, ask.offset)
      case 'read':
        return reader.read(ask.session_id, ask.position)
      case 'timing':
        return reader.timing(ask.session_id, ask.position)
      case 'mark':
        return mark(ask)
      case 'unmark':
        return unmark(ask)
      case 'flush':
        return undefined
      case 'stats':
        return stats()
      case 'pragma':
        return store.pragma(ask.pragma)
      case 'close':
        return close()
      default:
        return assertNever(ask)
    }
  }

  function mark({ session_id, offset, at, label }: Extract<Ask, { do: 'mark' }>): MarkRow {
    const { session } = known(session_id)
    if (store.marks(session).length >= MOST_MARKS)
      throw new CodedError('too_many_marks', `a session takes ${MOST_MARKS} marks; remove some`)
    const added = store.transaction(() => store.addMark(session, { offset, at, label }))
    wrote()
    return added
  }

  function unmark({ session_id, mark_id }: Extract<Ask, { do: 'unmark' }>): undefined {
    const { session } = known(session_id)
    if (!store.transaction(() => store.removeMark(session, mark_id)))
      throw new CodedError('mark_unknown', 'this session has no such mark')
    wrote()
  }

  function known(session_id: string): SessionRow {
    const row = store.session(session_id)
    if (!row) throw new CodedError('session_unknown', `no session has the id ${session_id}`)
    return row
  }

  // --- deleting ---

  function beginDeletion(ask: number, session_id: string): void {
    const { start_offset, end_offset } = known(session_id)
    deletions.push({ ask, session_id, total: end_offset - start_offset })
  }

  /** A step of the first. */
  function deleteNext(): void {
    const deletion = deletions[0]
    if (!deletion) return
    const { ask, session_id, total } = deletion
    try {
      const row = store.session(session_id)
      const left = row !== undefined && trimmer.forget(row)
      writer.forget()
      trimDue = true
      wrote()
      if (left) {
        const { start_offset, end_offset } = known(session_id)
        return say({ say: 'progress', ask, done: Math.max(0, total - (end_offset - start_offset)), total })
      }
      say({ say: 'answer', ask, value: undefined })
    } catch (error) {
      const { code, message } = storeFault(error)
      say({ say: 'refusal', ask, code, message })
    }
    deletions.shift()
  }

  function cancelDeletion(ask: number): void {
    const index = deletions.findIndex(deletion => deletion.ask === ask)
    if (index >= 0) deletions.splice(index, 1)
    else {
      const waiting = asks.findIndex(one => one.ask.ask === ask && one.ask.do === 'delete')
      if (waiting < 0) return
      asks.splice(waiting, 1)
    }
    say({ say: 'refusal', ask, code: 'cancelled', message: 'the rest of the session is kept' })
  }

  function stats(): HistoryStats {
    return { file_bytes: store.size().bytes, ...store.stats() }
  }

  /** A last try for what waits; then nothing is left of this thread. */
  function close(): void {
    clearInterval(enforce)
    for (const timer of [retry, rest, quiet]) clearTimeout(timer)
    retry = undefined
    while (queue.length > 0 && !retry) write()
    for (const timer of [retry, rest, quiet]) clearTimeout(timer)
    jobs?.dispose()
    store.close()
  }

  // --- text ---

  function renderText(): void {
    if (!jobs) {
      textDue = false
      // Loaded when first needed: the terminal emulator takes longer to load than the database to open.
      import('../text/render-text.ts').then(
        text => {
          jobs ??= new text.TextJobs(store, reader)
          textDue = true
          schedule()
        },
        () => {},
      )
      return
    }
    const begin = performance.now()
    textDue = attempt(() => jobs!.work(TEXT_TURN_MS))
    if (!textDue) return
    wrote()
    // Text takes room too.
    if (trimmer.over) trimDue = true
    const busy = begin - lastWrite < QUIET_MS
    const worked = performance.now() - begin
    rest = setTimeout(
      () => {
        rest = undefined
        schedule()
      },
      worked * (busy ? TEXT_REST_BUSY : TEXT_REST_QUIET),
    )
  }
}

/** Blobs are given away, not copied. */
function blobsOf(value: unknown): Transferable[] {
  if (typeof value !== 'object' || value === null) return []
  const { blob, keyframe } = value as { blob?: Uint8Array; keyframe?: StoredKeyframe }
  return [blob, keyframe?.blob].flatMap(each =>
    each && each.byteLength === each.buffer.byteLength ? [each.buffer as ArrayBuffer] : [],
  )
}

type TroubleCode = Extract<FromHistory, { say: 'trouble' }>['code']

function troubleCode(code: string): TroubleCode {
  return code === 'store_full' || code === 'store_damaged' || code === 'data_dir_unusable' ? code : 'internal'
}
