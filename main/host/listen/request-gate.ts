// Lets one request at a time through to Node's HTTP parser. Node parses all the pipelined requests that it receives, each into
// objects of some kilobytes, and opens an answer for each: 64 KB of them would cost megabytes and milliseconds. Here those
// after the first wait unread, and the socket is paused. A gate also ends peers that send or read too slowly.
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** Durations in milliseconds; tests shorten them. */
export interface GateTiming {
  /** The head of a request, which may trickle in (slow loris), is answered with 408 after this (case 32). */
  headers_ms: number
  /** A page requests everything at once; afterwards its connections only occupy sockets. */
  keep_alive_ms: number
  /** A peer that takes none of a response for this long is gone, or pretends to be. */
  stalled_ms: number
  /** A whole response: the largest file, 150 KB compressed, at 2.5 KB/s, which is less than EDGE. */
  response_ms: number
}

export const GATE_TIMING: GateTiming = {
  headers_ms: 5_000,
  keep_alive_ms: 5_000,
  stalled_ms: 5_000,
  response_ms: 60_000,
}

/** The head of a request (request line and headers). Browsers send 1 KB; proxies add to it. */
export const HEAD_BYTES = 16 * 1024

/** How much of a response is handed to the system at once: the unit in which progress is noticed. */
const WRITE_BYTES = 16 * 1024

/** After the last response, unread bytes of the peer are discarded for this long: a reset would erase the response on its way. */
const LINGER_MS = 1_000
/** And this many: what a browser had under way. One that goes on sending would occupy the main loop. */
const LINGER_BYTES = 64 * 1024

const HEAD_END = Buffer.from('\r\n\r\n')
const CR = 13

export class RequestGate extends Duplex {
  readonly socket: Socket
  readonly #timing: GateTiming
  readonly #reset: () => void
  /** Received, and not let through yet: at most one read of the system, 64 KB. */
  #held: Buffer = NOTHING
  /** How many bytes of HEAD_END the head that is let through ends with at the moment. */
  #matched = 0
  /** The head of a request has begun to arrive. */
  #begun = true
  /** `answering`: a whole head was let through, and nothing more is until `next`. */
  #state: 'reading' | 'answering' | 'ending' | 'released' = 'reading'
  /** Received since the end. */
  #discarded = 0
  #timer: NodeJS.Timeout | undefined
  #responseTimer: NodeJS.Timeout | undefined

  /** `socket`: just accepted, with TLS if there is any. `reset` resets the connection below it. */
  constructor(socket: Socket, timing: GateTiming, reset: () => void) {
    super({ allowHalfOpen: true })
    this.socket = socket
    this.#timing = timing
    this.#reset = reset
    socket.on('data', this.#received)
    socket.on('end', this.#ended)
    socket.on('close', this.#closed)
    socket.on('error', ignore) // `close` follows
    this.#wait(timing.headers_ms, this.#late)
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress
  }

  /** The response to the request was written: the next one may pass. */
  next(): void {
    if (this.#state !== 'answering') return
    clearTimeout(this.#responseTimer)
    this.#state = 'reading'
    this.#begun = this.#held.length > 0
    if (this.#begun) this.#wait(this.#timing.headers_ms, this.#late)
    // In order: the system goes on to deliver what it has of the last response.
    else this.#wait(this.#timing.keep_alive_ms, () => this.destroy())
    this.#pass()
    // More is read only when what is held has no whole request: each read would add more than a request takes away.
    if (this.#state === 'reading') this.socket.resume()
  }

  /** Hands the socket over, and returns what was received after the request that asked for it. The gate then does nothing. */
  release(): Buffer {
    this.#state = 'released'
    this.#clear()
    this.socket.pause()
    this.socket.off('data', this.#received)
    this.socket.off('end', this.#ended)
    this.socket.off('close', this.#closed)
    return this.#held
  }

  /** Answers with only a status, and ends. */
  refuse(status: string): void {
    if (this.#isOver) return
    this.#end()
    this.socket.end(statusOnly(status))
  }

  /** Node's HTTP server calls this after the last response of a connection. */
  destroySoon(): void {
    this.end()
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    let at = 0
    const write = (error?: Error | null) => {
      if (error || at >= chunk.length || this.#isOver) {
        if (!this.#isOver) clearTimeout(this.#timer)
        return done(error)
      }
      const part = chunk.subarray(at, at + WRITE_BYTES)
      at += part.length
      this.#wait(this.#timing.stalled_ms, this.#abort)
      this.socket.write(part, write)
    }
    write()
  }

  override _final(done: () => void): void {
    if (!this.#isOver) {
      this.#end()
      this.socket.end()
    }
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#clear()
    if (this.#state !== 'released') this.socket.destroy()
    done(error)
  }

  get #isOver(): boolean {
    return this.#state === 'ending' || this.#state === 'released' || this.destroyed
  }

  readonly #received = (chunk: Buffer) => {
    if (this.#state === 'ending') {
      this.#discarded += chunk.length
      if (this.#discarded > LINGER_BYTES) this.destroy()
    }
    if (this.#isOver) return
    if (!this.#begun) {
      this.#begun = true
      this.#wait(this.#timing.headers_ms, this.#late)
    }
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk])
    if (this.#state === 'answering') this.socket.pause()
    else this.#pass()
  }

  readonly #ended = () => this.push(null)
  readonly #closed = () => this.destroy()
  readonly #late = () => this.refuse('408 Request Timeout')

  /** In an orderly close, the system would keep what a peer does not read for minutes. */
  readonly #abort = () => {
    this.#reset()
    this.destroy()
  }

  /** Lets through what belongs to one request. */
  #pass(): void {
    const held = this.#held
    for (let at = 0; at < held.length; at++) {
      const byte = held[at]!
      this.#matched = byte === HEAD_END[this.#matched] ? this.#matched + 1 : byte === CR ? 1 : 0
      if (this.#matched < HEAD_END.length) continue
      this.#matched = 0
      this.#held = held.subarray(at + 1)
      this.#state = 'answering'
      this.#responseTimer = setTimeout(this.#abort, this.#timing.response_ms)
      this.push(held.subarray(0, at + 1))
      return
    }
    this.#held = NOTHING
    if (held.length > 0) this.push(held)
  }

  #end(): void {
    this.#state = 'ending'
    this.#clear()
    this.#held = NOTHING
    this.socket.resume()
    this.#timer = setTimeout(() => this.destroy(), LINGER_MS)
  }

  #wait(milliseconds: number, then: () => void): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(then, milliseconds)
  }

  #clear(): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#responseTimer)
  }
}

/** A response without a body, after which the connection ends. */
export function statusOnly(status: string): string {
  return `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`
}

const NOTHING = Buffer.alloc(0)
const ignore = () => {}
