// The encrypted channel: a Transport around a Transport, by Noise IKpsk1 to pair and IK to return. Knows nothing of
// what the frames say, of who may come in, or of how long anybody may take.
//
// On the wire: `otg`, version, mode and Noise message 1 in one frame; Noise message 2; then a Noise transport message
// per frame. The five bytes in front are the prologue, so that changing them spoils the handshake.

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

export const CHANNEL_VERSION = 1

/**
 * Frames in one direction under one key. Noise would allow 2^64 - 1 (section 5.1); this is five days at 10,000 frames a
 * second, and exact in JavaScript's numbers.
 */
export const REKEY_FRAMES = 2 ** 32

/**
 * Bytes in one direction under one key: 64 GiB, twenty minutes of the fastest flood, a key's whole life for a phone.
 * ChaCha20-Poly1305 itself would bear far more; it bounds what one stolen key opens.
 */
export const REKEY_BYTES = 2 ** 36

/**
 * What is held for a side that is not there yet: sent before the handshake is over, or received before `start`. A hello,
 * an attach and a first paste fit; more means that nobody is listening.
 */
export const HELD_BYTES = 2 * 1024 * 1024

/**
 * Why a channel closes of itself. The other side learns the code and nothing else. During the handshake there is one
 * code for every cause, and only `version_unsupported` beside it, which is decided before any key is looked at.
 */
export const CHANNEL_CODES = {
  /** The handshake failed: unknown or revoked device, wrong secret, wrong host, or bytes that are not ours. */
  refused: 'channel_refused',
  /** The other side speaks a version of the channel that this one does not. */
  version: 'version_unsupported',
  /** A frame did not decrypt: changed, repeated, lost or out of order on its way. */
  broken: 'channel_broken',
  /** The key has done its work; open a new channel. */
  exhausted: 'channel_exhausted',
  /** More than HELD_BYTES waited for the handshake or for `start`. */
  backlog: 'channel_backlog',
} as const

/** `pair`: a new device, which proves itself by the secret of the QR code. `return`: one whose key the host knows. */
export type Mode = 'pair' | 'return'

/**
 * `handshake`: messages are being exchanged. `unconfirmed`: the responder has answered, but has not yet seen a frame
 * that decrypts, so message 1 may be a recording. `open`: the other side is authenticated.
 */
export type ChannelState = 'handshake' | 'unconfirmed' | 'open' | 'closed'

/** Who is at the other end. */
export interface Peer {
  mode: Mode
  publicKey: Uint8Array
  /** The same on both sides and in no other channel; `shortCode` makes it readable. */
  handshakeHash: Uint8Array
  /** The responder's, in mode `pair`: which of the secrets it was. */
  secret?: Uint8Array
}

/**
 * Frames here are FRAME_BYTES at most, those of the transport inside 16 more. The initiator speaks first. A close that
 * the other side, or somebody on the way, gave to the transport inside comes through as it is: no key is to be forgotten
 * because of one. What the other side must be able to trust is said in a frame before closing.
 */
export interface Channel extends Transport {
  readonly state: ChannelState
  /** Set from `open` on. */
  readonly peer: Peer | undefined
}

interface CommonOptions {
  /** Not started; the channel starts and closes it. It need not be open yet: message 1 is computed meanwhile. */
  transport: Transport
  staticKey: KeyPair
  /** For tests. */
  limits?: { frames: number; bytes: number }
  /** Other implementations of the same functions, where they are faster. */
  suite?: Suite
}

export type OpenOptions = CommonOptions & {
  /** The host's public key. */
  remoteStatic: Uint8Array
  authenticated?(peer: Peer, channel: Channel): void
} & ({ mode: 'pair'; psk: Uint8Array } | { mode: 'return' })

export interface AcceptOptions extends CommonOptions {
  /** The pairing secrets that live now: none, one or two. */
  secrets(): readonly Uint8Array[]
  /** Whether this is the key of a paired, unrevoked device. Asked at message 1 and again when the peer is authenticated. */
  knows(publicKey: Uint8Array): boolean
  /**
   * The first transport frame has decrypted, and is delivered when this returns. Call `start` here. To turn the peer
   * away (the secret was claimed by another), close the channel here, and the frame is not delivered.
   */
  authenticated(peer: Peer, channel: Channel): void
}

