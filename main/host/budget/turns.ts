// Clients take turns on the main loop, which also carries every session's bytes: however much one of them has sent, another
// one's next frame waits for one turn at most.

/** A turn of the main loop: short next to what a person notices, long next to what it costs to change turns. */
export const TURN_MS = 2

/** A client as the queue sees it. */
export interface TurnTaker {
  /** Works until `until` (performance.now()). False: it has nothing more to do for now. */
  takeTurn(until: number): boolean
}

export class Turns {
  /** The client that was served longest ago comes first. */
  readonly #waiting = new Set<TurnTaker>()
  /** The time that each client has used since the loop last looked for input. */
  readonly #used = new Map<TurnTaker, number>()
  #isScheduled = false

  /**
   * Runs work at once if its client has time left before the loop looks for input again; a key is then no slower than without
   * turns. False: it has not.
   */
  runNow(client: TurnTaker, work: () => void): boolean {
    const used = this.#used.get(client) ?? 0
    if (used >= TURN_MS) return false
    const start = performance.now()
    try {
      work()
    } finally {
      this.#used.set(client, used + performance.now() - start)
      this.#schedule()
    }
    return true
  }

  /** The client has work: it gets a turn. */
  enter(client: TurnTaker): void {
    this.#waiting.add(client)
    this.#schedule()
  }

  leave(client: TurnTaker): void {
    this.#waiting.delete(client)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    // An immediate: before the next one, the loop reads what has arrived and runs due timers.
    setImmediate(() => this.#takeTurn())
  }

  #takeTurn(): void {
    this.#isScheduled = false
    this.#used.clear()
    const [client] = this.#waiting
    if (!client) return
    this.#waiting.delete(client)
    if (client.takeTurn(performance.now() + TURN_MS)) this.#waiting.add(client)
    if (this.#waiting.size > 0) this.#schedule()
  }
}
