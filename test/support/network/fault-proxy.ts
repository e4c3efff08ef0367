// A TCP proxy with faults: it drops, stalls, and cuts connections in the middle of a chunk.
import { connect, createServer, type Socket } from 'node:net'

export interface FaultProxy {
  port: number
  /** The number of faults so far, by kind. */
  faults: Record<'dropped' | 'cut' | 'stalled' | 'delayed', number>
  /** Injects no more faults. */
  stopFaults(): void
  close(): Promise<void>
}

/** The average number of bytes between two faults. */
const MEAN_BYTES = 5_000

/** `random` returns 0 ≤ value < 1; a seeded one makes a run repeatable. */
export async function startFaultProxy(
  target: number,
  random: () => number,
  mean_bytes = MEAN_BYTES,
): Promise<FaultProxy> {
  const faults = { dropped: 0, cut: 0, stalled: 0, delayed: 0 }
  const sockets = new Set<Socket>()
  let faultless = false

  const pipe = (from: Socket, to: Socket, budget: { bytes: number }) => {
    // A delayed chunk delays those after it, since TCP preserves order.
    let queue: Promise<void> = Promise.resolve()
    let queued = 0
    const enqueue = (action: () => void): void => {
      if (queued === 0) {
        action()
        return
      }
      queued++
      queue = queue.then(action).finally(() => queued--)
    }
    const forward = (bytes: Buffer) => {
      if (!to.destroyed && !to.write(bytes)) {
        from.pause()
        to.once('drain', () => from.resume())
      }
    }
    const destroy = () => {
      from.destroy()
      to.destroy()
    }
    from.on('data', chunk => {
      budget.bytes -= chunk.length
      if (faultless || budget.bytes > 0) return enqueue(() => forward(chunk))
      budget.bytes = random() * 2 * mean_bytes
      const kind = random()
      if (kind < 0.4) {
        faults.dropped++
        destroy()
      } else if (kind < 0.7) {
        // A part of the chunk arrives, then nothing: the connection ends within a frame.
        faults.cut++
        const part = chunk.subarray(0, Math.floor(random() * chunk.length))
        from.removeAllListeners('data')
        enqueue(() => {
          forward(part)
          setImmediate(destroy)
        })
      } else if (kind < 0.8) {
        // Discards data: the connection looks open to both ends but carries nothing.
        faults.stalled++
        from.removeAllListeners('data')
        from.resume()
        setTimeout(destroy, 50)
      } else {
        faults.delayed++
        const wait = random() * 20
        queued++
        queue = queue.then(() => new Promise<void>(resolve => setTimeout(resolve, wait))).finally(() => queued--)
        enqueue(() => forward(chunk))
      }
    })
    from.on('error', () => {})
    from.on('close', () => {
      sockets.delete(from)
      to.end()
    })
    sockets.add(from)
  }

  const server = createServer({ noDelay: true }, near => {
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true })
    const budget = { bytes: random() * 2 * mean_bytes }
    pipe(near, far, budget)
    pipe(far, near, budget)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return {
    port: address.port,
    faults,
    stopFaults: () => {
      faultless = true
    },
    close: () =>
      new Promise(resolve => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

/** A small seeded generator (mulberry32), so that a failing run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }
}
