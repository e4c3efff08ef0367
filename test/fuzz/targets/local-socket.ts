// Case 141: everything that a program of this computer's user can send to the local socket: lengths and frames that are none, and every
// message, from a terminal outside the sessions and from a program in a session. That program asks
// for permissions that no person gives: whatever it sends, and in whatever order, it gets nothing of what they protect.
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { PERMISSIONS, PROGRAMS, type RequestType } from '../../../main/host/access/permissions.ts'
import { connectLocal, streamTransport } from '../../../main/host/listen/stream-transport.ts'
import { jsonFrames } from '../../../protocol/frames.ts'
import { FRAME_BYTES } from '../../../protocol/limits.ts'
import { type HostMessage, parseHostMessage } from '../../../protocol/messages.ts'
import { testProgram } from '../../support/built.ts'
import { until } from '../../support/host.ts'
import { type Context, SAMPLES } from '../../support/network/message-samples.ts'
import { FuzzHost, inTime } from '../fuzz-host.ts'
import { changed, type Edit, edited, editsWith } from '../mutate.ts'
import { framesOf, HELLO, Heard, PING, type Step, steps, untilTrue } from '../requests.ts'
import type { FuzzTarget } from '../target.ts'

type Peer =
  /** Outside the sessions. `edits` change the bytes of the stream, `piece`: write this many bytes at once; 0: all. */
  | { from: 'outside'; hello: boolean; steps: Step[]; edits: Edit[]; piece: number }
  /** In a session, and about another one. */
  | { from: 'session'; steps: Step[] }

const TYPES = (Object.keys(PERMISSIONS) as RequestType[]).filter(type => type !== 'revoke_device')

/** Addresses, ports and certificates of the host stay as they are. */
const HARMLESS = TYPES.filter(type => type !== 'change_settings')

/** Lengths of frames that end nowhere, or are too long. */
const LENGTHS = ['\0\0\0\0', '\xff\xff\xff\xff', '\0\0\0\x01', '\0\0\xff\xee', '\0\x01\0\0', '\x7f\xff\xff\xff']

const peer: fc.Arbitrary<Peer> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      from: fc.constant('outside' as const),
      hello: fc.constantFrom(true, true, true, false),
      steps: fc.array(steps(HARMLESS), { maxLength: 15 }),
      edits: fc.oneof(fc.constant<Edit[]>([]), editsWith(...LENGTHS)),
      piece: fc.constantFrom(0, 0, 1, 3, 4096),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      from: fc.constant('session' as const),
      steps: fc.array(steps(TYPES), { minLength: 1, maxLength: 15 }),
    }),
  },
)

class LocalSocket {
  readonly #host = new FuzzHost()
  #relay = ''
  #asking = ''
  #peers = 0
  #refused = 0

  async start(): Promise<void> {
    await this.#host.start()
    await this.#startRelay()
    const each: Step[] = HARMLESS.map(type => ({ type, changes: [], edits: [] }))
    await this.run([{ from: 'outside', hello: true, steps: each, edits: [], piece: 0 }])
    await this.#host.settle()
  }

