// A queue in which clients take turns, however much each of them has queued.

export interface Queued {
  client: string
}

export class RoundRobin<T extends Queued> {
  readonly #waiting: T[] = []
  /** When each client was last served. Never deleted (there are only as many as devices): a client that comes back must
   * not overtake those that wait. */
  readonly #served = new Map<string, number>()
  #turn = 0

  get length(): number {
    return this.#waiting.length
  }

  /** How many items of this client wait. */
  count(client: string): number {
    return this.#waiting.filter(item => item.client === client).length
  }

  push(item: T): void {
    this.#waiting.push(item)
  }

  /** Takes out what is next: the oldest item of the client that was served longest ago. */
  next(): T | undefined {
    let best: T | undefined
    for (const item of this.#waiting) if (!best || this.#servedAt(item) < this.#servedAt(best)) best = item
    if (!best) return undefined
    this.#served.set(best.client, ++this.#turn)
    this.#waiting.splice(this.#waiting.indexOf(best), 1)
    return best
  }

  /** Takes out the first item that matches. */
  take(matches: (item: T) => boolean): T | undefined {
    const index = this.#waiting.findIndex(matches)
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]
  }

  takeAll(): T[] {
    return this.#waiting.splice(0)
  }

  #servedAt({ client }: T): number {
    return this.#served.get(client) ?? 0
  }
}
