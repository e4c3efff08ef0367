// Case 140: everything that a paired phone can send: every message and every frame, good and changed, in any order, over the real encrypted
// channel, from phones that may type and from those that may only look; and encrypted messages that were changed on their way. The
// host must answer each with a code of its own, go on serving the desktop, and keep nothing.
import fc from 'fast-check'
import { PERMISSIONS, type RequestType } from '../../../main/host/access/permissions.ts'
import { jsonFrames } from '../../../protocol/frames.ts'
import { parseSharedMessage } from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { until } from '../../support/host.ts'
import type { Context } from '../../support/network/message-samples.ts'
import { openReturnChannel, type PhoneIdentity } from '../../support/pairing.ts'
import { FuzzHost, inTime } from '../fuzz-host.ts'
import { edited } from '../mutate.ts'
import { framesOf, HELLO, Heard, PING, type Step, steps, untilTrue } from '../requests.ts'
import type { FuzzTarget } from '../target.ts'

interface Phone {
  who: 'writes' | 'looks'
  steps: Step[]
  /** It reads nothing until the end. */
  deaf: boolean
  /** At the end: waits until the host has answered everything, or leaves at once. */
  end: 'wait' | 'leave'
}

/** Several of each: what one device asks for is answered at the speed of its budget. */
const NAMES = { writes: ['w 1', 'w 2', 'w 3', 'w 4', 'w 5', 'w 6'], looks: ['l 1', 'l 2', 'l 3'] }

const TYPES = Object.keys(PERMISSIONS) as RequestType[]

const phone: fc.Arbitrary<Phone> = fc.record({
  who: fc.constantFrom('writes', 'writes', 'looks'),
  steps: fc.array(steps(TYPES), { minLength: 1, maxLength: 30, size: 'max' }),
  deaf: fc.constantFrom(false, false, false, true),
  end: fc.constantFrom('wait', 'wait', 'wait', 'leave'),
})

class Messages {
  readonly #host = new FuzzHost()
  readonly #phones: Record<string, PhoneIdentity> = {}
  #other = ''
  #turn = 0
  #steps = 0
  #answers = 0

  async start(): Promise<void> {
    await this.#host.start()
    for (const name of [...NAMES.writes, ...NAMES.looks, 'other']) this.#phones[name] = await this.#host.pair(name)
    const { devices } = await this.#host.desktop.devices()
    const id = (name: string) => devices.find(device => device.name === name)!.device_id
    for (const name of NAMES.looks) await this.#host.desktop.updateDevice(id(name), { read_only: true })
    this.#other = id('other')
    // What the host loads and opens at the first of everything stays open for a while.
    const each: Step[] = TYPES.map(type => ({ type, changes: [], edits: [] }))
    for (const who of ['writes', 'looks'] as const) await this.run([{ who, steps: each, deaf: false, end: 'wait' }])
    await this.#host.settle()
  }

  async run(phones: Phone[]): Promise<void> {
    const context = { ...(await this.#host.context()), device_id: this.#other }
    await Promise.all(phones.map(one => this.#play(one, context)))
    await this.#host.check()
  }

  async finish(): Promise<string> {
    return `${this.#steps} steps, ${this.#answers} messages received; ${await this.#host.finish()}`
  }

  async #play({ who, steps, deaf, end }: Phone, context: Context): Promise<void> {
    const identity = this.#phones[NAMES[who][this.#turn++ % NAMES[who].length]!]!
    const socket = await this.#host.webSocket(identity.hostKey)
    /** Of the next encrypted message. */
    let below: Step['below']
    const changing: Transport = {
      ...socket,
      start: handlers => socket.start(handlers),
      get buffered() {
        return socket.buffered
      },
      send: frame => {
        socket.send(below ? new Uint8Array(edited(frame, below)) : frame)
        below = undefined
      },
    }
    const channel = openReturnChannel(identity, changing)
    const heard = new Heard(parseSharedMessage)
    let closed: string | undefined
    channel.start({
      frame: bytes => heard.frame(bytes),
      close: ({ code, reason }) => {
        closed = code
        heard.error(code, reason)
      },
    })
    const send = (frames: Uint8Array[]) => {
      for (const frame of frames) channel.send(frame)
    }
    send(HELLO)
    const has = (type: string) => () => closed !== undefined || heard.messages.some(one => one.type === type)
    // Another phone may have ended the session already.
    const isAnswered = () => has('session')() || has('error')()
    await until(has('welcome'), 'the welcome')
    const { session_id } = context
    send(jsonFrames({ type: 'attach', request_id: 1, session_id, have: null, input_stream: 'first', present: false }))
    await until(isAnswered, 'the attachment')
    if (deaf) socket.pause?.()
    for (const step of steps) {
      if (closed !== undefined) break
      this.#steps++
      below = step.below
      // What is longer than a frame may be never leaves a channel.
      send(framesOf(step, context).filter(frame => frame.length > 0))
      // The first steps arrive together, the others one after the other.
      if (this.#steps % 3 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    if (deaf) socket.resume?.()
    send(jsonFrames({ type: 'ping', request_id: PING }))
    const answered = () => heard.messages.some(one => one.type === 'pong' && one.request_id === PING)
    if (end === 'wait')
      await inTime(
        untilTrue(() => closed !== undefined || answered()),
        'the answer to a ping',
      )
    channel.close({ code: 'client_closed', reason: 'the steps are over' })
    this.#answers += heard.messages.length
    if (heard.fault) throw new Error(heard.fault)
  }
}

const target: FuzzTarget<Phone[]> = {
  inputs: fc.array(phone, { minLength: 1, maxLength: 5 }),
  start: async () => {
    const messages = new Messages()
    await messages.start()
    return { run: input => messages.run(input), finish: () => messages.finish() }
  },
}
export default target
