// What an unauthenticated peer can make a connection do.
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AdmissionHandlers } from '../../../main/host/access/authenticator.ts'
import type { DeviceAdmin } from '../../../main/host/access/device-admin.ts'
import { UNRESTRICTED } from '../../../main/host/access/local-clients.ts'
import { Budgets } from '../../../main/host/budget/device-budget.ts'
import { PacedTransport } from '../../../main/host/budget/paced-transport.ts'
import { Connection, HELLO_MS } from '../../../main/host/clients/connection.ts'
import type { HistoryUpkeep, NotificationAdmin } from '../../../main/host/clients/desktop-requests.ts'
import type { HealthRequestsOptions } from '../../../main/host/clients/health-requests.ts'
import type { HistoryService } from '../../../main/host/clients/history-service.ts'
import type { Logger } from '../../../main/host/log/logger.ts'
import type { Push } from '../../../main/host/push/push.ts'
import type { Sessions } from '../../../main/host/session/sessions.ts'
import type { SettingsStore } from '../../../main/host/settings/settings-store.ts'
import type { Uploads } from '../../../main/host/uploads/uploads.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { ackFrame, blobFrames, inputFrames, jsonFrames } from '../../../protocol/frames.ts'
import type { HostMessage } from '../../../protocol/messages.ts'
import { type CloseReason, Inbox } from '../../../protocol/transport.ts'
import { scaledRuns } from '../../support/repeat.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Throws on every use: an unauthenticated peer must not reach it. */
const untouchable = <T extends object>(what: string) =>
  new Proxy({} as T, {
    get: (_target, name) => {
      throw new Error(`${what}.${String(name)} was used`)
    },
  })

function setUp(decide: (verdict: AdmissionHandlers) => void = () => {}) {
  const inbox = new Inbox()
  const state = { buffered: 0, left: 0, closed: 0, sent: () => {}, unpack: 1, isPaused: false }
  const sent: HostMessage[] = []
  const names: string[] = []
  const errors: unknown[] = []
  let reason: CloseReason | undefined
  const deviceAdmin = { hide: () => {}, pairing: { shows: () => false } } as unknown as DeviceAdmin
  const log: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: what => errors.push(what),
    child: () => log,
  }
  const transport = new PacedTransport({
    start: handlers => inbox.start(handlers),
    send: frame => {
      sent.push(JSON.parse(new TextDecoder().decode(frame.subarray(2))))
      state.sent()
    },
    get buffered() {
      return state.buffered
    },
    pause: () => {
      state.isPaused = true
    },
    resume: () => {
      state.isPaused = false
    },
    close: why => {
      reason ??= why
      inbox.close(why)
    },
  })
  const connection = new Connection({
    // As the channel: a message may contain several frames.
    transport: {
      start: ({ frame, close }) =>
        transport.start({
          frame: bytes => {
            for (let n = state.unpack; n > 0; n--) frame(bytes)
          },
          close,
        }),
      send: frame => transport.send(frame),
      get buffered() {
        return transport.buffered
      },
      close: why => transport.close(why),
    },
    socket: transport,
    budgets: new Budgets(),
    role: 'device',
    access: UNRESTRICTED,
    sessions: untouchable<Sessions>('sessions'),
    history: untouchable<HistoryService>('history'),
    uploads: untouchable<Uploads>('uploads'),
    deviceAdmin,
    settings: untouchable<SettingsStore>('settings'),
    push: untouchable<Push>('push'),
    notifications: untouchable<NotificationAdmin>('notifications'),
    upkeep: untouchable<HistoryUpkeep>('upkeep'),
    health: untouchable<HealthRequestsOptions>('health'),
    admit: (name, verdict) => {
      names.push(name)
      decide(verdict)
      return () => state.left++
    },
    host: { name: 'h', pid: 1, version: '1', platform: 'linux', shell: '/bin/sh' },
    log,
    admitted: () => {},
    closed: () => state.closed++,
  })
  return { connection, inbox, sent, names, errors, state, code: () => reason?.code }
}

const hello = { type: 'hello', versions: [1], client: { kind: 'phone', name: 'x' } }
const frames = (message: unknown) => jsonFrames(message)[0]!
const device = { device_id: 'd', name: 'x', read_only: false } as Parameters<AdmissionHandlers['admitted']>[0]