  async run(peers: Peer[]): Promise<void> {
    const context = await this.#host.context([this.#asking])
    const before = await this.#victim(context)
    const isOutside = peers.some(({ from }) => from === 'outside')
    await Promise.all(
      peers.map(one => (one.from === 'session' ? this.#inside(one, context) : this.#outside(one, context))),
    )
    await this.#host.check()
    // A person's own clients may change everything.
    if (!isOutside) {
      const after = await this.#victim(context)
      if (after !== before) throw new Error(`a program in a session changed another one: ${before}, then ${after}`)
    }
    await until(async () => !(await this.#isAsked()), 'the question of a program that is gone to end')
  }

  async finish(): Promise<string> {
    return `${this.#peers} connections, ${this.#refused} requests refused; ${await this.#host.finish([this.#asking])}`
  }

  async #startRelay(): Promise<void> {
    const { desktop, socket, folder } = this.#host
    this.#relay = join(folder, 'relay.sock')
    const program = testProgram('support/local-relay-process.ts')
    const command = [process.execPath, program, socket, this.#relay]
    this.#asking = (await desktop.create({ command })).session_id
    await until(async () => (await desktop.screen(this.#asking)).lines.join().includes('listening'), 'the relay')
  }

  async #isAsked(): Promise<boolean> {
    const asking = (await this.#host.desktop.list()).find(one => one.session_id === this.#asking)
    return asking?.activity?.evidence === 'request'
  }

  /** What a program without a permission must leave as it is. */
  async #victim({ session_id, ended }: Context): Promise<string> {
    const { desktop } = this.#host
    const session = (await desktop.list()).find(one => one.session_id === session_id)
    const { values } = await desktop.settings()
    const { lines } = await desktop.screen(session_id)
    const { sessions } = await desktop.history.sessions({ limit: 500 })
    return JSON.stringify([
      ...[session?.state, session?.title, session?.cols, session?.clients, session?.notify, session?.may_control],
      ...[lines.join('').trim(), values, sessions.some(one => one.session_id === ended)],
    ])
  }

  async #outside({ hello, steps, edits, piece }: Extract<Peer, { from: 'outside' }>, context: Context) {
    this.#peers++
    const socket = connect(this.#host.socket)
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()))
    socket.on('error', () => {})
    const heard = new Heard(parseHostMessage)
    const transport = streamTransport(socket)
    transport.start({ frame: bytes => heard.frame(bytes), close: ({ code, reason }) => heard.error(code, reason) })
    const frames = [...(hello ? HELLO : []), ...steps.flatMap(step => framesOf(step, context))]
    write(socket, edited(Buffer.concat(frames.map(framed)), edits), piece)
    socket.end()
    await inTime(closed, 'the end of a connection')
    if (heard.fault) throw new Error(heard.fault)
  }

  async #inside({ steps }: Extract<Peer, { from: 'session' }>, context: Context): Promise<void> {
    this.#peers++
    const transport = await connectLocal(this.#relay)
    const heard = new Heard(parseHostMessage)
    let closed = false
    transport.start({
      frame: bytes => heard.frame(bytes),
      close: () => {
        closed = true
      },
    })
    for (const frame of HELLO) transport.send(frame)
    await until(() => closed || heard.messages.some(({ type }) => type === 'welcome'), 'the welcome')
    /** What was asked for by each request, as it was sent. */
    const asked = new Map<number, { type: RequestType; session_id: unknown }>()
    for (const [at, step] of steps.entries()) {
      if (!('type' in step)) {
        for (const frame of framesOf(step, context)) if (frame.length <= FRAME_BYTES) transport.send(frame)
        continue
      }
      const message = changed(SAMPLES[step.type].message(context), step.changes)
      if (typeof message === 'object' && message !== null && 'request_id' in message) {
        const request_id = 1_000 + at
        message.request_id = request_id
        const { type, session_id } = message as unknown as { type: RequestType; session_id?: unknown }
        asked.set(request_id, { type, session_id })
      }
      for (const frame of jsonFrames(message)) transport.send(frame)
    }
    for (const frame of jsonFrames({ type: 'ping', request_id: PING })) transport.send(frame)
    const isOver = () => closed || heard.messages.some(one => one.type === 'pong' && one.request_id === PING)
    await inTime(untilTrue(isOver), 'the answer to a ping')
    transport.close({ code: 'client_closed', reason: 'the steps are over' })
    if (heard.fault) throw new Error(heard.fault)
    for (const message of heard.messages) this.#checkAnswer(message, asked, context)
  }

  #checkAnswer(message: HostMessage, asked: Map<number, { type: RequestType; session_id: unknown }>, context: Context) {
    const request =
      'request_id' in message && message.request_id !== undefined ? asked.get(message.request_id) : undefined
    if (!request) return
    if (message.type === 'error' || message.type === 'awaiting_grant') {
      this.#refused++
      return
    }
    const rule = PROGRAMS[request.type]
    const isForeign = request.session_id === context.session_id || request.session_id === context.ended
    if (rule === 'free' || ((rule === 'own' || rule === 'self') && request.session_id !== undefined && !isForeign))
      return
    throw new Error(
      `a program in a session was answered ${message.type} to ${request.type} about ${request.session_id}`,
    )
  }
}

function framed(frame: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(frame.length)
  return Buffer.concat([length, frame])
}

function write(socket: Socket, bytes: Buffer, piece: number): void {
  let at = 0
  for (let n = 0; piece > 0 && n < 200 && at < bytes.length; n++, at += piece)
    socket.write(bytes.subarray(at, at + piece))
  if (at < bytes.length) socket.write(bytes.subarray(at))
}

const target: FuzzTarget<Peer[]> = {
  inputs: fc.array(peer, { minLength: 1, maxLength: 5 }),
  start: async () => {
    const local = new LocalSocket()
    await local.start()
    return { run: input => local.run(input), finish: () => local.finish() }
  },
}
export default target
