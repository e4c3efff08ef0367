// A place in a session's log. Knows nothing of who is there.

/** `offset`: bytes of output since the session's birth. `n`: the number of resizes before this place. */
export interface Position {
  offset: number
  n: number
}

export const BIRTH: Position = { offset: 0, n: 0 }
