// The thread that looks things up in the history, beside the one that writes it: searches and reads share its time,
// everything else is answered at once. Its connections are read-only.
import { parentPort, workerData } from 'node:worker_threads'
import { CodedError } from '../../../../protocol/errors.ts'
import { storeFault } from '../../store/faults.ts'
import { type DamageReport, Store } from '../../store/store.ts'
import { answer, type CallMessage, cancelled, ThreadReplies, type ToThread, transferable } from '../../threads/call.ts'
import { collectWhenQuiet } from '../../threads/memory.ts'
import { Playback, type PlaybackChunk, type SeekResult } from '../playback/playback.ts'
import { LogReader } from '../playback/reader.ts'
import { buildTimeline } from '../playback/timeline.ts'
import { search } from '../search/search.ts'
import { listSessions } from '../search/session-list.ts'
import type { LinePages } from '../text/line-pages.ts'
import type { InstantCalls, LongCalls, LookupCalls, LookupWorkerData } from './lookup-protocol.ts'
import { RoundRobin } from './round-robin.ts'

/** After this long a search returns what it has found so far, and where to go on. */
const SEARCH_MS = 2_000

/** A search that has found something returns it after this long: seeing hits at once is worth more than a full page. */
const FIRST_HITS_MS = 120

/** After this long a read returns the lines it has; a busy computer takes this long to render a megabyte. */
const READ_MS = 4_000

/** Searches and reads take turns of this length; everything else is answered between turns. */
const TURN_MS = 10

/** Searches and reads that wait at once: what several clients may have under way (clients/history-requests.ts). */
const MAX_LONG_CALLS = 64

/** Of these for one client, over however many connections. */
const MAX_LONG_CALLS_PER_CLIENT = 16

/** A call that takes longer than one turn. */
interface LongCall {
  id: number
  client: string
  steps: Generator<undefined, unknown>
  ended(): void
}

type CallOf<C extends keyof LongCalls> = Extract<CallMessage<LongCalls>, { name: C }>
type ReadCall = CallOf<'read'> & { client: string }

const port = parentPort!
const { file } = workerData as LookupWorkerData
/** Opened for the first call: when that fails, the call is answered with the reason. */
let opened: { store: Store; playback: Playback } | undefined
const replies = new ThreadReplies((message, transfer) => port.postMessage(message, transfer), storeFault)
/** Loaded for the first read, with a terminal emulator and a connection of its own. */
let pages: LinePages | undefined
/** Reads take turns as a whole: each sees the database as it was when it began. */
const reads = new RoundRobin<ReadCall>()
let isReading = false
const longCalls = new RoundRobin<LongCall>()
let isScheduled = false

collectWhenQuiet()

const instant: InstantCalls = {
  list: request => listSessions(open().store, request),
  timeline: ({ session_id, buckets }) => buildTimeline(open().store, session_id, buckets),
  seek: ({ session_id, target }) => open().playback.seek(session_id, target),
  playback: ({ session_id, position }) => open().playback.chunkAt(session_id, position),
  resolve: ({ session_id, target }) => open().playback.resolve(session_id, target),
}

function open(): { store: Store; playback: Playback } {
  if (opened) return opened
  const store = openStore()
  opened = { store, playback: new Playback(store, new LogReader(store)) }
  return opened
}

function openStore(): Store {
  const store = new Store(file, Date.now, { readonly: true })
  store.onDamage = damage => port.postMessage({ say: 'damage', damage } satisfies DamageReport)
  return store
}

port.on('message', (message: ToThread<LookupCalls>) => {
  if (message.do === 'cancel') return cancel(message.id)
  replies.attempt(message.id, () => {
    if (message.name === 'search') return beginSearch(message)
    if (message.name === 'read') return beginRead(message)
    const value = open().store.snapshot(() => answer(instant, message))
    replies.reply(message.id, value, blobsOf(value))
  })
})

function beginSearch({ id, request }: CallOf<'search'>): void {
  const { client } = request
  checkRoom(client)
  const start = performance.now()
  const isOver = (found: number) => performance.now() - start > (found > 0 ? FIRST_HITS_MS : SEARCH_MS)
  longCalls.push({ id, client, steps: search(open().store, request, isOver), ended: () => {} })
  schedule()
}

function beginRead(call: CallOf<'read'>): void {
  const { client } = call.request
  checkRoom(client)
  reads.push({ ...call, client })
  if (pages) return startNextRead(pages)
  if (reads.length > 1) return
  import('../text/line-pages.ts')
    .then(({ LinePages }) => {
      pages ??= new LinePages(openStore())
      startNextRead(pages)
    })
    .catch(error => {
      for (const { id } of reads.takeAll()) replies.refuse(id, error)
    })
}

function startNextRead(pages: LinePages): void {
  const call = isReading ? undefined : reads.next()
  if (!call) return
  isReading = true
  const start = performance.now()
  const ended = () => {
    isReading = false
    startNextRead(pages)
  }
  longCalls.push({
    id: call.id,
    client: call.client,
    steps: pages.read(call.request, () => performance.now() - start > READ_MS),
    ended,
  })
  schedule()
}

function checkRoom(client: string): void {
  if (
    longCalls.length + reads.length >= MAX_LONG_CALLS ||
    longCalls.count(client) + reads.count(client) >= MAX_LONG_CALLS_PER_CLIENT
  )
    throw new CodedError('history_busy', 'too many searches at once; try again')
}

function schedule(): void {
  if (isScheduled || longCalls.length === 0) return
  isScheduled = true
  setImmediate(takeTurn)
}

function takeTurn(): void {
  isScheduled = false
  const call = longCalls.next()
  if (!call) return
  let isDone = true
  replies.attempt(call.id, () => {
    const until = performance.now() + TURN_MS
    do {
      const step = call.steps.next()
      if (step.done) return replies.reply(call.id, step.value)
    } while (performance.now() < until)
    isDone = false
  })
  if (isDone) call.ended()
  else longCalls.push(call)
  schedule()
}

function cancel(id: number): void {
  const waiting = reads.take(call => call.id === id)
  const running = waiting ? undefined : longCalls.take(call => call.id === id)
  if (!waiting && !running) return
  replies.refuse(id, cancelled())
  running?.steps.return(undefined)
  running?.ended()
}

function blobsOf(value: unknown): ArrayBuffer[] {
  const { keyframe, timing, output } = (value ?? {}) as Partial<SeekResult> &
    Partial<Extract<PlaybackChunk, { kind: 'output' }>>
  return transferable([keyframe?.blob, timing?.blob, output?.blob])
}
