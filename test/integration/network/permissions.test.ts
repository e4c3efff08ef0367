// Every message and every frame, from every kind of client, over real connections: what the permission table refuses is refused
// with a code and changes nothing; what it allows is not refused. SAMPLES does not compile without a sample of each message.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PERMISSIONS, type Requester, type RequestType } from '../../../main/host/access/permissions.ts'
import type { Host } from '../../../main/host/host.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import {
  ackFrame,
  blobFrames,
  chunkFrames,
  coverFrame,
  type Frame,
  FrameReader,
  inputFrames,
  jsonFrames,
  outputFrame,
} from '../../../protocol/frames.ts'
import { ClientMessage, type HostMessage, type HostMessageOf, VERSIONS } from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'
import {
  approvingDesktop,
  bytesOf,
  cleanUp,
  connectWebSocket,
  newPhone,
  onCleanUp,
  sharedHost,
  until,
} from '../../support/host.ts'
import { type Context, request_id, SAMPLES, type Seen } from '../../support/network/message-samples.ts'
import { openReturnChannel, type PhoneIdentity } from '../../support/pairing.ts'

const REQUESTERS: Requester[] = ['local', 'device', 'read_only_device']

const TYPES = Object.keys(PERMISSIONS) as RequestType[]

/** The codes that say no to a kind of client, whatever it asks for. */
const REFUSALS = ['forbidden', 'device_read_only', 'read_only', 'grant_needed']

const getHost = sharedHost(() => ({ shell: ['/bin/sh'] }))
let host: Host
let desk: LocalClient
const phones: Partial<Record<Requester, PhoneIdentity>> = {}

beforeAll(async () => {
  host = getHost()
  desk = await approvingDesktop(host)
  phones.device = await newPhone(host, 'writes')
  phones.read_only_device = await newPhone(host, 'looks')
  const { devices } = await desk.devices()
  await desk.updateDevice(devices.find(({ name }) => name === 'looks')!.device_id, { read_only: true })
})
afterAll(cleanUp)

interface Peer {
  transport: Transport
  heard: HostMessage[]
  closed: string | undefined
  say(message: ClientMessage): void
  answerTo(request_id: number): Promise<HostMessage>
}

async function connect(requester: Requester): Promise<Peer> {
  const transport =
    requester === 'local'
      ? await connectLocal(join(host.dataDir, 'otg.sock'))
      : openReturnChannel(phones[requester]!, await connectWebSocket(host))
  onCleanUp(() => transport.close({ code: 'client_closed', reason: 'the test is over' }))
  const heard: HostMessage[] = []
  const reader = new FrameReader()
  const peer: Peer = {
    transport,
    heard,
    closed: undefined,
    say: message => {
      for (const frame of jsonFrames(message)) transport.send(frame)
    },
    answerTo: async request_id => {
      const answer = () =>
        heard.find(one => 'request_id' in one && one.request_id === request_id && one.type !== 'progress')
      await until(() => peer.closed !== undefined || answer(), `an answer to request ${request_id}`)
      return answer()!
    },
  }
  transport.start({
    frame: bytes => {
      const frame = reader.read(bytes)
      if (frame?.kind === 'json') heard.push(frame.value as HostMessage)
    },
    close: ({ code }) => {
      peer.closed = code
    },
  })
  peer.say({ type: 'hello', versions: VERSIONS, client: { kind: 'script', name: requester } })
  await until(() => heard[0]?.type === 'welcome', 'the welcome')
  return peer
}

async function setUp(requester: Requester): Promise<{ peer: Peer; context: Context }> {
  const peer = await connect(requester)
  const script = "stty raw -echo; echo ready; printf '\\a'; exec cat"
  const { session_id } = await desk.create({ command: ['sh', '-c', script] })
  onCleanUp(() => desk.kill(session_id).catch(() => {})) // it may be gone
  const { session_id: ended } = await desk.create({ command: ['true'] })
  const about = async (id: string) => (await desk.list()).find(one => one.session_id === id)
  await until(async () => (await about(session_id))?.attention && (await about(ended))?.state === 'exited')
  const { mark_id } = await desk.history.mark(session_id, { at: 0 }, 'first')
  // A device that only looks leaves the attention as it is; others say that no person is there.
  peer.say({
    type: 'attach',
    request_id: 1,
    session_id,
    have: null,
    input_stream: `stream ${session_id}`,
    present: false,
  })
  const attached = (await peer.answerTo(1)) as HostMessageOf<'session'>
  expect(attached.type).toBe('session')
  const spare = await spareDevice()
  return { peer, context: { session_id, handle: attached.handle, ended, device_id: spare.device_id, mark_id } }
}

