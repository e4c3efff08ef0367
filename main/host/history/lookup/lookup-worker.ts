// The thread that looks things up in the history, beside the one that writes it: searches and readers share its time, everything
// else is answered at once. Can change nothing. Knows nothing of clients.
import { parentPort, type Transferable, workerData } from 'node:worker_threads'
import { assertNever, CodedError } from '../../../../protocol/errors.ts'
import { Store, storeFault } from '../../store/store.ts'
import type { PlaybackChunk, SeekResult } from '../playback/playback.ts'
import { Playback } from '../playback/playback.ts'
import { LogReader } from '../playback/reader.ts'
import { buildTimeline } from '../playback/timeline.ts'
import { search } from '../search/search.ts'
import { listSessions } from '../search/session-list.ts'
import type { LinePages } from '../text/line-pages.ts'
import type { FromLookup, LookupRequest, ToLookup } from './lookup-protocol.ts'
import { RoundRobin } from './round-robin.ts'

/** A search that has not found enough by then tells what it has, and where to go on. */
const SEARCH_MS = 2_000

/** One that has found something tells it after this: what a person sees at once is worth more than a whole page. */
const FIRST_MS = 120

/** Who reads is told what there is by then; a busy computer takes that long to draw a megabyte. */
const READ_MS = 4_000

/** Searches and readers take turns of this much, and whatever else is asked comes between. */
const TURN_MS = 10

/** Of them that wait for each other: what several clients may have under way (net/history-requests.ts). */
const MOST_LONG = 64

/** Of these for one who asks, over however many connections. */
const MOST_FOR_ONE = 16

/** What takes longer than a question should. */
interface Long {
  ask: number
  asker: string
  steps: Generator<undefined, unknown>
  ended(): void
}

type ReadMessage = Extract<ToLookup, { do: 'read' }>

const port = parentPort!
const { file } = workerData as { file: string }
const store = new Store(file, Date.now, { readonly: true })
const reader = new LogReader(store)
const playback = new Playback(store, reader)
/** Loaded when somebody reads for the first time, with a terminal emulator and a connection of its own. */
let reading: LinePages | undefined
/** Readers take turns as a whole: each sees the database as it was when it began. */
const reads = new RoundRobin<ReadMessage>()
let isReading = false
const long = new RoundRobin<Long>()
let scheduled = false

const say = (message: FromLookup, transfer: Transferable[] = []) => port.postMessage(message, transfer)

port.on('message', (message: ToLookup) => {
  if (message.do === 'cancel') return cancel(message.ask)
  attempt(message.ask, () => {
    if (message.do === 'search') return beginSearch(message)
    if (message.do === 'read') return beginRead(message)
    const value = store.snapshot(() => answer(message))
    say({ say: 'answer', ask: message.ask, value }, blobsOf(value))
  })
})

function answer(question: Exclude<LookupRequest, { do: 'search' | 'read' }>): unknown {
  switch (question.do) {
    case 'list':
      return listSessions(store, question.question)
    case 'timeline':
      return buildTimeline(store, question.session_id, question.buckets)
    case 'moment':
      return playback.seek(question.session_id, question.place)
    case 'stretch':
      return playback.chunkAt(question.session_id, question.position)
    case 'place':
      return playback.place(question.session_id, question.place)
    default:
      return assertNever(question)
  }
}

function beginSearch({ ask, asker, question }: Extract<ToLookup, { do: 'search' }>): void {
  checkRoom(asker)
  const start = performance.now()
  const isOver = (found: number) => performance.now() - start > (found > 0 ? FIRST_MS : SEARCH_MS)
  long.push({ ask, asker, steps: search(store, question, isOver), ended: () => {} })
  schedule()
}

function beginRead(message: ReadMessage): void {
  checkRoom(message.asker)
  reads.push(message)
  if (reading) return nextRead(reading)
  if (reads.length > 1) return
  import('../text/line-pages.ts').then(
    ({ LinePages }) => {
      reading ??= new LinePages(new Store(file, Date.now, { readonly: true }))
      nextRead(reading)
    },
    error => {
      for (const { ask } of reads.takeAll()) refuse(ask, error)
    },
  )
}

function nextRead(reading: LinePages): void {
  const message = isReading ? undefined : reads.next()
  if (!message) return
  isReading = true
  const start = performance.now()
  const ended = () => {
    isReading = false
    nextRead(reading)
  }
  long.push({
    ask: message.ask,
    asker: message.asker,
    steps: reading.read(message.question, () => performance.now() - start > READ_MS),
    ended,
  })
  schedule()
}

function checkRoom(asker: string): void {
  if (long.length + reads.length >= MOST_LONG || long.of(asker) + reads.of(asker) >= MOST_FOR_ONE)
    throw new CodedError('history_busy', 'too many searches at once; try again')
}

function schedule(): void {
  if (scheduled || long.length === 0) return
  scheduled = true
  setImmediate(turn)
}

function turn(): void {
  scheduled = false
  const one = long.next()
  if (!one) return
  let isDone = true
  attempt(one.ask, () => {
    const until = performance.now() + TURN_MS
    do {
      const step = one.steps.next()
      if (step.done) return say({ say: 'answer', ask: one.ask, value: step.value })
    } while (performance.now() < until)
    isDone = false
  })
  if (isDone) one.ended()
  else long.push(one)
  schedule()
}

function cancel(ask: number): void {
  const waiting = reads.take(one => one.ask === ask)
  const running = waiting ? undefined : long.take(one => one.ask === ask)
  if (!waiting && !running) return
  say({ say: 'refusal', ask, code: 'cancelled', message: 'this is no longer wanted' })
  running?.steps.return(undefined)
  running?.ended()
}

function attempt(ask: number, work: () => void): void {
  try {
    work()
  } catch (error) {
    refuse(ask, error)
  }
}

function refuse(ask: number, error: unknown): void {
  const { code, message } = storeFault(error)
  say({ say: 'refusal', ask, code, message })
}

/** Blobs are given away, not copied. */
function blobsOf(value: unknown): Transferable[] {
  const { keyframe, timing, output } = (value ?? {}) as Partial<SeekResult> &
    Partial<Extract<PlaybackChunk, { kind: 'output' }>>
  return [keyframe?.blob, timing?.blob, output?.blob].flatMap(blob =>
    blob && blob.byteLength > 0 && blob.byteLength === blob.buffer.byteLength ? [blob.buffer as ArrayBuffer] : [],
  )
}
