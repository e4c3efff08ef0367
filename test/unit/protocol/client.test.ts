import { afterEach, describe, expect, it, vi } from 'vitest'
import { type ClientOptions, HostClient } from '../../../protocol/client/client.ts'
import type { ClientAttachment } from '../../../protocol/client/client-attachment.ts'
import type { ClientState } from '../../../protocol/client/connection.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { blobFrames, type Frame, FrameReader, jsonFrames, outputFrame } from '../../../protocol/frames.ts'
import type { ClientMessage, HostMessage } from '../../../protocol/messages.ts'
import { type Transport, transportPair } from '../../../protocol/transport.ts'

/** A host that sends what a test wants, faults included. */
class Puppet {
  transports: Transport[] = []
  received: ClientMessage[] = []
  welcome = true
  reachable = true

  connect = async (): Promise<Transport> => {
    if (!this.reachable) throw new CodedError('unreachable', 'no network')
    const [ours, theirs] = transportPair()
    const reader = new FrameReader()
    theirs.start({
      frame: bytes => {
        const frame = reader.read(bytes) as Frame
        if (frame.kind !== 'json') return
        const message = frame.value as ClientMessage
        this.received.push(message)
        if (message.type === 'hello' && this.welcome) this.send(WELCOME)
        if (message.type === 'ping') this.send({ type: 'pong', request_id: message.request_id })
      },
      close: () => {},
    })
    this.transports.push(theirs)
    return ours
  }

  send(message: HostMessage): void {
    for (const frame of jsonFrames(message)) this.transports.at(-1)!.send(frame)
  }

  hangUp(): void {
    this.transports.at(-1)!.close({ code: 'connection_lost', reason: 'gone' })
  }
}

const WELCOME: HostMessage = {
  type: 'welcome',
  version: 1,
  role: 'device',
  host: { name: 'puppet', pid: 1, version: '0', platform: 'linux', shell: 'sh' },
  read_only: false,
  pace_ms: null,
}

const clients: HostClient[] = []
function clientOf(puppet: Puppet, options: Partial<ClientOptions> = {}): HostClient {
  const client = new HostClient({
    connect: puppet.connect,
    client: { kind: 'script', name: 'test' },
    reconnect: { first: 10, max: 20, give_up: 1_000 },
    ...options,
  })
  clients.push(client)
  return client
}

/** Advances time, and runs everything that is due. */
const passing = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

afterEach(() => {
  for (const client of clients.splice(0)) client.close()
  vi.useRealTimers()
})