/** A device besides the clients'; the one that is left over, or a new one. */
async function spareDevice() {
  const find = async () => (await desk.devices()).devices.find(({ name }) => !['writes', 'looks'].includes(name))
  const spare = await find()
  if (spare) return spare
  await newPhone(host, 'spare')
  return (await find())!
}

async function look({ session_id, device_id }: Context): Promise<Seen> {
  const sessions = await desk.list()
  const session = sessions.find(one => one.session_id === session_id)!
  const { devices } = await desk.devices()
  const { values, secrets } = await desk.settings()
  return {
    title: session.title,
    state: session.state,
    size: `${session.cols}x${session.rows}`,
    screen: (await desk.screen(session_id)).lines.join('\n').trim(),
    attached: session.clients,
    attention: JSON.stringify(session.attention),
    notify: session.notify ?? 'default',
    control: String(session.may_control),
    activity: JSON.stringify(session.activity),
    marks: JSON.stringify((await desk.history.timeline(session_id, 1)).marks),
    recorded: (await desk.history.sessions({ limit: 500 })).sessions.length,
    devices: JSON.stringify(
      devices.filter(one => one.device_id === device_id).map(({ name, read_only }) => [name, read_only]),
    ),
    pushes: devices.filter(({ notified }) => notified).length,
    settings: JSON.stringify([values, secrets]),
    uploads: JSON.stringify(filesIn(join(host.dataDir, 'uploads'))),
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true }).map(String).sort()
  } catch {
    return [] // nothing was uploaded yet
  }
}

it('case 101: there is a sample of every message that a client can send', () => {
  const types = ClientMessage.def.options.map(({ shape }) => [...shape.type.def.values][0])
  expect(types.filter(type => type !== 'hello').sort()).toEqual([...TYPES].sort())
  expect(Object.keys(SAMPLES).sort()).toEqual([...TYPES].sort())
})

describe.each(REQUESTERS)('case 101: of a client that is a %s', requester => {
  it.each(TYPES.filter(type => !PERMISSIONS[type].includes(requester)))(
    '%s is refused, and changes nothing',
    async type => {
      const { peer, context } = await setUp(requester)
      const before = await look(context)
      const message = SAMPLES[type].message(context)
      peer.say(message)
      peer.say({ type: 'ping', request_id: 2 })
      await peer.answerTo(2)
      const about = 'request_id' in message ? { request_id } : 'handle' in message ? { handle: message.handle } : {}
      const isForDevices = PERMISSIONS[type].includes('device')
      const code = requester === 'read_only_device' && isForDevices ? 'device_read_only' : 'forbidden'
      expect(peer.heard).toContainEqual(expect.objectContaining({ type: 'error', code, ...about }))
      expect(await look(context)).toEqual(before)
      expect(peer.closed).toBeUndefined()
      peer.transport.close({ code: 'client_closed', reason: '' })
    },
  )

  it.each(TYPES.filter(type => PERMISSIONS[type].includes(requester)))('%s is not refused', async type => {
    const { peer, context } = await setUp(requester)
    const before = await look(context)
    const { message: make, changes } = SAMPLES[type]
    const message = make(context)
    peer.say(message)
    peer.say({ type: 'ping', request_id: 2 })
    await peer.answerTo(2)
    if ('request_id' in message && message.request_id === request_id) await peer.answerTo(request_id)
    const codes = peer.heard.flatMap(one => (one.type === 'error' ? one.code : []))
    expect(codes.filter(code => REFUSALS.includes(code))).toEqual([])
    // Shows that the desktop sees what the refused ones might change.
    if (changes) await until(async () => (await look(context))[changes] !== before[changes], `another ${changes}`)
    peer.transport.close({ code: 'client_closed', reason: '' })
  })
})

