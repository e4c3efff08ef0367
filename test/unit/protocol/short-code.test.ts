// The six digits of pairing, and what an attacker who knows the pairing secret can do about them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { acceptChannel, CHANNEL_CODES, openChannel, type Peer } from '../../../protocol/channel/channel.ts'
import { generateKeyPair, generateSecret, type KeyPair } from '../../../protocol/channel/keys.ts'
import { HandshakeState, IKPSK1 } from '../../../protocol/channel/noise.ts'
import { padded, unpadded } from '../../../protocol/channel/padding.ts'
import { commitmentTo, keepsCommitment, newContribution, shortCode } from '../../../protocol/channel/short-code.ts'
import { CHANNEL_MESSAGE_BYTES } from '../../../protocol/limits.ts'
import { type Transport, transportPair } from '../../../protocol/transport.ts'
import { scaledRuns } from '../../support/repeat.ts'

const host = generateKeyPair()
const secret = generateSecret()
const prologue = Uint8Array.of(0x6f, 0x74, 0x67, 2, 1) // otg, version 2, mode pair

const settled = () => new Promise<void>(resolve => setImmediate(resolve))
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })

/** The host, with one code on its screen. `spent` counts the tries that spent it. */
function startHost(transport: Transport, keys: KeyPair = host) {
  const state: { peer: Peer | undefined; spent: number } = { peer: undefined, spent: 0 }
  acceptChannel({
    transport,
    staticKey: keys,
    suite: NATIVE_SUITE,
    secrets: () => [secret],
    knows: () => false,
    authenticated: (peer, channel) => {
      state.spent++
      state.peer = peer
      channel.start({ frame: () => {}, close: () => {} })
    },
  })
  return state
}

function startPhone(transport: Transport) {
  const state: { peer: Peer | undefined; closed: string | undefined } = { peer: undefined, closed: undefined }
  openChannel({
    transport,
    mode: 'pair',
    psk: secret,
    staticKey: generateKeyPair(),
    remoteStatic: host.publicKey,
    suite: NATIVE_SUITE,
    authenticated: peer => {
      state.peer = peer
    },
    failed: ({ code }) => {
      state.closed = code
    },
  })
  return state
}

/** A bare end of a transport: what it received so far. */
function tap(transport: Transport) {
  const frames: Uint8Array[] = []
  transport.start({ frame: frame => frames.push(frame.slice()), close: () => {} })
  return frames
}

/** The attacker as a phone, up to where the host has sent its commitment. */
async function attackHost() {
  const [mine, theirs] = transportPair()
  const atHost = startHost(theirs)
  const frames = tap(mine)
  const handshake = new HandshakeState({
    pattern: IKPSK1,
    initiator: true,
    prologue,
    staticKey: generateKeyPair(),
    remoteStatic: host.publicKey,
    psk: secret,
    suite: NATIVE_SUITE,
  })
  const first = handshake.writeMessage()
  mine.send(Uint8Array.of(...prologue, ...first))
  await settled()
  const commitment = handshake.readMessage(frames[0]!)
  const { handshakeHash } = handshake
  const { send, receive } = handshake.split()
  return {
    atHost,
    commitment,
    handshakeHash,
    async contribute(contribution: Uint8Array) {
      mine.send(send.encrypt(padded([contribution], CHANNEL_MESSAGE_BYTES)))
      await settled()
      return unpadded(receive.decrypt(frames[1]!))![0]!
    },
  }
}

/** The attacker as a host, with a stolen host key, up to where the phone has sent its contribution. */
async function attackPhone(commitment: (contribution: Uint8Array) => Uint8Array = commitmentTo) {
  const [mine, theirs] = transportPair()
  const frames = tap(mine)
  const atPhone = startPhone(theirs)
  await settled()
  const handshake = new HandshakeState({
    pattern: IKPSK1,
    initiator: false,
    prologue,
    staticKey: host,
    psk: secret,
    suite: NATIVE_SUITE,
  })
  handshake.readMessage(frames[0]!.subarray(prologue.length))
  const own = newContribution()
  mine.send(handshake.writeMessage(commitment(own)))
  await settled()
  const { handshakeHash } = handshake
  const { send, receive } = handshake.split()
  const phone = unpadded(receive.decrypt(frames[1]!))![0]!
  return {
    atPhone,
    own,
    phone,
    handshakeHash,
    async reveal(contribution: Uint8Array) {
      mine.send(send.encrypt(padded([contribution], CHANNEL_MESSAGE_BYTES)))
      await settled()
    },
  }
}

