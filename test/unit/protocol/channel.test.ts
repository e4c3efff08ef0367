// The encrypted channel between two ends, with an attacker on the wire.
import nodeCrypto from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type AcceptOptions,
  acceptChannel,
  CHANNEL_CODES,
  CHANNEL_VERSION,
  type Channel,
  HELD_BYTES,
  type Mode,
  openChannel,
  type Peer,
  REKEY_BYTES,
  REKEY_MESSAGES,
} from '../../../protocol/channel/channel.ts'
import { generateKeyPair, generateSecret, type KeyPair } from '../../../protocol/channel/keys.ts'
import { HandshakeState, IK, IKPSK1, MAX_NONCE, SUITE, type Suite } from '../../../protocol/channel/noise.ts'
import { padded, SMALL_BYTES, SMALL_MESSAGE_BYTES } from '../../../protocol/channel/padding.ts'
import { CHANNEL_MESSAGE_BYTES, FRAME_BYTES } from '../../../protocol/limits.ts'
import { type CloseReason, type Transport, transportPair } from '../../../protocol/transport.ts'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'
import { scaledRuns } from '../../support/repeat.ts'

const host = generateKeyPair()
const phone = generateKeyPair()
const secret = generateSecret()

/** For hundreds of handshakes of about 10 ms each, on a busy machine. */
const SLOW = { timeout: 60_000 }

const HELLO = Uint8Array.of(0, 1, 2, 3)
const bytes = (...list: number[]) => Uint8Array.from(list)
const text = (sentence: string) => new TextEncoder().encode(sentence)

/** Waits until everything in flight has arrived: a macrotask runs after all microtasks. */
const settled = () => new Promise<void>(resolve => setImmediate(resolve))

/** What one end received. */
class End {
  readonly frames: Uint8Array[] = []
  closed: CloseReason | undefined
  peer: Peer | undefined
  channel!: Channel

  listen(transport: Transport): this {
    transport.start({
      frame: frame => this.frames.push(frame),
      close: reason => {
        expect(this.closed, 'closed twice').toBeUndefined()
        this.closed = reason
      },
    })
    return this
  }
}

type Sender = 'phone' | 'host'
/** Gets a copy of every frame on the wire, with its number in its direction; returns what is forwarded instead. */
type Wiretap = (frame: Uint8Array, from: Sender, index: number) => Uint8Array[]
const passing: Wiretap = frame => [frame]

/** Two transports whose frames pass through `tap`; `inject` sends to one as if from the other. */
function wire(tap: Wiretap = passing) {
  const [phoneSide, nearPhone] = transportPair()
  const [hostSide, nearHost] = transportPair()
  const seen: Record<Sender, Uint8Array[]> = { phone: [], host: [] }
  const closes: Partial<Record<Sender, CloseReason>> = {}
  const relay = (from: Sender, near: Transport, far: Transport) =>
    near.start({
      frame: frame => {
        const copy = frame.slice()
        seen[from].push(copy.slice())
        for (const out of tap(copy, from, seen[from].length - 1)) far.send(out)
      },
      close: reason => {
        closes[from] ??= reason
        far.close(reason)
      },
    })
  relay('phone', nearPhone, nearHost)
  relay('host', nearHost, nearPhone)
  return {
    phoneSide,
    hostSide,
    /** By sender, as sent. */
    seen,
    /** By sender: the reason with which it closed the transport. */
    closes,
    inject: (to: Sender, frame: Uint8Array) => (to === 'phone' ? nearPhone : nearHost).send(frame.slice()),
  }
}

interface Setup {
  mode?: Mode
  tap?: Wiretap
  phoneKeys?: KeyPair
  psk?: Uint8Array
  remoteStatic?: Uint8Array
  accept?: Partial<AcceptOptions>
  limits?: { messages: number; bytes: number }
  hostSuite?: Suite
}

function setUp(setup: Setup = {}) {
  const { mode = 'return', phoneKeys = phone, psk = secret, remoteStatic = host.publicKey } = setup
  const line = wire(setup.tap)
  const limits = setup.limits ? { limits: setup.limits } : {}
  const atHost = accept(line.hostSide, {
    ...limits,
    ...(setup.hostSuite && { suite: setup.hostSuite }),
    ...setup.accept,
  })
  const atPhone = new End()
  const base = {
    transport: line.phoneSide,
    staticKey: phoneKeys,
    remoteStatic,
    ...limits,
    authenticated: (peer: Peer) => {
      atPhone.peer = peer
    },
  }
  atPhone.channel = openChannel(mode === 'pair' ? { ...base, mode, psk } : { ...base, mode })
  atPhone.listen(atPhone.channel)
  return { ...line, atPhone, atHost }
}

function accept(transport: Transport, options: Partial<AcceptOptions> = {}): End {
  const end = new End()
  const channel = acceptChannel({
    transport,
    staticKey: host,
    secrets: () => [secret],
    knows: key => Buffer.compare(key, phone.publicKey) === 0,
    authenticated: (peer, channel) => {
      expect(end.peer, 'authenticated twice').toBeUndefined()
      end.peer = peer
      end.listen(channel)
    },
    ...options,
  })
  end.channel = channel
  return end
}

