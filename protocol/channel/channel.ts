// The encrypted channel: a Transport around a Transport, with Noise IKpsk1 to pair and IK to return. Timeouts and the
// decision which devices to admit are the caller's.
//
// On the wire: `otg`, version, mode and Noise message 1 in one frame; Noise message 2; then Noise transport messages, each
// with frames and padding (padding.ts). The first five bytes are the prologue, so that changing them fails the handshake. In
// modes `pair` and `confirm`, message 2 and the first transport message of each side carry the exchange behind the six digits
// (short-code.ts).

import { FRAME_BYTES } from '../limits.ts'
import { type CloseReason, Inbox, type Transport, type TransportHandlers } from '../transport.ts'
import type { KeyPair } from './keys.ts'
import { KEY_BYTES } from './keys.ts'
import {
  type CipherState,
  HandshakeState,
  IK,
  IKPSK1,
  NOISE_CODES,
  NOISE_MESSAGE_BYTES,
  NoiseError,
  type Suite,
  TAG_BYTES,
} from './noise.ts'
import { Pacer } from './pacer.ts'
import { LENGTH_BYTES, padded, unpadded } from './padding.ts'
import {
  COMMITMENT_BYTES,
  CONTRIBUTION_BYTES,
  commitmentTo,
  keepsCommitment,
  newContribution,
  shortCode,
} from './short-code.ts'

export const CHANNEL_VERSION = 2

/**
 * Messages in one direction under one key. Noise allows 2^64 - 1 (section 5.1); this is five days at 10,000 a second, and
 * exact as a JavaScript number.
 */
export const REKEY_MESSAGES = 2 ** 32

/**
 * Bytes in one direction under one key, padding included: 64 GiB, twenty minutes of the fastest flood, more than a phone ever reaches.
 * ChaCha20-Poly1305 allows far more; this limits what one stolen key decrypts.
 */
export const REKEY_BYTES = 2 ** 36

/**
 * Bytes buffered while one side is not ready: sent before the handshake is over, or received before `start`. A hello,
 * an attach and a first paste fit; more means that nothing reads it.
 */
export const HELD_BYTES = 2 * 1024 * 1024

/**
 * Why a channel closes by itself. The other side learns only the code. During the handshake every cause has the same
 * code, except `version_unsupported`, which is decided before any key is used.
 */
export const CHANNEL_CODES = {
  /** The handshake failed: unknown or revoked device, wrong secret, wrong host, or not our protocol. */
  refused: 'channel_refused',
  /** The other side speaks another version of the channel. */
  version: 'version_unsupported',
  /** A frame did not decrypt: it was changed, repeated, lost or reordered on its way. */
  broken: 'channel_broken',
  /** The key reached its limits; open a new channel. */
  exhausted: 'channel_exhausted',
  /** More than HELD_BYTES waited for the handshake or for `start`. */
  backlog: 'channel_backlog',
} as const

/**
 * `pair`: a new device, authenticated by the QR code's secret. `return`: a device whose key the host knows. `confirm`: the
 * same, with six digits to compare, because a person has to confirm the device again.
 */
export type Mode = 'pair' | 'return' | 'confirm'

/**
 * `handshake`: messages are being exchanged. `unconfirmed`: the handshake is done, and the other side's first transport
 * message is awaited: the responder's message 1 may be a replay, and in modes with six digits the contributions to them are
 * not known. `open`: the other side is authenticated.
 */
export type ChannelState = 'handshake' | 'unconfirmed' | 'open' | 'closed'

/** The other end. */
export interface Peer {
  mode: Mode
  publicKey: Uint8Array
  /** The same on both sides and in no other channel. */
  handshakeHash: Uint8Array
  /** In modes `pair` and `confirm`: the six digits that a person compares. */
  code?: string
  /** On the responder's side, in mode `pair`: which of the secrets matched. */
  secret?: Uint8Array
}