describe('the six digits', () => {
  it('are the same for the same input, and differ with each part of it', () => {
    fc.assert(
      fc.property(bytes32, bytes32, bytes32, (handshakeHash, phone, host) => {
        expect(shortCode({ handshakeHash, phone, host })).toMatch(/^\d{6}$/)
        expect(shortCode({ handshakeHash, phone, host })).toBe(
          shortCode({ handshakeHash: handshakeHash.slice(), phone, host }),
        )
      }),
    )
    const zeros = new Uint8Array(32)
    const ones = zeros.map(() => 1)
    const inputs = [
      { handshakeHash: zeros, phone: zeros, host: zeros },
      { handshakeHash: ones, phone: zeros, host: zeros },
      { handshakeHash: zeros, phone: ones, host: zeros },
      { handshakeHash: zeros, phone: zeros, host: ones },
    ]
    // Literals, so that two versions agree.
    expect(inputs.map(shortCode)).toEqual(['597154', '655166', '917709', '440619'])
  })

  it('are evenly distributed over the host’s contributions, whatever the rest', () => {
    // Pearson's test over the last digit: 9 degrees of freedom exceed 40 once in 100,000 runs.
    const handshakeHash = newContribution()
    const phone = newContribution()
    const counts = new Array<number>(10).fill(0)
    for (let i = 0; i < 5_000; i++)
      counts[Number(shortCode({ handshakeHash, phone, host: newContribution() }).at(-1))]!++
    expect(counts.reduce((sum, n) => sum + (n - 500) ** 2 / 500, 0)).toBeLessThan(40)
  })

  it('are the same on both screens, and no other pairing has them', async () => {
    const codes = new Set<string>()
    for (let i = 0; i < 4; i++) {
      const [one, other] = transportPair()
      const atHost = startHost(other)
      const atPhone = startPhone(one)
      await settled()
      expect(atHost.peer!.code).toMatch(/^\d{6}$/)
      expect(atPhone.peer!.code).toBe(atHost.peer!.code)
      codes.add(atPhone.peer!.code!)
    }
    expect(codes.size).toBeGreaterThan(1)
  })
})

describe('case 110: a phone of an attacker that knows the secret', () => {
  it('cannot know its digits before it has spent the secret', async () => {
    const tries = await Promise.all(Array.from({ length: 20 }, attackHost))
    // However often it draws, it has learned only a commitment, which hides 256 random bits.
    expect(tries.map(({ atHost }) => atHost.spent)).toEqual(tries.map(() => 0))
    expect(new Set(tries.map(({ commitment }) => String(commitment))).size).toBe(20)
    const [last] = tries
    const own = newContribution()
    const host = await last!.contribute(own)
    expect(last!.atHost.spent).toBe(1)
    expect(keepsCommitment(host, last!.commitment)).toBe(true)
    expect(last!.atHost.peer!.code).toBe(shortCode({ handshakeHash: last!.handshakeHash, phone: own, host }))
  })

  it('is rejected if it sends anything but one contribution first, and the secret is not spent', async () => {
    const wrong = [[], [new Uint8Array(31)], [new Uint8Array(33)], [new Uint8Array(32), new Uint8Array(32)]]
    for (const frames of wrong) {
      const [mine, theirs] = transportPair()
      const atHost = startHost(theirs)
      let closed = ''
      const heard: Uint8Array[] = []
      mine.start({ frame: frame => heard.push(frame), close: ({ code }) => (closed = code) })
      const handshake = new HandshakeState({
        pattern: IKPSK1,
        initiator: true,
        prologue,
        staticKey: generateKeyPair(),
        remoteStatic: host.publicKey,
        psk: secret,
        suite: NATIVE_SUITE,
      })
      mine.send(Uint8Array.of(...prologue, ...handshake.writeMessage()))
      await settled()
      handshake.readMessage(heard[0]!)
      mine.send(handshake.split().send.encrypt(padded(frames, CHANNEL_MESSAGE_BYTES)))
      await settled()
      expect(closed).toBe(CHANNEL_CODES.refused)
      expect(atHost.spent).toBe(0)
    }
  })
})

describe('case 111: an attacker in the middle that knows the secret and has stolen the host’s key', () => {
  it('makes both screens show the same digits only by chance, whichever side it finishes first', async () => {
    // Compared by their last two digits: the chance is 1 in 100, and 200 tries show whether it is.
    const tries = 200
    let matches = 0
    for (let i = 0; i < tries; i++) {
      if (i % 2 === 0) {
        // It finishes with the host, so that it knows what to aim at; then the phone gets a commitment before it speaks.
        const toHost = await attackHost()
        await toHost.contribute(newContribution())
        const wanted = toHost.atHost.peer!.code!
        const toPhone = await attackPhone()
        await toPhone.reveal(toPhone.own)
        if (toPhone.atPhone.peer!.code!.endsWith(wanted.slice(4))) matches++
      } else {
        // It knows the phone's digits; then it has to contribute at the host before the host reveals.
        const toPhone = await attackPhone()
        const { handshakeHash, phone, own } = toPhone
        const wanted = shortCode({ handshakeHash, phone, host: own })
        const toHost = await attackHost()
        await toHost.contribute(newContribution())
        if (toHost.atHost.peer!.code!.endsWith(wanted.slice(4))) matches++
      }
    }
    // Of 200 tries, 2 match on average; more than 12 less than once in a million runs (Poisson).
    expect(matches).toBeLessThanOrEqual(12)
  }, 120_000)

  it('is noticed by the phone when it reveals another contribution than it committed to', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(32 * 8 - 1), async bit => {
        const { atPhone, own, reveal } = await attackPhone()
        const other = own.slice()
        other[bit >> 3]! ^= 1 << (bit & 7)
        await reveal(other)
        expect(atPhone.peer).toBeUndefined()
        expect(atPhone.closed).toBe(CHANNEL_CODES.refused)
      }),
      scaledRuns(20),
    )
  })

  it('gets no digits on the phone’s screen with a commitment that nothing can keep', async () => {
    const { atPhone, own, reveal } = await attackPhone(contribution => contribution)
    await reveal(own)
    expect(atPhone.peer).toBeUndefined()
    expect(atPhone.closed).toBe(CHANNEL_CODES.refused)
  })
})