/** A channel on which both ends have received a frame. */
async function open(setup: Setup = {}) {
  const made = setUp(setup)
  made.atPhone.channel.send(HELLO)
  await settled()
  expect(made.atHost.peer).toBeDefined()
  made.atHost.channel.send(bytes(9))
  await settled()
  expect(made.atHost.frames.splice(0)).toEqual([HELLO])
  expect(made.atPhone.frames.splice(0)).toEqual([bytes(9)])
  return made
}

/** A handmade initiator on a bare transport: what an attacker could send to the host. */
function byHand(line: ReturnType<typeof wire>, first: (prologue: Uint8Array) => Uint8Array) {
  const prologue = Uint8Array.of(...text('otg'), CHANNEL_VERSION, 0)
  const answers: Uint8Array[] = []
  let closed: CloseReason | undefined
  line.phoneSide.start({
    frame: frame => answers.push(frame),
    close: reason => {
      closed = reason
    },
  })
  line.phoneSide.send(first(prologue))
  return { answers, closed: () => closed }
}

const join = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap(part => [...part]))
const flipped = (frame: Uint8Array, bit: number) => {
  const copy = frame.slice()
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

/** Refused: nothing is delivered or reported, both ends are closed, and the wire carries only `code`. */
function expectRefused(made: { atHost: End; closes: Partial<Record<Sender, CloseReason>> }, code: string) {
  expect(made.atHost.peer).toBeUndefined()
  expect(made.atHost.frames).toEqual([])
  expect(made.atHost.channel.state).toBe('closed')
  expect(made.closes.host ?? made.closes.phone).toEqual({ code, reason: 'the channel was closed' })
}

describe('a channel', () => {
  it.each(['pair', 'return', 'confirm'] as const)(
    'carries frames both ways after %s, and each end knows its peer',
    async mode => {
      const { atPhone, atHost, seen } = await open({ mode })
      expect(atHost.channel.state).toBe('open')
      expect(atPhone.channel.state).toBe('open')
      expect(atHost.peer).toMatchObject({ mode, publicKey: phone.publicKey })
      expect(atHost.peer!.secret).toBe(mode === 'pair' ? secret : undefined)
      expect(atPhone.peer).toMatchObject({ mode, publicKey: host.publicKey })
      expect(atHost.channel.peer).toBe(atHost.peer)
      expect(atHost.peer!.code).toBe(atPhone.peer!.code)
      if (mode !== 'return') expect(atPhone.peer!.code).toMatch(/^\d{6}$/)
      // 5 + 96 and 48 bytes, 32 more with a commitment; then the contributions to the digits, and what was sent.
      const small = SMALL_MESSAGE_BYTES
      expect(seen.phone.map(frame => frame.length)).toEqual(mode === 'return' ? [101, small] : [101, small, small])
      expect(seen.host.map(frame => frame.length)).toEqual(mode === 'return' ? [48, small] : [80, small, small])
    },
  )

  it('keeps what is sent during the handshake, in order', async () => {
    const { atPhone, atHost } = setUp()
    for (let i = 0; i < 5; i++) atPhone.channel.send(bytes(i))
    expect(atPhone.channel.buffered).toBe(5 * 17)
    await settled()
    expect(atHost.frames).toEqual([0, 1, 2, 3, 4].map(i => bytes(i)))
    expect(atPhone.channel.buffered).toBe(0)
  })

  it('sends what the host wrote before the peer was authenticated first, then what it writes in the callback', async () => {
    const made = setUp({
      accept: {
        authenticated: (_, channel) => {
          made.atHost.listen(channel)
          channel.send(bytes(1))
        },
      },
    })
    made.atHost.channel.send(bytes(0))
    made.atPhone.channel.send(HELLO)
    await settled()
    expect(made.atPhone.frames).toEqual([bytes(0), bytes(1)])
  })

  it('closes when too much waits for the handshake, or for start', async () => {
    const frame = new Uint8Array(48 * 1024)
    const many = Math.floor(HELD_BYTES / frame.length) + 1
    const early = setUp({ tap: () => [] })
    for (let i = 0; i < many; i++) early.atPhone.channel.send(frame)
    expect(early.atPhone.closed?.code).toBe(CHANNEL_CODES.backlog)
    const deaf = setUp({ accept: { authenticated: () => {} } })
    deaf.atPhone.channel.send(HELLO)
    await settled()
    for (let i = 0; i < many; i++) deaf.atPhone.channel.send(frame)
    await settled()
    expect(deaf.atHost.channel.state).toBe('closed')
    expect(deaf.atPhone.closed?.code).toBe(CHANNEL_CODES.backlog)
  })

  it('accepts frames up to the limit and throws at longer ones', async () => {
    const { atPhone, atHost } = await open()
    const longest = new Uint8Array(FRAME_BYTES).fill(7)
    atPhone.channel.send(longest)
    atPhone.channel.send(new Uint8Array(0))
    await settled()
    expect(atHost.frames).toEqual([longest, new Uint8Array(0)])
    expect(() => atPhone.channel.send(new Uint8Array(FRAME_BYTES + 1))).toThrow(RangeError)
  })

  it('passes on the code of a close, but not its sentence', async () => {
    const { atPhone, atHost, closes } = await open()
    atHost.channel.close({ code: 'host_stopping', reason: 'rm -rf was typed' })
    atHost.channel.close({ code: 'again', reason: 'twice is fine' })
    await settled()
    expect(closes.host).toEqual({ code: 'host_stopping', reason: 'the channel was closed' })
    expect(atHost.closed).toEqual({ code: 'host_stopping', reason: 'rm -rf was typed' })
    expect(atPhone.closed?.code).toBe('host_stopping')
    for (const { channel } of [atPhone, atHost]) {
      expect(channel.state).toBe('closed')
      expect(channel.peer).toBeUndefined()
      channel.send(HELLO)
    }
    await settled()
    expect(atHost.frames).toEqual([])
  })

  it('tries both valid secrets, and reports which one matched', async () => {
    const older = generateSecret()
    for (const secrets of [
      [secret, older],
      [older, secret],
    ]) {
      const { atHost } = await open({ mode: 'pair', accept: { secrets: () => secrets } })
      expect(atHost.peer!.secret).toBe(secret)
    }
  })

  it('delivers nothing to a host that rejects the peer, and sends the peer nothing', async () => {
    const made = setUp({
      mode: 'pair',
      accept: {
        authenticated: (_, channel) => {
          made.atHost.listen(channel)
          channel.send(text('for you only'))
          channel.close({ code: 'secret_spent', reason: 'another phone was faster' })
        },
      },
    })
    made.atPhone.channel.send(HELLO)
    await settled()
    expect(made.atHost.frames).toEqual([])
    expect(made.atPhone.frames).toEqual([])
    expect(made.atPhone.closed?.code).toBe('secret_spent')
  })

  it('rejects unknown and revoked devices, the wrong secret and the wrong host with the same code', async () => {
    let revoked = false
    const attempts: Setup[] = [
      { phoneKeys: generateKeyPair() },
      { accept: { knows: () => false } },
      // Known at message 1, revoked before the first frame.
      {
        accept: {
          knows: () => {
            const known = !revoked
            revoked = true
            return known
          },
        },
      },
      { mode: 'pair', psk: generateSecret() },
      { mode: 'pair', accept: { secrets: () => [] } },
      { mode: 'pair', accept: { secrets: () => [generateSecret(), generateSecret()] } },
      { remoteStatic: generateKeyPair().publicKey },
      {
        accept: {
          knows: () => {
            throw new Error('the database is locked')
          },
        },
      },
    ]
    for (const attempt of attempts) {
      const made = setUp(attempt)
      made.atPhone.channel.send(HELLO)
      await settled()
      expectRefused(made, CHANNEL_CODES.refused)
      expect(made.atPhone.closed).toEqual({ code: CHANNEL_CODES.refused, reason: 'the channel was closed' })
    }
    // At message 1, so the host sends no frame at all.
    const made = setUp({ mode: 'pair', psk: generateSecret() })
    await settled()
    expect(made.seen.host).toEqual([])
  })

  it('stays closed when it is closed during a handshake', async () => {
    const made = setUp({
      accept: {
        knows: () => {
          made.atHost.channel.close({ code: 'host_stopping', reason: 'bye' })
          return true
        },
      },
    })
    made.atPhone.channel.send(HELLO)
    await settled()
    expect(made.atHost.channel.state).toBe('closed')
    expect(made.atHost.peer).toBeUndefined()
    expect(made.atHost.frames).toEqual([])
    expect(made.atPhone.closed?.code).toBe('host_stopping')
  })

  it('closes when its transport does', async () => {
    const { atPhone, atHost, phoneSide } = await open()
    phoneSide.close({ code: 'connection_lost', reason: 'no network' })
    await settled()
    expect(atPhone.closed?.code).toBe('connection_lost')
    expect(atHost.closed?.code).toBe('connection_lost')
    const early = setUp()
    early.phoneSide.close({ code: 'connection_lost', reason: 'no network' })
    await settled()
    expect(early.atPhone.closed?.code).toBe('connection_lost')
    expect(early.atHost.channel.state).toBe('closed')
  })

  it('works with an end that uses another implementation of the same functions', async () => {
    const { atPhone, atHost } = await open({ hostSuite: NATIVE })
    const long = incompressibleBytes(FRAME_BYTES)
    atPhone.channel.send(long)
    atHost.channel.send(long)
    await settled()
    expect(atHost.frames.map(frame => Buffer.compare(frame, long))).toEqual([0])
    expect(atPhone.frames.map(frame => Buffer.compare(frame, long))).toEqual([0])
  })

  it('carries frames of any length and content in both directions', SLOW, async () => {
    const sizes = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: FRAME_BYTES }))
    const script = fc.array(fc.record({ fromPhone: fc.boolean(), size: sizes, byte: fc.nat(255) }), { maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(fc.constantFrom<Mode>('pair', 'return'), script, fc.boolean(), async (mode, frames, early) => {
        const { atPhone, atHost } = early ? setUp({ mode }) : await open({ mode })
        if (early) atPhone.channel.send(bytes(9))
        const sent = { phone: early ? [bytes(9)] : [], host: [] as Uint8Array[] }
        for (const { fromPhone, size, byte } of frames) {
          const frame = new Uint8Array(size).fill(byte)
          sent[fromPhone ? 'phone' : 'host'].push(frame)
          ;(fromPhone ? atPhone : atHost).channel.send(frame)
        }
        await settled()
        const same = (a: Uint8Array[], b: Uint8Array[]) => Buffer.compare(join(...a), join(...b)) === 0
        expect(atHost.frames.map(frame => frame.length)).toEqual(sent.phone.map(frame => frame.length))
        expect(atPhone.frames.map(frame => frame.length)).toEqual(sent.host.map(frame => frame.length))
        expect(same(atHost.frames, sent.phone) && same(atPhone.frames, sent.host)).toBe(true)
      }),
      scaledRuns(25),
    )
  })
})