/**
 * Frames here are at most FRAME_BYTES long, those of the inner transport CHANNEL_MESSAGE_BYTES. The initiator speaks first. When the
 * inner transport closes, its reason is passed on although anyone on the network path may have sent it: never delete a key
 * because of one. A reason that has to be trusted is sent in a frame before closing.
 */
export interface Channel extends Transport {
  readonly state: ChannelState
  /** Set from `open` on. */
  readonly peer: Peer | undefined
  pace(milliseconds: number): void
}

interface CommonOptions {
  /** Not started; the channel starts and closes it. May still be opening: message 1 is computed meanwhile. */
  transport: Transport
  staticKey: KeyPair
  /** For tests. */
  limits?: { messages: number; bytes: number }
  /** A faster implementation of the same functions, where there is one. */
  suite?: Suite
}

export type OpenOptions = CommonOptions & {
  /** The host's public key. */
  remoteStatic: Uint8Array
  /** The handshake is done, and the host is authenticated. */
  authenticated?(peer: Peer, channel: Channel): void
  /** The channel closed before that. */
  failed?(reason: CloseReason): void
} & ({ mode: 'pair'; psk: Uint8Array } | { mode: 'return' | 'confirm' })

export interface AcceptOptions extends CommonOptions {
  /** The pairing secrets that are valid now: none, one or two. */
  secrets(): readonly Uint8Array[]
  /** Whether this is the key of a paired, unrevoked device. Checked at message 1 and again when the peer is authenticated. */
  knows(publicKey: Uint8Array): boolean
  /**
   * The first transport frame has decrypted, and is delivered when this returns. Call `start` here. To reject the peer
   * (another one used the secret), close the channel here, and the frame is not delivered.
   */
  authenticated(peer: Peer, channel: Channel): void
}

/** The initiator's end: a phone. What is sent before the handshake is over waits until then. */
export function openChannel(options: OpenOptions): Channel {
  const { transport, mode, staticKey, remoteStatic, suite } = options
  let handshake: HandshakeState | undefined
  const channel = new SecureChannel(options, {
    begin() {
      const prologue = preamble(mode)
      const psk = options.mode === 'pair' ? options.psk : undefined
      const pattern = PATTERNS[mode]
      handshake = new HandshakeState({ pattern, initiator: true, prologue, staticKey, remoteStatic, psk, suite })
      transport.send(concat(prologue, handshake.writeMessage()))
    },
    agree(frame) {
      if (frame.length !== MESSAGE_2_BYTES[mode]) throw new Refusal('not the second message of a handshake')
      const commitment = handshake!.readMessage(frame)
      const { handshakeHash } = handshake!
      const peer = { mode, publicKey: remoteStatic, handshakeHash }
      // Only the host can have made message 2, and only for this handshake (section 7.7: authentication 2), so it is enough.
      if (mode === 'return') return { handshake: handshake!, peer, isAuthenticated: true }
      const own = newContribution()
      const exchange: CodeExchange = {
        own,
        speaksFirst: true,
        finish(theirs) {
          if (!keepsCommitment(theirs, commitment)) throw new Refusal('the host did not keep its commitment')
          return shortCode({ handshakeHash, phone: own, host: theirs })
        },
      }
      return { handshake: handshake!, peer, exchange }
    },
    admit: peer => options.authenticated?.(peer, channel),
    failed: reason => options.failed?.(reason),
  })
  channel.begin()
  return channel
}