describe('a peer that is not admitted yet', () => {
  const valid = (value: unknown) => {
    const { type, versions, client } = Object(value) as typeof hello
    return (
      type === 'hello' &&
      Array.isArray(versions) &&
      versions.length > 0 &&
      versions.length <= 16 &&
      versions.every(one => Number.isSafeInteger(one)) &&
      versions.includes(1) &&
      ['phone', 'desktop', 'cli', 'script'].includes(client?.kind) &&
      typeof client?.name === 'string' &&
      client.name.length <= 64
    )
  }
  const json = fc.oneof(
    fc.constant(hello),
    fc.record({
      type: fc.constantFrom('hello', 'list', 'create', 'show_pairing'),
      versions: fc.oneof(
        fc.constant([1]),
        fc.array(fc.oneof(fc.integer(), fc.double()), { maxLength: 20 }),
        fc.jsonValue(),
      ),
      client: fc.oneof(
        fc.record({ kind: fc.constantFrom('phone', 'root', 'cli'), name: fc.string({ maxLength: 80 }) }),
        fc.jsonValue(),
      ),
    }),
    fc.jsonValue(),
  )
  const input = fc.oneof(
    json.map(value => ({ frame: frames(value), value: JSON.parse(JSON.stringify(value)) as unknown })),
    fc
      .oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(10).map(handle => ackFrame(handle, 1)),
        fc.nat(10).map(handle => inputFrames(handle, 1, Uint8Array.of(1))[0]!),
        fc.nat(10).map(handle => blobFrames(handle, Uint8Array.of(1))[0]!),
        fc.integer({ min: 4090, max: 65_519 }).map(length => new Uint8Array(length)),
      )
      .map(frame => ({ frame, value: undefined })),
  )

  it('can send one hello; everything else closes the connection, reaches nothing and logs no error', () => {
    fc.assert(
      fc.property(fc.array(input, { minLength: 1, maxLength: 4 }), all => {
        const { inbox, names, sent, code, errors, state } = setUp()
        for (const { frame } of all) inbox.frame(frame)
        expect(names.length).toBe(valid(all[0]!.value) ? 1 : 0)
        // Waiting for the decision, or closed.
        if (all.length === 1 && names.length === 1) expect(code()).toBeUndefined()
        else {
          expect(['hello_expected', 'bad_frame', 'bad_message', 'version_unsupported']).toContain(code())
          expect(state).toMatchObject({ closed: 1, left: names.length })
          expect(sent).toHaveLength(1)
          inbox.frame(frames(hello))
        }
        expect(sent.every(({ type }) => type === 'error')).toBe(true)
        expect(names.length).toBeLessThanOrEqual(1)
        expect(errors).toEqual([])
        vi.clearAllTimers()
      }),
      scaledRuns(500),
    )
  })

  it('has five seconds for its hello', () => {
    const { code } = setUp()
    vi.advanceTimersByTime(HELLO_MS - 1)
    expect(code()).toBeUndefined()
    vi.advanceTimersByTime(1)
    expect(code()).toBe('hello_timeout')
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is neither admitted nor rejected once it has disconnected', () => {
    let verdict: AdmissionHandlers | undefined
    const { inbox, sent, state } = setUp(given => {
      verdict = given
      given.waiting(1_000)
    })
    inbox.frame(frames(hello))
    inbox.close({ code: 'connection_lost', reason: '' })
    expect(state.left).toBe(1)
    verdict!.admitted(device)
    verdict!.refused(new CodedError('pairing_refused', 'no'))
    expect(sent.map(({ type }) => type)).toEqual(['awaiting_approval'])
    expect(state).toMatchObject({ left: 1, closed: 1 })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('receives the error that the decision threw, and is disconnected', () => {
    const { inbox, code, sent } = setUp(() => {
      throw new CodedError('pairing_busy', 'three wait')
    })
    inbox.frame(frames(hello))
    expect(code()).toBe('pairing_busy')
    expect(sent).toEqual([expect.objectContaining({ type: 'error', code: 'pairing_busy' })])
  })
})

it('case 21: a connection that the host closed ignores everything that arrives later', () => {
  const { connection, inbox, sent, code } = setUp(verdict => verdict.admitted(device))
  inbox.frame(frames(hello))
  connection.close(new CodedError('device_revoked', 'revoked'))
  expect(code()).toBe('device_revoked')
  const before = sent.length
  for (const message of [
    { type: 'create', request_id: 1, spec: {} },
    { type: 'ping', request_id: 2 },
  ])
    inbox.frame(frames(message))
  expect(sent).toHaveLength(before)
})

it('case 37: a client that stops reading is closed at 64 MiB, without a message that would wait behind the rest', () => {
  const { inbox, sent, state, code } = setUp(verdict => verdict.admitted(device))
  inbox.frame(frames(hello))
  const ping = (request_id: number) => inbox.frame(frames({ type: 'ping', request_id }))
  const unread = (bytes: number) => {
    state.buffered = 0
    state.sent = () => {
      state.buffered = bytes
    }
  }
  unread(64 * 1024 * 1024)
  ping(1)
  expect(code()).toBeUndefined()
  unread(64 * 1024 * 1024 + 1)
  ping(2)
  expect(code()).toBe('stalled')
  ping(3)
  expect(sent.map(({ type }) => type)).toEqual(['welcome', 'pong', 'pong'])
  expect(state).toMatchObject({ left: 1, closed: 1 })
  vi.runOnlyPendingTimers()
  expect(vi.getTimerCount()).toBe(0)
})

it('case 97: takes turns with the frames of one message of the channel, too, and reads no more meanwhile', () => {
  const { inbox, sent, state } = setUp(verdict => verdict.admitted(device))
  inbox.frame(frames(hello))
  // A channel delivers all frames of a message at once, however many there are.
  const packed = 20_000
  state.unpack = packed
  inbox.frame(frames({ type: 'ping', request_id: 1 }))
  expect(sent.length).toBeGreaterThan(1)
  expect(sent.length).toBeLessThan(packed)
  expect(state.isPaused).toBe(true)
  vi.advanceTimersByTime(60_000)
  expect(sent).toHaveLength(1 + packed)
  expect(state.isPaused).toBe(false)
})

describe('presence', () => {
  it('lapses when the client sends nothing, because a phone that left the network cannot report it', () => {
    const { connection, inbox } = setUp(verdict => verdict.admitted(device))
    inbox.frame(frames(hello))
    expect(connection.present).toBe(false)
    inbox.frame(frames({ type: 'presence', present: true }))
    expect(connection.present).toBe(true)
    vi.advanceTimersByTime(20_000)
    expect(connection.present).toBe(true)
    inbox.frame(frames({ type: 'ping', request_id: 1 }))
    vi.advanceTimersByTime(20_000)
    expect(connection.present).toBe(true)
    vi.advanceTimersByTime(10_000)
    expect(connection.present).toBe(false)
    inbox.frame(frames({ type: 'ping', request_id: 2 }))
    expect(connection.present).toBe(true)
    inbox.frame(frames({ type: 'presence', present: false }))
    expect(connection.present).toBe(false)
  })
})