/** Node's own functions: what a host uses where OpenSSL has them. */
const NATIVE: Suite = {
  ...SUITE,
  encrypt(key, n, ad, plaintext) {
    const cipher = nodeCrypto.createCipheriv('chacha20-poly1305', key, nativeNonce(n), { authTagLength: 16 })
    cipher.setAAD(ad, { plaintextLength: plaintext.length })
    return Uint8Array.from(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))
  },
  decrypt(key, n, ad, ciphertext) {
    const plaintext = ciphertext.subarray(0, -16)
    const cipher = nodeCrypto.createDecipheriv('chacha20-poly1305', key, nativeNonce(n), { authTagLength: 16 })
    cipher.setAAD(ad, { plaintextLength: plaintext.length })
    cipher.setAuthTag(ciphertext.subarray(-16))
    return Uint8Array.from(Buffer.concat([cipher.update(plaintext), cipher.final()]))
  },
}
function nativeNonce(n: bigint): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeBigUInt64LE(n, 4)
  return nonce
}

// Case 1, the vectors, is in noise.test.ts; the test of another implementation above uses both suites.

describe('case 2: a flipped bit', () => {
  it('closes both ends in any byte of the handshake, and no peer is admitted', SLOW, async () => {
    for (const mode of ['pair', 'return', 'confirm'] as const) {
      for (let byte = 0; byte < 101 + (mode === 'return' ? 48 : 80); byte++) {
        const bit = (byte * 5) % 8
        const tap: Wiretap = (frame, from, index) => {
          if (index > 0 || (from === 'phone') !== byte < 101) return [frame]
          return [flipped(frame, (byte < 101 ? byte : byte - 101) * 8 + bit)]
        }
        const made = setUp({ mode, tap })
        made.atPhone.channel.send(HELLO)
        await settled()
        expectRefused(made, byte === 3 ? CHANNEL_CODES.version : CHANNEL_CODES.refused)
        expect(made.atPhone.channel.state).toBe('closed')
        expect(made.atPhone.peer).toBeUndefined()
      }
    }
  })

  it('closes both ends anywhere in the handshake, as does any change of length', SLOW, async () => {
    const change = fc.oneof(
      fc.record({ kind: fc.constant('flip' as const), at: fc.nat() }),
      fc.record({ kind: fc.constant('cut' as const), at: fc.nat() }),
      fc.record({ kind: fc.constant('add' as const), at: fc.nat(200) }),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<Mode>('pair', 'return'),
        fc.constantFrom<Sender>('phone', 'host'),
        change,
        async (mode, victim, { kind, at }) => {
          const made = setUp({
            mode,
            tap: (frame, from, index) => {
              if (from !== victim || index > 0) return [frame]
              if (kind === 'flip') return [flipped(frame, at % (frame.length * 8))]
              if (kind === 'cut') return [frame.subarray(0, at % frame.length)]
              return [join(frame, new Uint8Array(1 + at))]
            },
          })
          made.atPhone.channel.send(HELLO)
          await settled()
          expect(made.atHost.peer).toBeUndefined()
          expect(made.atHost.frames).toEqual([])
          expect(made.atHost.channel.state).toBe('closed')
          expect(made.atPhone.channel.state).toBe('closed')
        },
      ),
      scaledRuns(100),
    )
  })

  it('closes the channel in any later frame', SLOW, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(20 * 8 - 1), fc.boolean(), async (bit, fromPhone) => {
        let armed = false
        const made = await open({ tap: frame => [armed ? flipped(frame, bit) : frame] })
        armed = true
        ;(fromPhone ? made.atPhone : made.atHost).channel.send(HELLO)
        await settled()
        const victim = fromPhone ? made.atHost : made.atPhone
        expect(victim.frames).toEqual([])
        expect(victim.closed?.code).toBe(CHANNEL_CODES.broken)
        expect(made.closes[fromPhone ? 'host' : 'phone']).toEqual({
          code: CHANNEL_CODES.broken,
          reason: 'the channel was closed',
        })
      }),
      scaledRuns(30),
    )
  })
})

