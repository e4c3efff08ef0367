// What waits to be done for several who ask: they take turns, whoever asks for how much. Knows nothing of what is done.

export interface Queued {
  asker: string
}

export class RoundRobin<T extends Queued> {
  readonly #waiting: T[] = []
  /** When each was last served. Never forgotten: who asks anew must not overtake who waits. They are as many as devices. */
  readonly #served = new Map<string, number>()
  #turn = 0

  get length(): number {
    return this.#waiting.length
  }

  of(asker: string): number {
    return this.#waiting.filter(one => one.asker === asker).length
  }

  push(one: T): void {
    this.#waiting.push(one)
  }

  /** Takes out what is next: of who was served longest ago, what came first. */
  next(): T | undefined {
    let best: T | undefined
    for (const one of this.#waiting) if (!best || this.#last(one) < this.#last(best)) best = one
    if (!best) return undefined
    this.#served.set(best.asker, ++this.#turn)
    this.#waiting.splice(this.#waiting.indexOf(best), 1)
    return best
  }

  /** Takes out the first that is meant. */
  take(isMeant: (one: T) => boolean): T | undefined {
    const index = this.#waiting.findIndex(isMeant)
    return index < 0 ? undefined : this.#waiting.splice(index, 1)[0]
  }

  takeAll(): T[] {
    return this.#waiting.splice(0)
  }

  #last({ asker }: T): number {
    return this.#served.get(asker) ?? 0
  }
}
