// Maps and sets that forget what was added first.

export interface BoundedMapOptions<K, V> {
  /** Entries are dropped after this many milliseconds. */
  ttl_ms?: number
  /** Called with what is dropped: displaced, replaced, expired or cleared; not with what is taken. */
  dispose?: (value: V, key: K) => void
}

/** At most `max` entries; one more drops the one that was set longest ago. */
export class BoundedMap<K, V> {
  readonly #max: number
  readonly #options: BoundedMapOptions<K, V>
  readonly #entries = new Map<K, { value: V; timer: NodeJS.Timeout | undefined }>()

  constructor(max: number, options: BoundedMapOptions<K, V> = {}) {
    this.#max = max
    this.#options = options
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value
  }

  /** Removes an entry without disposing of it: the caller owns it now. */
  take(key: K): V | undefined {
    const entry = this.#entries.get(key)
    this.#entries.delete(key)
    clearTimeout(entry?.timer)
    return entry?.value
  }

  set(key: K, value: V): void {
    this.drop(key)
    const { ttl_ms } = this.#options
    const timer = ttl_ms === undefined ? undefined : setTimeout(() => this.drop(key), ttl_ms).unref()
    this.#entries.set(key, { value, timer })
    if (this.#entries.size > this.#max) this.drop(this.#entries.keys().next().value!)
  }

  drop(key: K): void {
    const entry = this.#entries.get(key)
    if (!entry) return
    this.#entries.delete(key)
    clearTimeout(entry.timer)
    this.#options.dispose?.(entry.value, key)
  }
}

/** At most `max` values; one more drops the one that was added first. */
export class BoundedSet<T> {
  readonly #max: number
  readonly #values: Set<T>

  constructor(max: number, values: Iterable<T> = []) {
    this.#max = max
    this.#values = new Set(values)
  }

  has(value: T): boolean {
    return this.#values.has(value)
  }

  /** False: it was there already. */
  add(value: T): boolean {
    if (this.#values.has(value)) return false
    this.#values.add(value)
    if (this.#values.size > this.#max) this.#values.delete(this.#values.values().next().value!)
    return true
  }

  copy(): BoundedSet<T> {
    return new BoundedSet(this.#max, this.#values)
  }
}