describe('case 3: points of low order', () => {
  // noise.test.ts has all of them, in every role.
  const points = [new Uint8Array(32), bytes(1, ...new Uint8Array(31))]

  it('are rejected as the ephemeral key of either side', async () => {
    for (const point of points) {
      for (const [victim, at] of [
        ['phone', 5],
        ['host', 0],
      ] as const) {
        const made = setUp({
          tap: (frame, from, index) => {
            if (from === victim && index === 0) frame.set(point, at)
            return [frame]
          },
        })
        made.atPhone.channel.send(HELLO)
        await settled()
        expectRefused(made, CHANNEL_CODES.refused)
        const end = victim === 'phone' ? made.atHost : made.atPhone
        const reason: CloseReason | undefined = end.closed ?? closeOf(end.channel)
        expect(reason?.reason).toMatch(/low order|not a usable public key/)
      }
    }
  })

  it("prevent even the first message as the host's key", async () => {
    for (const point of points) {
      const made = setUp({ remoteStatic: point })
      await settled()
      expect(made.atPhone.closed?.code).toBe(CHANNEL_CODES.refused)
      expect(made.seen.phone).toEqual([])
    }
  })
})

/** The close reason of a channel that was never started. */
function closeOf(channel: Channel): CloseReason | undefined {
  let reason: CloseReason | undefined
  channel.start({
    frame: () => {},
    close: given => {
      reason = given
    },
  })
  return reason
}