/** The initiator's end: a phone. What is sent before the handshake is over is held until then. */
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
      if (frame.length !== MESSAGE_2_BYTES) throw new Refusal('not the second message of a handshake')
      handshake!.readMessage(frame)
      return { handshake: handshake!, peer: { mode, publicKey: remoteStatic } }
    },
    // Only the host can have made message 2, and for this handshake (section 7.7: authentication 2), so it is enough.
    agreed: 'open',
    admit: peer => options.authenticated?.(peer, channel),
  })
  channel.begin()
  return channel
}

/** The responder's end: the host. Nothing is delivered or sent, and nobody told, before the peer is authenticated. */
export function acceptChannel(options: AcceptOptions): Channel {
  const { transport, staticKey, suite } = options
  const recognise = (peer: Omit<Peer, 'handshakeHash'>) => {
    if (peer.mode === 'return' && !options.knows(peer.publicKey)) throw new Refusal('no paired device has this key')
  }
  const channel = new SecureChannel(options, {
    begin() {},
    agree(frame) {
      const mode = parsePreamble(frame)
      const prologue = frame.slice(0, PREAMBLE_BYTES)
      const begun = new HandshakeState({ pattern: PATTERNS[mode], initiator: false, prologue, staticKey, suite })
      // No secret alive: not worth a computation. That there is no QR code on show is all this gives away.
      const secrets = mode === 'pair' ? options.secrets() : [undefined]
      if (secrets.length === 0) throw new Refusal('nobody is being paired')
      begun.readToPsk(frame.subarray(PREAMBLE_BYTES))
      const { handshake, secret } = trySecrets(begun, secrets)
      const peer = { mode, publicKey: handshake.remoteStatic!, ...(secret && { secret }) }
      // After all of message 1, so that only the key's owner can ask whether it is known.
      recognise(peer)
      transport.send(handshake.writeMessage())
      return { handshake, peer }
    },
    agreed: 'unconfirmed',
    admit(peer) {
      recognise(peer)
      options.authenticated(peer, channel)
    },
  })
  channel.begin()
  return channel
}

const PATTERNS = { pair: IKPSK1, return: IK } as const
const MODES: readonly Mode[] = ['return', 'pair']
const NAME = [0x6f, 0x74, 0x67] // otg
const PREAMBLE_BYTES = NAME.length + 2

// Payloads are empty, and the lengths leave no room for any: what message 1 carries could be replayed (section 7.7).
const MESSAGE_1_BYTES = KEY_BYTES + (KEY_BYTES + TAG_BYTES) + TAG_BYTES
const MESSAGE_2_BYTES = KEY_BYTES + TAG_BYTES

function preamble(mode: Mode): Uint8Array {
  return Uint8Array.of(...NAME, CHANNEL_VERSION, MODES.indexOf(mode))
}

function parsePreamble(frame: Uint8Array): Mode {
  if (frame.length < PREAMBLE_BYTES || NAME.some((byte, i) => frame[i] !== byte)) throw new Refusal('not a channel')
  const [version, mode] = frame.subarray(NAME.length)
  if (version !== CHANNEL_VERSION) throw new Refusal(`channel version ${version}`, CHANNEL_CODES.version)
  if (MODES[mode!] === undefined) throw new Refusal('unknown mode')
  if (frame.length !== PREAMBLE_BYTES + MESSAGE_1_BYTES) throw new Refusal('not the first message of a handshake')
  return MODES[mode!]!
}

/** Finishes message 1 with whichever secret fits, each tried on a copy. `undefined` stands for a pattern without one. */
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

/** What the two sides do differently. Whatever these throw refuses the other side. */
interface Side {
  begin(): void
  /** Takes the other side's handshake frame (each side gets one) and ends up with a finished handshake. */
  agree(frame: Uint8Array): { handshake: HandshakeState; peer: Omit<Peer, 'handshakeHash'> }
  /** The state after that. */
  readonly agreed: 'open' | 'unconfirmed'
  /** The other side is authenticated. */
  admit(peer: Peer): void
}

class SecureChannel implements Channel {
  readonly #inner: Transport
  readonly #side: Side
  readonly #limits: { frames: number; bytes: number }
  readonly #inbox = new Inbox()
  #state: ChannelState = 'handshake'
  #agreed: { send: CipherState; receive: CipherState; peer: Peer } | undefined
  /** Frames sent too early; undefined once they are on their way. */
  #outbox: Uint8Array[] | undefined = []
  #outboxBytes = 0
  #started = false
  #undelivered = 0
  #sent = 0
  #received = 0

  constructor({ transport, limits }: CommonOptions, side: Side) {
    this.#inner = transport
    this.#side = side
    this.#limits = limits ?? { frames: REKEY_FRAMES, bytes: REKEY_BYTES }
  }

