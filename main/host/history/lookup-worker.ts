// The thread that looks things up in the history, beside the one that writes it: searches share its time, everything else
// is answered at once. Can change nothing. Knows nothing of clients.
import { parentPort, type Transferable, workerData } from 'node:worker_threads'
import { assertNever, CodedError } from '../../../protocol/errors.ts'
import { Store, storeFault } from '../store/store.ts'
import type { FromLookup, MomentAnswer, Question, StretchAnswer, ToLookup } from './lookup-protocol.ts'
import { Playback } from './playback.ts'
import { Reader } from './reader.ts'
import { search } from './search.ts'
import { list } from './session-list.ts'
import { timeline } from './timeline.ts'

/** A search that has not found enough by then tells what it has, and where to go on. */
const SEARCH_MS = 2_000

/** One that has found something tells it after this: what a person sees at once is worth more than a whole page. */
const FIRST_MS = 120

/** Searches take turns of this much, and whatever else is asked comes between. */
const TURN_MS = 10

/** Searches that wait for each other: more than people type at once. */
const MOST_SEARCHES = 16

interface Search {
  ask: number
  steps: Generator<undefined, unknown>
}

const port = parentPort!
const store = new Store((workerData as { file: string }).file, Date.now, { readonly: true })
const reader = new Reader(store)
const playback = new Playback(store, reader)
const searches: Search[] = []
let scheduled = false

const say = (message: FromLookup, transfer: Transferable[] = []) => port.postMessage(message, transfer)

port.on('message', (message: ToLookup) => {
  if (message.do === 'cancel') return cancel(message.ask)
  attempt(message.ask, () => {
    if (message.do === 'search') return begin(message.ask, message)
    const value = answer(message)
    say({ say: 'answer', ask: message.ask, value }, blobsOf(value))
  })
})

function answer(question: Exclude<Question, { do: 'search' }>): unknown {
  switch (question.do) {
    case 'list':
      return list(store, question.question)
    case 'timeline':
      return timeline(store, question.session_id, question.buckets)
    case 'moment':
      return playback.moment(question.session_id, question.place)
    case 'stretch':
      return playback.stretch(question.session_id, question.position)
    case 'place':
      return playback.place(question.session_id, question.place)
    default:
      return assertNever(question)
  }
}

function begin(ask: number, { question }: Extract<Question, { do: 'search' }>): void {
  if (searches.length >= MOST_SEARCHES) throw new CodedError('history_busy', 'too many searches at once; try again')
  const start = performance.now()
  const isOver = (found: number) => performance.now() - start > (found > 0 ? FIRST_MS : SEARCH_MS)
  searches.push({ ask, steps: search(store, question, isOver) })
  schedule()
}

function schedule(): void {
  if (scheduled || searches.length === 0) return
  scheduled = true
  setImmediate(turn)
}

function turn(): void {
  scheduled = false
  const one = searches.shift()
  if (!one) return
  attempt(one.ask, () => {
    const until = performance.now() + TURN_MS
    do {
      const step = one.steps.next()
      if (step.done) return say({ say: 'answer', ask: one.ask, value: step.value })
    } while (performance.now() < until)
    searches.push(one)
  })
  schedule()
}

function cancel(ask: number): void {
  const index = searches.findIndex(one => one.ask === ask)
  if (index < 0) return
  const [one] = searches.splice(index, 1)
  one!.steps.return(undefined)
  say({ say: 'refusal', ask, code: 'cancelled', message: 'the search was cancelled' })
}

function attempt(ask: number, work: () => void): void {
  try {
    work()
  } catch (error) {
    const { code, message } = storeFault(error)
    say({ say: 'refusal', ask, code, message })
  }
}

/** Blobs are given away, not copied. */
function blobsOf(value: unknown): Transferable[] {
  const { keyframe, timing, output } = (value ?? {}) as Partial<MomentAnswer> &
    Partial<Extract<StretchAnswer, { kind: 'output' }>>
  return [keyframe?.blob, timing?.blob, output?.blob].flatMap(blob =>
    blob && blob.byteLength > 0 && blob.byteLength === blob.buffer.byteLength ? [blob.buffer as ArrayBuffer] : [],
  )
}
