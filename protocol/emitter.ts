// Typed listeners for a handful of events. Knows nothing of what they mean.

type Listeners<Events> = { [K in keyof Events]?: Set<(value: Events[K]) => void> }

export class Emitter<Events> {
  readonly #listeners: Listeners<Events> = {}

  /** Calls `listener` at every `name` until the returned function is called. */
  on<K extends keyof Events>(name: K, listener: (value: Events[K]) => void): () => void {
    const set = (this.#listeners[name] ??= new Set())
    set.add(listener)
    return () => set.delete(listener)
  }

  emit<K extends keyof Events>(name: K, value: Events[K]): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        listener(value)
      } catch (error) {
        // Told to the runtime, as an event target's listeners do; who emits has more to do than this listener's work.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