describe('case 4: a replayed first message', () => {
  it.each(['pair', 'return'] as const)(
    'runs and enrolls nothing (%s), with or without the frames that followed it',
    async mode => {
      const recorded = await open({ mode })
      recorded.atPhone.channel.send(text('rm -rf ~'))
      await settled()
      const [first, ...rest] = recorded.seen.phone
      expect(rest).toHaveLength(mode === 'pair' ? 3 : 2)
      for (const frames of [[first!], [first!, ...rest], [first!, ...rest.toReversed()], [first!, first!]]) {
        const line = wire()
        const atHost = accept(line.hostSide)
        for (const frame of frames) line.inject('host', frame)
        await settled()
        expect(atHost.peer).toBeUndefined()
        expect(atHost.frames).toEqual([])
        expect(atHost.channel.state).toBe(frames.length === 1 ? 'unconfirmed' : 'closed')
        if (frames.length > 1) expect(line.closes.host?.code).toBe(CHANNEL_CODES.refused)
        expect(atHost.channel.peer).toBeUndefined()
      }
    },
  )

  it('is no help to a replayed second message: the phone rejects it', async () => {
    const recorded = await open()
    const made = setUp({ tap: (frame, from) => [from === 'host' ? recorded.seen.host[0]! : frame] })
    made.atPhone.channel.send(HELLO)
    await settled()
    expect(made.atPhone.peer).toBeUndefined()
    expect(made.atPhone.closed?.code).toBe(CHANNEL_CODES.refused)
    expect(made.seen.phone).toHaveLength(1)
  })
})

describe('case 5: transport frames', () => {
  /** Three frames are sent; `shuffle` returns those that arrive. */
  const sending = async (from: Sender, shuffle: (frames: Uint8Array[]) => Uint8Array[]) => {
    const held: Uint8Array[] = []
    let armed = false
    const made = await open({
      tap: (frame, sender) => {
        if (!armed || sender !== from) return [frame]
        held.push(frame)
        return held.length === 3 ? shuffle(held.map(one => one.slice())) : []
      },
    })
    armed = true
    const [sender, receiver] = from === 'phone' ? [made.atPhone, made.atHost] : [made.atHost, made.atPhone]
    for (const byte of [1, 2, 3]) sender.channel.send(bytes(byte))
    await settled()
    return receiver
  }

  for (const from of ['phone', 'host'] as const) {
    it(`arrive from the ${from} when nothing interferes`, async () => {
      const receiver = await sending(from, frames => frames)
      expect(receiver.frames).toEqual([bytes(1), bytes(2), bytes(3)])
      expect(receiver.closed).toBeUndefined()
    })

    it.each<[string, (frames: Uint8Array[]) => Uint8Array[], number]>([
      ['replayed', ([a, b, c]) => [a!, a!.slice(), b!, c!], 1],
      ['replayed later', ([a, b, c]) => [a!, b!, a!.slice(), c!], 2],
      ['reordered', ([a, b, c]) => [a!, c!, b!], 1],
      ['dropped', ([a, , c]) => [a!, c!], 1],
      ['cut short', ([a, b, c]) => [a!, b!.subarray(0, 10), c!], 1],
      ['lengthened', ([a, b, c]) => [a!, join(b!, bytes(0)), c!], 1],
      ['oversize', ([a, b, c]) => [a!, new Uint8Array(FRAME_BYTES + 17), b!, c!], 1],
      ['empty', ([a, b, c]) => [a!, new Uint8Array(0), b!, c!], 1],
    ])(`close the channel when one from the ${from} is %s`, async (_, shuffle, arriving) => {
      const receiver = await sending(from, shuffle)
      // What arrived before is kept; what comes after is ignored.
      expect(receiver.frames).toEqual([1, 2, 3].slice(0, arriving).map(byte => bytes(byte)))
      expect(receiver.closed?.code).toBe(CHANNEL_CODES.broken)
    })
  }
})

