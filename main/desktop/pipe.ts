// Two transports tied together, frame by frame. Knows nothing of what is in a frame.
import type { Transport } from '../../protocol/transport.ts'

/**
 * What one side receives the other sends; when one closes, so does the other. Nothing is held back here: each client's
 * window of unacknowledged output bounds what can be under way.
 */
export function pipe(a: Transport, b: Transport): void {
  a.start({ frame: frame => b.send(frame), close: reason => b.close(reason) })
  b.start({ frame: frame => a.send(frame), close: reason => a.close(reason) })
}