  get state(): ChannelState {
    return this.#state
  }

  get peer(): Peer | undefined {
    return this.#state === 'open' ? this.#agreed?.peer : undefined
  }

  get buffered(): number {
    return this.#inner.buffered + this.#outboxBytes
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
    if (!this.#outbox) return this.#seal(frame)
    this.#outboxBytes += frame.length + TAG_BYTES
    if (this.#outboxBytes > HELD_BYTES) this.#fail(CHANNEL_CODES.backlog, 'too much was sent before the handshake')
    else this.#outbox.push(frame)
  }

  close(reason: CloseReason): void {
    // The sentence stays here: outside, everybody on the way can read it.
    if (this.#end(reason)) this.#inner.close({ code: reason.code, reason: 'the channel was closed' })
  }

  #receive(frame: Uint8Array): void {
    if (this.#state === 'closed') return
    if (this.#state === 'handshake') return this.#agree(frame)
    const plaintext = this.#unseal(frame)
    if (!plaintext) return
    if (this.#state === 'unconfirmed') this.#admit()
    this.#deliver(plaintext)
  }

  #agree(frame: Uint8Array): void {
    this.#guard(() => {
      const { handshake, peer } = this.#side.agree(frame)
      if (this.#state === 'closed') return // Sending the answer, or asking who that is, may have closed it.
      const { handshakeHash } = handshake
      this.#agreed = { ...handshake.split(BigInt(this.#limits.frames)), peer: { ...peer, handshakeHash } }
      this.#state = this.#side.agreed
    })
    if (this.#state === 'open') this.#admit()
  }

  #admit(): void {
    this.#state = 'open'
    // What is sent meanwhile waits in the outbox: it may turn out that this peer is not welcome.
    this.#guard(() => this.#side.admit(this.#agreed!.peer))
    const held = this.#outbox ?? []
    this.#outbox = undefined
    this.#outboxBytes = 0
    for (const frame of held) this.send(frame)
  }

  #seal(frame: Uint8Array): void {
    this.#sent += frame.length
    if (this.#sent > this.#limits.bytes) return this.#exhausted()
    let sealed: Uint8Array
    try {
      sealed = this.#agreed!.send.encrypt(frame)
    } catch (error) {
      return this.#spoiled(error)
    }
    this.#inner.send(sealed)
  }

  #unseal(frame: Uint8Array): Uint8Array | undefined {
    this.#received += frame.length - TAG_BYTES
    if (this.#received > this.#limits.bytes) return this.#exhausted()
    try {
      if (frame.length > NOISE_MESSAGE_BYTES) throw new NoiseError('message', 'too long')
      // Decrypted where it lies: the frame is ours and of no use to anybody else. It saves an allocation each time.
      return this.#agreed!.receive.decrypt(frame, undefined, frame.subarray(0, -TAG_BYTES))
    } catch (error) {
      return this.#spoiled(error)
    }
  }

  #deliver(plaintext: Uint8Array): void {
    if (!this.#started) {
      this.#undelivered += plaintext.length + TAG_BYTES
      if (this.#undelivered > HELD_BYTES) return this.#fail(CHANNEL_CODES.backlog, 'too much came before start')
    }
    this.#inbox.frame(plaintext)
  }

  /** Runs a step of the handshake; whatever it throws, the other side is refused. */
  #guard(step: () => void): void {
    try {
      step()
    } catch (error) {
      const code = error instanceof Refusal ? error.code : CHANNEL_CODES.refused
      this.#fail(code, error instanceof Error ? error.message : String(error))
    }
  }

  #spoiled(error: unknown): undefined {
    if (error instanceof NoiseError && error.code === NOISE_CODES.exhausted) return this.#exhausted()
    const code = this.#state === 'open' ? CHANNEL_CODES.broken : CHANNEL_CODES.refused
    this.#fail(code, error instanceof Error ? error.message : String(error))
  }

  #exhausted(): undefined {
    this.#fail(CHANNEL_CODES.exhausted, 'the key was used for as much as it may be')
  }

  #fail(code: string, reason: string): void {
    this.close({ code, reason })
  }

  /** Returns false when it was over already. */
  #end(reason: CloseReason): boolean {
    if (this.#state === 'closed') return false
    this.#state = 'closed'
    this.#agreed?.send.wipe()
    this.#agreed?.receive.wipe()
    this.#agreed = undefined
    this.#outbox = undefined
    this.#outboxBytes = 0
    this.#inbox.close(reason)
    return true
  }
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
