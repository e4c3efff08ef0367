// otg watch: prints a line whenever a session begins, ends, or its program does or asks something else.
import type { SessionInfo } from '../../../protocol/messages.ts'
import { activityOf } from '../command/activity-text.ts'
import type { Command, Context } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { exitCodeOfSignal, OK } from '../command/exit-codes.ts'
import { findSession, shortId } from '../command/session-ids.ts'
import { printable } from '../command/text-layout.ts'
import { watchSessions } from '../command/watch-sessions.ts'

type Event = 'present' | 'began' | 'changed' | 'ended'

/** More than this unread by a slow reader: what changes meanwhile is printed as one change when it has read. */
const UNREAD_BYTES = 256 * 1024

export const watch: Command = (context, parsed) =>
  withHost(context, async client => {
    const { operands } = parsed
    const all = operands.length > 0 ? await client.list() : []
    const only = new Set(operands.map(id => findSession(id, all).session_id))
    let allEnded = () => {}
    const over = new Promise<number>(resolve => {
      allEnded = () => resolve(OK)
    })
    const printer = new ChangePrinter(context, only, allEnded)
    const interrupted = new Promise<number>(resolve => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(exitCodeOfSignal(signal)))
    })
    const stopped = watchSessions<number>(client, {
      changed: sessions => {
        printer.show(sessions)
        return undefined
      },
    })
    return Promise.race([over, interrupted, stopped])
  })

/** What the printer needs to know of standard output. */
interface Reader {
  readonly writableLength: number
  once(event: 'drain', listener: () => void): unknown
}

export class ChangePrinter {
  readonly #context: Pick<Context, 'json' | 'output'>
  readonly #only: ReadonlySet<string>
  readonly #allEnded: () => void
  readonly #reader: Reader
  /** What was printed of each running session. */
  #printed: Map<string, string> | undefined
  /** The list that waits for a slow reader. */
  #pending: SessionInfo[] | undefined

  /** `only`: the sessions to print, none for all; `allEnded` is called when all of these have ended. */
  constructor(
    context: Pick<Context, 'json' | 'output'>,
    only: ReadonlySet<string>,
    allEnded: () => void,
    reader: Reader = process.stdout,
  ) {
    this.#context = context
    this.#only = only
    this.#allEnded = allEnded
    this.#reader = reader
  }

  show(sessions: SessionInfo[]): void {
    if (this.#reader.writableLength > UNREAD_BYTES) {
      if (!this.#pending) this.#reader.once('drain', () => this.show(this.#pending!))
      this.#pending = sessions
      return
    }
    this.#pending = undefined
    const isFirst = !this.#printed
    const printed = this.#printed ?? new Map<string, string>()
    this.#printed = printed
    const shown = sessions.filter(({ session_id }) => this.#only.size === 0 || this.#only.has(session_id))
    for (const session of shown) {
      const { session_id } = session
      const before = printed.get(session_id)
      if (session.state !== 'running') {
        if (printed.delete(session_id) || (isFirst && this.#only.size > 0)) this.#print('ended', session, sessions)
        continue
      }
      const now = JSON.stringify([activityOf(session), session.activity?.question?.question_id ?? null])
      if (now === before) continue
      printed.set(session_id, now)
      this.#print(before !== undefined ? 'changed' : isFirst ? 'present' : 'began', session, sessions)
    }
    // A session that ended and was deleted at once.
    for (const id of printed.keys()) if (!sessions.some(({ session_id }) => session_id === id)) printed.delete(id)
    if (this.#only.size > 0 && printed.size === 0) this.#allEnded()
  }

  #print(event: Event, session: SessionInfo, all: SessionInfo[]): void {
    const { json, output } = this.#context
    const { session_id, title } = session
    const state = activityOf(session)
    const question = session.state === 'running' ? (session.activity?.question ?? null) : null
    const at = Date.now()
    if (json) return output.json({ at, event, session_id, state, question, title })
    const id = shortId(
      session_id,
      all.map(one => one.session_id),
    )
    const text = question ? `${title}: ${question.text}` : title
    const clock = new Date(at).toTimeString().slice(0, 8)
    output.line(
      `${clock}  ${id}  ${(state ?? (event === 'began' ? 'began' : 'running')).padEnd(7)}  ${printable(text)}`,
    )
  }
}
