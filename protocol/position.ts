// A position in a session's log.

/** `offset`: bytes of output since the session began. `n`: the number of resizes before this position. */
export interface Position {
  offset: number
  n: number
}

export const LOG_START: Position = { offset: 0, n: 0 }

/** Negative: `a` is before `b` in the log. Both numbers of a position only grow. */
export function comparePositions(a: Position, b: Position): number {
  return a.offset - b.offset || a.n - b.n
}