describe('a client', () => {
  it('reconnects by itself, and gives up after a bounded time', async () => {
    vi.useFakeTimers()
    const puppet = new Puppet()
    const client = clientOf(puppet)
    await client.connect()
    puppet.reachable = false
    puppet.hangUp()
    await passing(500)
    expect(['waiting', 'connecting']).toContain(client.state.name)
    await passing(2_000)
    expect(client.state.name).toBe('gave_up')
    puppet.reachable = true
    client.retry()
    await passing(1)
    expect(client.state.name).toBe('ready')
  })

  it.each(['device_revoked', 'pairing_refused', 'pairing_spent', 'too_many_devices', 'forbidden'] as const)(
    'believes %s in a message of the host, but not as the reason of a closed socket',
    async code => {
      vi.useFakeTimers()
      const puppet = new Puppet()
      const client = clientOf(puppet)
      await client.connect()
      puppet.transports.at(-1)!.close({ code, reason: 'from anyone' })
      await passing(0)
      expect(client.state).toMatchObject({ name: 'waiting', error: { code: 'connection_lost' } })
      await passing(50)
      expect(client.state.name).toBe('ready')
      puppet.send({ type: 'error', code, message: 'from the host' })
      await passing(0)
      expect(client.state).toMatchObject({ name: 'closed', error: { code } })
    },
  )

  it('ends when it is rejected before there is a channel', async () => {
    const puppet = new Puppet()
    puppet.welcome = false
    const client = clientOf(puppet)
    const connected = client.connect()
    await vi.waitFor(() => expect(puppet.received).toHaveLength(1))
    puppet.transports.at(-1)!.close({ code: 'channel_refused', reason: '' })
    await expect(connected).rejects.toMatchObject({ code: 'channel_refused' })
  })

  it('stays closed when a listener closes it', async () => {
    vi.useFakeTimers()
    const puppet = new Puppet()
    const client = clientOf(puppet)
    client.on('state', state => state.name === 'waiting' && client.close())
    await client.connect()
    puppet.hangUp()
    await passing(500)
    expect(client.state.name).toBe('closed')
    expect(puppet.transports).toHaveLength(1)
  })

  it('opens one channel, not two, when a listener retries', async () => {
    vi.useFakeTimers()
    const puppet = new Puppet()
    const client = clientOf(puppet)
    client.on('state', state => state.name === 'waiting' && client.retry())
    await client.connect()
    puppet.hangUp()
    await passing(500)
    expect(client.state.name).toBe('ready')
    expect(puppet.transports).toHaveLength(2)
  })

  it('abandons an open but dead channel when it is probed', async () => {
    vi.useFakeTimers()
    const puppet = new Puppet()
    const client = clientOf(puppet)
    await client.connect()
    const send = puppet.send.bind(puppet)
    puppet.send = () => {} // nothing arrives from now on, not even a close
    client.probe()
    puppet.send = message => message.type === 'welcome' && send(message)
    await passing(1_100)
    expect(puppet.transports).toHaveLength(2)
    expect(client.state.name).toBe('ready')
  })

  it('abandons a dead channel soon after a person uses the page, and leaves a slow one', async () => {
    vi.useFakeTimers()
    const puppet = new Puppet()
    const client = clientOf(puppet)
    await client.connect()
    const send = puppet.send.bind(puppet)
    const answers: Parameters<typeof send>[0][] = []
    puppet.send = message => answers.push(message)
    // Something has just arrived.
    client.used()
    await passing(2_900)
    expect(answers).toEqual([])
    await passing(200)
    client.used()
    client.used()
    await passing(1_500)
    expect(answers.map(({ type }) => type)).toEqual(['pong'])
    for (const answer of answers.splice(0)) send(answer)
    await passing(4_000)
    expect(puppet.transports).toHaveLength(1)
    client.used()
    puppet.send = message => message.type === 'welcome' && send(message)
    await passing(2_100)
    expect(puppet.transports).toHaveLength(2)
    expect(client.state.name).toBe('ready')
  })

  it('waits longer each time when the host closes right after its welcome', async () => {
    vi.useFakeTimers()
    const puppet = new Puppet()
    const client = clientOf(puppet, { reconnect: { first: 100, max: 10_000, give_up: 1e9 } })
    client.on('state', state => state.name === 'ready' && puppet.hangUp())
    client.connect().catch(() => {})
    await passing(20_000)
    expect(puppet.transports.length).toBeLessThan(15)
  })

  it.each(['pairing_refused', 'device_revoked', 'version_unsupported'] as const)(
    'does not retry after %s',
    async code => {
      const puppet = new Puppet()
      puppet.welcome = false
      const client = clientOf(puppet)
      const failed = client.connect()
      await vi.waitFor(() => expect(puppet.received).toHaveLength(1))
      puppet.send({ type: 'error', code, message: 'no' })
      await expect(failed).rejects.toMatchObject({ code })
      expect(client.state).toMatchObject({ name: 'closed', from_host: true })
    },
  )

  it('does not attribute the reason of a closed socket to the host', async () => {
    const puppet = new Puppet()
    const client = clientOf(puppet)
    await client.connect()
    puppet.transports[0]!.close({ code: 'version_unsupported', reason: 'fetch another page' })
    await vi.waitFor(() => expect(client.state).toMatchObject({ name: 'closed', from_host: false }))
  })

  it('ignores unknown messages of a newer host', async () => {
    const puppet = new Puppet()
    const client = clientOf(puppet)
    await client.connect()
    for (const frame of jsonFrames({ type: 'horoscope', sign: 'ox' })) puppet.transports[0]!.send(frame)
    puppet.send({ type: 'error', code: 'bad_message', message: 'what?' })
    await new Promise(resolve => setImmediate(resolve))
    expect(client.state.name).toBe('ready')
  })
})