/** Frames that are not messages. `refused`: by which clients, and how. */
const FRAMES: { [K in Exclude<Frame['kind'], 'json'>]: (context: Context) => Uint8Array[] } = {
  input: ({ handle }) => inputFrames(handle, 1, bytesOf('typed')),
  ack: ({ handle }) => [ackFrame(handle, 0)],
  cover: ({ handle }) => [coverFrame(handle)],
  chunk: () => chunkFrames(request_id, bytesOf('file')),
  output: ({ handle }) => [
    outputFrame({ handle, offset: 0, size: 1, bytes: bytesOf('x'), compressed: false, is_prompt: false }),
  ],
  blob: ({ handle }) => blobFrames(handle, bytesOf('x')),
}
const KINDS = Object.keys(FRAMES) as (keyof typeof FRAMES)[]

describe.each(REQUESTERS)('case 101: frames of a client that is a %s', requester => {
  const mayType = PERMISSIONS.resize.includes(requester)
  const send = async (kind: keyof typeof FRAMES, { peer, context }: Awaited<ReturnType<typeof setUp>>) => {
    for (const frame of FRAMES[kind](context)) peer.transport.send(frame)
    peer.say({ type: 'ping', request_id: 2 })
    await peer.answerTo(2)
  }
  const errors = ({ heard }: Peer) => heard.flatMap(one => (one.type === 'error' ? one.code : []))

  it.each(KINDS.filter(kind => kind !== 'input' && kind !== 'ack'))(
    '%s that nothing asked for closes the connection, and changes nothing',
    async kind => {
      const started = await setUp(requester)
      const before = await look(started.context)
      await send(kind, started)
      expect(errors(started.peer)).toEqual(['bad_frame'])
      await until(() => started.peer.closed !== undefined)
      expect(await look(started.context)).toEqual({ ...before, attached: before.attached - 1 })
    },
  )

  it('ack is not refused', async () => {
    const started = await setUp(requester)
    await send('ack', started)
    expect(errors(started.peer)).toEqual([])
  })

  it(mayType ? 'input is typed' : 'input is refused, and types nothing', async () => {
    const started = await setUp(requester)
    const before = await look(started.context)
    await send('input', started)
    if (mayType) {
      await until(async () => (await look(started.context)).screen.includes('typed'))
      return expect(errors(started.peer)).toEqual([])
    }
    expect(errors(started.peer)).toEqual(['read_only'])
    // What the desktop types arrives after anything that was let through.
    const typist = desk.attach(
      started.context.session_id,
      { write: (_, done) => done(), resize() {}, reset() {} },
      { window: 0 },
    )
    typist.type(bytesOf('#'))
    await until(async () => (await look(started.context)).screen.includes('#'))
    desk.detach(typist)
    expect((await look(started.context)).screen.replace(/\s/g, '')).toBe(`${before.screen}#`)
  })

  it('chunk belongs to an upload that was allowed', async () => {
    const started = await setUp(requester)
    const { peer, context } = started
    const before = await look(context)
    peer.say({ type: 'upload', request_id, session_id: context.session_id, name: 'name', size: 4 })
    if (!PERMISSIONS.upload.includes(requester)) {
      await send('chunk', started)
      expect(errors(peer)).toEqual(['device_read_only', 'bad_frame'])
      return expect((await look(context)).uploads).toBe(before.uploads)
    }
    await until(() => peer.heard.some(({ type }) => type === 'progress'))
    await send('chunk', started)
    expect((await peer.answerTo(request_id)).type).toBe('uploaded')
    expect((await look(context)).uploads).not.toBe(before.uploads)
  })

  it('a second hello is refused', async () => {
    const { peer } = await setUp(requester)
    peer.say({ type: 'hello', versions: VERSIONS, client: { kind: 'phone', name: 'again' } })
    peer.say({ type: 'ping', request_id: 2 })
    await peer.answerTo(2)
    expect(errors(peer)).toEqual(['bad_message'])
  })
})
