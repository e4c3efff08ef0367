// Typed event listeners.

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
        // Reported to the runtime, as for an EventTarget's listeners: the emitter has other listeners and its own work.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