describe('an attachment', () => {
  const nothing = { write: (_: Uint8Array, done: () => void) => done(), resize: () => {}, reset: () => {} }

  async function attaching(
    options = {},
  ): Promise<{ puppet: Puppet; client: HostClient; attached: ClientAttachment; states: ClientState[] }> {
    const puppet = new Puppet()
    const client = clientOf(puppet)
    const states: ClientState[] = []
    await client.connect()
    client.on('state', state => states.push(state))
    const attached = client.attach('abc', nothing, options)
    await vi.waitFor(() => expect(puppet.received.at(-1)?.type).toBe('attach'))
    return { puppet, client, attached, states }
  }

  const attachRequest = (puppet: Puppet) => puppet.received.findLast(message => message.type === 'attach')!

  it.each(['spawn_failed', 'too_many_attachments', 'size_invalid', 'host_stopping', 'internal'])(
    'fails alone when it is rejected with %s, and the connection continues',
    async code => {
      const { puppet, client, attached, states } = await attaching({ ended: 'fail' })
      const failed = new Promise<CodedError>(resolve => attached.on('failed', resolve))
      puppet.send({ type: 'error', request_id: attachRequest(puppet).request_id, code, message: 'no' })
      expect((await failed).code).toBe(code)
      expect(states).toEqual([])
      expect(client.state.name).toBe('ready')
    },
  )

  it('sends the size that was set while the attach was in progress', async () => {
    const { puppet, attached } = await attaching({ size: { cols: 80, rows: 24 } })
    attached.resize(100, 30)
    puppet.send(sessionReply(attachRequest(puppet).request_id))
    await vi.waitFor(() => expect(puppet.received.at(-1)).toMatchObject({ type: 'resize', cols: 100, rows: 30 }))
  })

  it('attaches once after a drop', async () => {
    const { puppet } = await attaching()
    puppet.send(sessionReply(attachRequest(puppet).request_id))
    puppet.hangUp()
    await vi.waitFor(() => expect(puppet.received.filter(message => message.type === 'attach')).toHaveLength(2))
  })

  const frame = { handle: 7, offset: 0, size: 3, bytes: new Uint8Array(3), compressed: false, is_prompt: false }
  const keyframe = { type: 'keyframe', handle: 7, position: { offset: 0, n: 0 }, cols: 80, rows: 24 }
  it.each([
    ['bytes cannot be inflated', () => [outputFrame({ ...frame, compressed: true, size: 9 })]],
    ['output is missing', () => [outputFrame({ ...frame, offset: 100 })]],
    [
      'keyframe is larger than any',
      () => [
        ...jsonFrames({ ...keyframe, blob: { size: 1e9, checksum: 0, compressed: true } }),
        ...blobFrames(7, new Uint8Array(3)),
      ],
    ],
    ['blob was not announced', () => blobFrames(7, new Uint8Array(3))],
    [
      'blob has another size',
      () => [
        ...jsonFrames({ ...keyframe, blob: { size: 9, checksum: 0, compressed: false } }),
        ...blobFrames(7, new Uint8Array(3)),
      ],
    ],
    ['host gives up', () => jsonFrames({ type: 'error', handle: 7, code: 'attachment_failed', message: 'm' })],
  ])('case 94: fails alone and is detached when its %s', async (_what, frames) => {
    const { puppet, client, attached } = await attaching()
    puppet.send(sessionReply(attachRequest(puppet).request_id))
    const failed = new Promise<CodedError>(resolve => attached.on('failed', resolve))
    for (const bytes of frames()) puppet.transports[0]!.send(bytes)
    expect((await failed).code).toBe('attachment_failed')
    await vi.waitFor(() => expect(puppet.received.at(-1)).toEqual({ type: 'detach', handle: 7 }))
    expect(client.state.name).toBe('ready')
  })
})

function sessionReply(request_id: number): HostMessage {
  const session = {
    session_id: 'abc',
    title: 't',
    command: ['sh'],
    cwd: '/',
    state: 'running' as const,
    exit_code: null,
    signal: null,
    pid: 1,
    created_at: 0,
    ended_at: null,
    last_activity: 0,
    cols: 80,
    rows: 24,
    bytes: 0,
    clients: 1,
    idle: false,
    last_line: '',
    branch: '',
    activity: null,
    attention: null,
    viewers: [],
  }
  return {
    type: 'session',
    request_id,
    handle: 7,
    session_id: 'abc',
    session,
    resumed: false,
    read_only: false,
    input_seen: 0,
    cols: 80,
    rows: 24,
  }
}