/** The responder's end: the host. Nothing is delivered, sent or reported before the peer is authenticated. */
export function acceptChannel(options: AcceptOptions): Channel {
  const { transport, staticKey, suite } = options
  const requireKnown = (peer: Pick<Peer, 'mode' | 'publicKey'>) => {
    if (peer.mode !== 'pair' && !options.knows(peer.publicKey)) throw new Refusal('no paired device has this key')
  }
  const channel = new SecureChannel(options, {
    begin() {},
    agree(frame) {
      const mode = parsePreamble(frame)
      const prologue = frame.slice(0, PREAMBLE_BYTES)
      const begun = new HandshakeState({ pattern: PATTERNS[mode], initiator: false, prologue, staticKey, suite })
      // No valid secret: nothing to compute. This reveals only that no QR code is shown.
      const secrets = mode === 'pair' ? options.secrets() : [undefined]
      if (secrets.length === 0) throw new Refusal('there is no valid pairing secret')
      begun.readToPsk(frame.subarray(PREAMBLE_BYTES))
      const { handshake, secret } = trySecrets(begun, secrets)
      const peer = { mode, publicKey: handshake.remoteStatic!, ...(secret && { secret }) }
      // After all of message 1, so that only the key's owner can find out whether it is known.
      requireKnown(peer)
      if (mode === 'return') {
        transport.send(handshake.writeMessage())
        return { handshake, peer: { ...peer, handshakeHash: handshake.handshakeHash } }
      }
      const own = newContribution()
      transport.send(handshake.writeMessage(commitmentTo(own)))
      const { handshakeHash } = handshake
      const exchange: CodeExchange = {
        own,
        speaksFirst: false,
        finish: theirs => shortCode({ handshakeHash, phone: theirs, host: own }),
      }
      return { handshake, peer: { ...peer, handshakeHash }, exchange }
    },
    admit(peer) {
      requireKnown(peer)
      options.authenticated(peer, channel)
    },
  })
  channel.begin()
  return channel
}

const PATTERNS = { pair: IKPSK1, return: IK, confirm: IK } as const
const MODES: readonly Mode[] = ['return', 'pair', 'confirm']
const MAGIC = [0x6f, 0x74, 0x67] // otg
const PREAMBLE_BYTES = MAGIC.length + 2

// The payload of message 1 is empty, and its length leaves no room for one: it could be replayed (section 7.7). That of
// message 2 is empty or the host's commitment.
const MESSAGE_1_BYTES = KEY_BYTES + (KEY_BYTES + TAG_BYTES) + TAG_BYTES
const COMMITTED_BYTES = KEY_BYTES + COMMITMENT_BYTES + TAG_BYTES
const MESSAGE_2_BYTES = { pair: COMMITTED_BYTES, confirm: COMMITTED_BYTES, return: KEY_BYTES + TAG_BYTES } as const

function preamble(mode: Mode): Uint8Array {
  return Uint8Array.of(...MAGIC, CHANNEL_VERSION, MODES.indexOf(mode))
}

function parsePreamble(frame: Uint8Array): Mode {
  if (frame.length < PREAMBLE_BYTES || MAGIC.some((byte, i) => frame[i] !== byte)) throw new Refusal('not a channel')
  const [version, mode] = frame.subarray(MAGIC.length)
  if (version !== CHANNEL_VERSION) throw new Refusal(`channel version ${version}`, CHANNEL_CODES.version)
  if (MODES[mode!] === undefined) throw new Refusal('unknown mode')
  if (frame.length !== PREAMBLE_BYTES + MESSAGE_1_BYTES) throw new Refusal('not the first message of a handshake')
  return MODES[mode!]!
}

/** Finishes message 1 with the secret that matches, trying each on a copy. `undefined`: the pattern has none. */
function trySecrets(begun: HandshakeState, secrets: readonly (Uint8Array | undefined)[]) {
  for (const secret of secrets) {
    const handshake = begun.clone()
    try {
      handshake.readFromPsk(secret)
      return { handshake, secret }
    } catch (error) {
      if (!(error instanceof NoiseError)) throw error
    }
  }
  throw new Refusal('message 1 does not decrypt: wrong secret, wrong key or a changed byte')
}

class Refusal extends Error {
  readonly code: string
  constructor(message: string, code: string = CHANNEL_CODES.refused) {
    super(message)
    this.code = code
  }
}

/** One side of the exchange behind the six digits. */
interface CodeExchange {
  /** This side's contribution. */
  readonly own: Uint8Array
  /** Sends it at once; otherwise once the other side's has come and has been accepted. */
  readonly speaksFirst: boolean
  /** Takes the other side's contribution and returns the digits. */
  finish(theirs: Uint8Array): string
}

