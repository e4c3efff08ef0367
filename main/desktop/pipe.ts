// Connects two transports, frame by frame.
import type { Transport } from '../../protocol/transport.ts'

/**
 * What one receives, the other sends; when one closes, so does the other. No backpressure is needed here: each client's
 * window of unacknowledged output bounds what is in flight.
 */
export function pipe(a: Transport, b: Transport): void {
  a.start({ frame: frame => b.send(frame), close: reason => b.close(reason) })
  b.start({ frame: frame => a.send(frame), close: reason => a.close(reason) })
}