describe('case 6: a reflected frame', () => {
  it.each(['phone', 'host'] as const)('is rejected by the %s that sent it', async sender => {
    const made = setUp({
      tap: (frame, from, index) => {
        // The first frame of each side after the handshake goes back to its sender: it has the nonce that is expected.
        if (from === sender && index === 1) made.inject(sender, frame)
        return [frame]
      },
    })
    made.atPhone.channel.send(HELLO)
    await settled()
    if (sender === 'host') made.atHost.channel.send(HELLO)
    await settled()
    const end = sender === 'phone' ? made.atPhone : made.atHost
    expect(end.frames).toEqual(sender === 'phone' ? [] : [HELLO])
    expect(end.closed?.code).toBe(CHANNEL_CODES.broken)
  })

  it('is rejected during the handshake by the phone that sent it', async () => {
    const made = setUp({
      tap: (frame, from) => {
        if (from === 'phone') made.inject('phone', frame)
        return []
      },
    })
    await settled()
    expect(made.atPhone.closed?.code).toBe(CHANNEL_CODES.refused)
    // Also with the length of a second message.
    const cut = setUp({
      tap: (frame, from) => {
        if (from === 'phone') cut.inject('phone', frame.subarray(5, 53))
        return []
      },
    })
    await settled()
    expect(cut.atPhone.closed?.code).toBe(CHANNEL_CODES.refused)
  })
})

describe('case 7: prologue, version and mode', () => {
  const initiator = (prologue: Uint8Array, psk?: Uint8Array) =>
    new HandshakeState({
      pattern: psk ? IKPSK1 : IK,
      initiator: true,
      prologue,
      staticKey: phone,
      remoteStatic: host.publicKey,
      psk,
    })

  /** A correct handmade initiator: the host admits it, so every other one is refused for its difference. */
  const enter = async (line: ReturnType<typeof wire>) => {
    let handshake!: HandshakeState
    const { answers } = byHand(line, prologue => {
      handshake = initiator(prologue)
      return join(prologue, handshake.writeMessage())
    })
    await settled()
    handshake.readMessage(answers[0]!)
    return handshake.split().send
  }

  it('are accepted when they are correct', async () => {
    const line = wire()
    const atHost = accept(line.hostSide)
    line.phoneSide.send((await enter(line)).encrypt(padded([HELLO], CHANNEL_MESSAGE_BYTES)))
    await settled()
    expect(atHost.frames).toEqual([HELLO])
  })

  it('a frame that is too long is rejected although it decrypts', async () => {
    const line = wire()
    const atHost = accept(line.hostSide)
    line.phoneSide.send((await enter(line)).encrypt(new Uint8Array(CHANNEL_MESSAGE_BYTES)))
    await settled()
    expectRefused({ ...line, atHost }, CHANNEL_CODES.refused)
  })

  it.each<[string, (prologue: Uint8Array) => Uint8Array, string]>([
    ['no prologue', prologue => join(prologue, initiator(bytes()).writeMessage()), CHANNEL_CODES.refused],
    [
      'more prologue',
      prologue => join(prologue, initiator(join(prologue, bytes(0))).writeMessage()),
      CHANNEL_CODES.refused,
    ],
    [
      'version 3, changed to 2 on the way',
      prologue => join(prologue, initiator(join(text('otg'), bytes(3, 0))).writeMessage()),
      CHANNEL_CODES.refused,
    ],
    [
      'version 3',
      () => join(text('otg'), bytes(3, 0), initiator(join(text('otg'), bytes(3, 0))).writeMessage()),
      CHANNEL_CODES.version,
    ],
    [
      'version 0',
      () => join(text('otg'), bytes(0, 0), initiator(join(text('otg'), bytes(0, 0))).writeMessage()),
      CHANNEL_CODES.version,
    ],
    [
      'mode 3',
      () =>
        join(
          text('otg'),
          bytes(CHANNEL_VERSION, 3),
          initiator(join(text('otg'), bytes(CHANNEL_VERSION, 3))).writeMessage(),
        ),
      CHANNEL_CODES.refused,
    ],
    [
      'return, bound to the handshake as pair',
      prologue => join(prologue, initiator(join(text('otg'), bytes(CHANNEL_VERSION, 1))).writeMessage()),
      CHANNEL_CODES.refused,
    ],
    [
      'pair without the secret',
      () =>
        join(
          text('otg'),
          bytes(CHANNEL_VERSION, 1),
          initiator(join(text('otg'), bytes(CHANNEL_VERSION, 1))).writeMessage(),
        ),
      CHANNEL_CODES.refused,
    ],
    [
      'another protocol',
      () =>
        join(
          text('ssh'),
          bytes(CHANNEL_VERSION, 0),
          initiator(join(text('ssh'), bytes(CHANNEL_VERSION, 0))).writeMessage(),
        ),
      CHANNEL_CODES.refused,
    ],
  ])('%s is rejected', async (_, first, expected) => {
    const line = wire()
    const atHost = accept(line.hostSide)
    const { answers } = byHand(line, first)
    await settled()
    expectRefused({ ...line, atHost }, expected)
    expect(answers).toEqual([])
  })

  it('a swapped mode is rejected, even for a device that can use both', async () => {
    for (const mode of ['pair', 'return'] as const) {
      const made = setUp({
        mode,
        tap: (frame, from, index) => {
          if (from === 'phone' && index === 0) frame[4]! ^= 1
          return [frame]
        },
      })
      made.atPhone.channel.send(HELLO)
      await settled()
      expectRefused(made, CHANNEL_CODES.refused)
    }
  })

  it('a payload in the handshake is rejected', async () => {
    const line = wire()
    const atHost = accept(line.hostSide)
    const { answers } = byHand(line, prologue => join(prologue, initiator(prologue).writeMessage(bytes(0))))
    await settled()
    expectRefused({ ...line, atHost }, CHANNEL_CODES.refused)
    expect(answers).toEqual([])
    // The phone refuses one from the host, too.
    const other = wire()
    other.hostSide.start({
      frame: frame => {
        const handshake = new HandshakeState({
          pattern: IK,
          initiator: false,
          prologue: frame.slice(0, 5),
          staticKey: host,
        })
        handshake.readMessage(frame.subarray(5))
        other.hostSide.send(handshake.writeMessage(bytes(0)))
      },
      close: () => {},
    })
    const end = new End()
    const base = { transport: other.phoneSide, staticKey: phone, remoteStatic: host.publicKey }
    end.listen(openChannel({ ...base, mode: 'return' }))
    await settled()
    expect(end.closed?.code).toBe(CHANNEL_CODES.refused)
  })
})