interface Agreement {
  handshake: HandshakeState
  peer: Peer
  /** The other side needs to prove nothing more. */
  isAuthenticated?: boolean
  exchange?: CodeExchange
}

/** What the two sides do differently. Throwing refuses the other side. */
interface Side {
  begin(): void
  /** Takes the other side's handshake frame (each side gets one) and finishes the handshake. */
  agree(frame: Uint8Array): Agreement
  /** The other side is authenticated. */
  admit(peer: Peer): void
  /** The channel closed before that. */
  failed?(reason: CloseReason): void
}

class SecureChannel implements Channel {
  readonly #inner: Transport
  readonly #side: Side
  readonly #limits: { messages: number; bytes: number }
  readonly #inbox = new Inbox()
  #state: ChannelState = 'handshake'
  #agreed: { send: CipherState; receive: CipherState; peer: Peer } | undefined
  /** Until the digits are known. */
  #exchange: CodeExchange | undefined
  #pacer: Pacer | undefined
  /** Frames sent before the channel was open; undefined once they were sent on. */
  #outbox: Uint8Array[] | undefined = []
  #outboxBytes = 0
  #started = false
  #undelivered = 0
  #sent = 0
  #received = 0

  constructor({ transport, limits }: CommonOptions, side: Side) {
    this.#inner = transport
    this.#side = side
    this.#limits = limits ?? { messages: REKEY_MESSAGES, bytes: REKEY_BYTES }
  }

  get state(): ChannelState {
    return this.#state
  }

  get peer(): Peer | undefined {
    return this.#state === 'open' ? this.#agreed?.peer : undefined
  }

  get buffered(): number {
    return this.#inner.buffered + this.#outboxBytes + (this.#pacer?.buffered ?? 0)
  }

  begin(): void {
    this.#guard(() => this.#side.begin())
    this.#inner.start({ frame: frame => this.#receive(frame), close: reason => this.#end(reason) })
  }

  start(handlers: TransportHandlers): void {
    this.#started = true
    this.#inbox.start(handlers)
  }

