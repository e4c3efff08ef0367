// The title as attached clients know it.
import type { AttachedClient } from '../attachable.ts'

export class SentTitle {
  readonly #title: () => string
  readonly #clients: Iterable<AttachedClient>
  #sent: string

  constructor(title: () => string, clients: Iterable<AttachedClient>) {
    this.#title = title
    this.#clients = clients
    this.#sent = title()
  }

  /** Tells attached clients if the title is another one. True: it is. */
  update(): boolean {
    const title = this.#title()
    if (title === this.#sent) return false
    this.#sent = title
    for (const client of this.#clients) client.send({ type: 'title', handle: client.options.handle, title })
    return true
  }
}