describe('case 8: a first frame that is not encrypted', () => {
  it.each([
    ['a hello', text('{"type":"hello","versions":[1]}')],
    ['a framed hello', join(bytes(0), text('{"type":"hello"}'))],
    ['HTTP', text('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['TLS', bytes(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0)],
    ['nothing', bytes()],
    ['a preamble alone', join(text('otg'), bytes(CHANNEL_VERSION, 0))],
    ['a preamble and zeros', join(text('otg'), bytes(CHANNEL_VERSION, 0), new Uint8Array(96))],
    ['a preamble and plaintext', join(text('otg'), bytes(CHANNEL_VERSION, 0), text('{"type":"hello"}'.padEnd(96)))],
  ])('is rejected: %s', async (_, frame) => {
    const line = wire()
    const atHost = accept(line.hostSide)
    line.inject('host', frame)
    await settled()
    expectRefused({ ...line, atHost }, CHANNEL_CODES.refused)
    expect(line.seen.host).toEqual([])
  })

  it('is rejected even after the handshake', async () => {
    const made = setUp()
    made.atPhone.channel.send(HELLO)
    const line = wire()
    const atHost = accept(line.hostSide)
    await settled()
    line.inject('host', made.seen.phone[0]!)
    line.inject('host', text('{"type":"hello","versions":[1]}'))
    await settled()
    expectRefused({ ...line, atHost }, CHANNEL_CODES.refused)
  })

  it('never crashes anything and is never delivered, whatever its bytes', SLOW, async () => {
    const junk = fc.uint8Array({ maxLength: 200 })
    const opening = fc
      .tuple(fc.nat(3), fc.nat(2), fc.uint8Array({ minLength: 90, maxLength: 100 }))
      .map(([version, mode, rest]) => join(text('otg'), bytes(version, mode), rest))
    const frames = fc.array(fc.oneof(junk, opening, fc.constant('recorded' as const)), { maxLength: 6 })
    const recorded = (await open()).seen.phone[0]!
    await fc.assert(
      fc.asyncProperty(frames, async list => {
        const line = wire()
        const atHost = accept(line.hostSide)
        const asked = setUp({ tap: () => [] })
        for (const frame of list) {
          const sent = frame === 'recorded' ? recorded : frame
          line.inject('host', sent)
          asked.inject('phone', sent)
        }
        await settled()
        expect(atHost.peer).toBeUndefined()
        expect(atHost.frames).toEqual([])
        expect(asked.atPhone.peer).toBeUndefined()
        expect(asked.atPhone.frames).toEqual([])
        const waiting = list.length === 0 || (list.length === 1 && list[0] === 'recorded')
        expect(atHost.channel.state === 'closed').toBe(!waiting)
      }),
      scaledRuns(100),
    )
  })
})

describe('case 9: the limit of a key', () => {
  it('is far below that of Noise, and exact as a JavaScript number', () => {
    expect(BigInt(REKEY_MESSAGES)).toBeLessThan(MAX_NONCE)
    expect(Number.isSafeInteger(REKEY_MESSAGES) && Number.isSafeInteger(REKEY_BYTES)).toBe(true)
  })

  it.each([
    ['messages', { messages: 5, bytes: 1000 * SMALL_BYTES }],
    ['bytes', { messages: 1000, bytes: 5 * SMALL_BYTES }],
  ])('stops sender and receiver for good when counted in %s, and a new channel works', async (_, limits) => {
    const { atPhone, atHost, seen, closes } = setUp({ limits })
    atPhone.channel.send(new Uint8Array(10))
    await settled()
    for (let i = 0; i < 4; i++) atPhone.channel.send(new Uint8Array(10))
    await settled()
    expect(atPhone.closed).toBeUndefined()
    expect(atHost.frames).toHaveLength(5)
    for (let i = 0; i < 3; i++) atPhone.channel.send(new Uint8Array(10))
    await settled()
    expect(atPhone.closed?.code).toBe(CHANNEL_CODES.exhausted)
    expect(closes.phone?.code).toBe(CHANNEL_CODES.exhausted)
    expect(atHost.closed?.code).toBe(CHANNEL_CODES.exhausted)
    expect(atHost.frames).toHaveLength(5)
    expect(seen.phone).toHaveLength(1 + 5)
    const again = await open({ limits: { messages: 1000, bytes: 1000 * SMALL_BYTES } })
    expect(again.atPhone.channel.state).toBe('open')
  })

  it('is enforced by the host even if the phone has none', async () => {
    for (const limits of [
      { messages: 3, bytes: 1000 * SMALL_BYTES },
      { messages: 1000, bytes: 3 * SMALL_BYTES },
    ]) {
      const { atPhone, atHost } = setUp({ accept: { limits } })
      for (let i = 0; i < 6; i++) atPhone.channel.send(new Uint8Array(10))
      await settled()
      expect(atHost.frames).toHaveLength(3)
      expect(atHost.closed?.code).toBe(CHANNEL_CODES.exhausted)
      expect(atPhone.closed?.code).toBe(CHANNEL_CODES.exhausted)
    }
  })
})

describe('case 10: two channels', () => {
  it('never write the same bytes, even with the same ends and secret, in either direction', async () => {
    for (const mode of ['pair', 'return'] as const) {
      const written = new Set<string>()
      const hashes = new Set<string>()
      for (let i = 0; i < 5; i++) {
        const { atPhone, atHost, seen } = await open({ mode })
        atPhone.channel.send(new Uint8Array(32))
        atHost.channel.send(new Uint8Array(32))
        await settled()
        for (const frame of [...seen.phone.slice(1), ...seen.host]) written.add(Buffer.from(frame).toString('hex'))
        hashes.add(Buffer.from(atHost.peer!.handshakeHash).toString('hex'))
      }
      // Message 2, the answer and 32 zeros from the host; the hello and 32 zeros from the phone; a contribution of each.
      expect(written.size).toBe(5 * (mode === 'pair' ? 7 : 5))
      expect(hashes.size).toBe(5)
    }
  })

  it('reject each other’s frames at the same position', async () => {
    const one = await open()
    const other = await open()
    one.atPhone.channel.send(HELLO)
    await settled()
    other.inject('host', one.seen.phone.at(-1)!)
    await settled()
    expect(other.atHost.frames).toEqual([])
    expect(other.atHost.closed?.code).toBe(CHANNEL_CODES.broken)
  })

  it('authenticate a peer by its first transport frame, not earlier', async () => {
    const made = setUp()
    await settled()
    // The phone has message 2, but has sent nothing since.
    expect(made.atPhone.channel.state).toBe('open')
    expect(made.atHost.channel.state).toBe('unconfirmed')
    expect(made.atHost.channel.peer).toBeUndefined()
    expect(made.atHost.peer).toBeUndefined()
    made.atHost.channel.send(text('a secret of the host'))
    await settled()
    expect(made.seen.host).toHaveLength(1)
    expect(made.atPhone.frames).toEqual([])
    made.atPhone.channel.send(HELLO)
    await settled()
    expect(made.atHost.peer).toBeDefined()
    expect(made.atHost.channel.state).toBe('open')
    expect(made.atHost.frames).toEqual([HELLO])
    expect(made.atPhone.frames).toEqual([text('a secret of the host')])
  })
})