  send(frame: Uint8Array): void {
    if (frame.length > FRAME_BYTES) throw new RangeError(`a frame of ${frame.length} bytes, ${FRAME_BYTES} are allowed`)
    if (this.#state === 'closed') return
    if (!this.#outbox) return this.#pacer ? this.#pacer.send(frame) : this.#seal([frame])
    this.#outboxBytes += frame.length + TAG_BYTES
    if (this.#outboxBytes > HELD_BYTES) this.#fail(CHANNEL_CODES.backlog, 'too much was sent before the handshake')
    else this.#outbox.push(frame)
  }

  pace(milliseconds: number): void {
    this.#pacer ??= new Pacer(frames => this.#seal(frames), milliseconds)
  }

  close(reason: CloseReason): void {
    // The sentence stays here: outside, anyone on the network path can read it.
    if (this.#end(reason)) this.#inner.close({ code: reason.code, reason: 'the channel was closed' })
  }

  #receive(frame: Uint8Array): void {
    if (this.#state === 'closed') return
    if (this.#state === 'handshake') return this.#agree(frame)
    const content = this.#unseal(frame)
    if (!content) return
    const frames = unpadded(content)
    if (!frames) return this.#failCrypto(new NoiseError('message', 'the frames do not fit into it'))
    if (this.#exchange) return this.#finishExchange(this.#exchange, frames)
    if (this.#state === 'unconfirmed') this.#admit()
    for (const one of frames) {
      if (this.#isClosed()) return
      this.#pacer?.received(one)
      this.#deliver(one)
    }
  }

  #agree(frame: Uint8Array): void {
    let isAuthenticated: boolean | undefined
    this.#guard(() => {
      const { handshake, peer, exchange, ...agreed } = this.#side.agree(frame)
      if (this.#isClosed()) return // Sending message 2 or looking up the key may have closed it.
      this.#agreed = { ...handshake.split(BigInt(this.#limits.messages)), peer }
      this.#state = 'unconfirmed'
      this.#exchange = exchange
      isAuthenticated = agreed.isAuthenticated
      if (exchange?.speaksFirst) this.#seal([exchange.own])
    })
    if (isAuthenticated) this.#admit()
  }

  /** The other side's contribution has come: before its own is revealed, the host decides about the phone (`admit`). */
  #finishExchange(exchange: CodeExchange, frames: readonly Uint8Array[]): void {
    this.#guard(() => {
      const [theirs, ...more] = frames
      if (theirs?.length !== CONTRIBUTION_BYTES || more.length > 0)
        throw new Refusal('not a contribution to the digits')
      this.#agreed!.peer.code = exchange.finish(theirs)
    })
    if (this.#isClosed()) return
    this.#exchange = undefined
    this.#admit(exchange.speaksFirst ? undefined : exchange.own)
  }

  /** `first`: sent before everything else, if the peer is not rejected. */
  #admit(first?: Uint8Array): void {
    this.#state = 'open'
    // What is sent meanwhile waits in the outbox: `admit` may reject this peer.
    this.#guard(() => this.#side.admit(this.#agreed!.peer))
    const held = this.#outbox ?? []
    this.#outbox = undefined
    this.#outboxBytes = 0
    if (first && !this.#isClosed()) this.#seal([first])
    for (const frame of held) this.send(frame)
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }

  #seal(frames: readonly Uint8Array[]): void {
    if (this.#state === 'closed') return
    const content = padded(frames, FRAME_BYTES + LENGTH_BYTES)
    this.#sent += content.length
    if (this.#sent > this.#limits.bytes) return this.#exhausted()
    let sealed: Uint8Array
    try {
      sealed = this.#agreed!.send.encrypt(content)
    } catch (error) {
      return this.#failCrypto(error)
    }
    this.#inner.send(sealed)
  }

  #unseal(frame: Uint8Array): Uint8Array | undefined {
    this.#received += frame.length - TAG_BYTES
    if (this.#received > this.#limits.bytes) return this.#exhausted()
    try {
      if (frame.length > NOISE_MESSAGE_BYTES) throw new NoiseError('message', 'too long')
      // Decrypted in place: the frame is ours, and it saves an allocation each time.
      return this.#agreed!.receive.decrypt(frame, undefined, frame.subarray(0, -TAG_BYTES))
    } catch (error) {
      return this.#failCrypto(error)
    }
  }

  #deliver(plaintext: Uint8Array): void {
    if (!this.#started) {
      this.#undelivered += plaintext.length + TAG_BYTES
      if (this.#undelivered > HELD_BYTES) return this.#fail(CHANNEL_CODES.backlog, 'too much was received before start')
    }
    this.#inbox.frame(plaintext)
  }

  /** Runs a step of the handshake; if it throws, the other side is refused. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      const code = error instanceof Refusal ? error.code : CHANNEL_CODES.refused
      this.#fail(code, error instanceof Error ? error.message : String(error))
    }
  }

  #failCrypto(error: unknown): undefined {
    if (error instanceof NoiseError && error.code === NOISE_CODES.exhausted) return this.#exhausted()
    const code = this.#state === 'open' ? CHANNEL_CODES.broken : CHANNEL_CODES.refused
    this.#fail(code, error instanceof Error ? error.message : String(error))
  }

  #exhausted(): undefined {
    this.#fail(CHANNEL_CODES.exhausted, 'the key reached its limits')
  }

  #fail(code: string, reason: string): void {
    this.close({ code, reason })
  }

  /** Returns false if it had ended already. */
  #end(reason: CloseReason): boolean {
    if (this.#state === 'closed') return false
    const hasFailed = this.#state !== 'open'
    this.#state = 'closed'
    this.#agreed?.send.wipe()
    this.#agreed?.receive.wipe()
    this.#agreed = undefined
    this.#exchange = undefined
    this.#pacer?.stop()
    this.#outbox = undefined
    this.#outboxBytes = 0
    this.#inbox.close(reason)
    if (hasFailed) this.#side.failed?.(reason)
    return true
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
