// Follows the session list until a command has what it waits for.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'

export interface SessionWatch<T> {
  /** Called with the present list, and again after each change. What it returns, unless undefined, ends the watch. */
  changed(sessions: SessionInfo[]): T | undefined
  /** Milliseconds; undefined: forever. */
  timeout?: number | undefined
  /** The result after the timeout. */
  timedOut?(): T
}

/** Resolves with the result. Rejects when the host stops, and with what `changed` throws. */
export function watchSessions<T>(client: LocalClient, watch: SessionWatch<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer =
      watch.timeout === undefined
        ? undefined
        : setTimeout(() => finish(() => resolve(watch.timedOut!())), watch.timeout)
    let isDone = false
    const finish = (settle: () => void) => {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      for (const off of offs) off()
      settle()
    }
    const offs = [
      client.on('sessions', sessions => {
        try {
          const result = watch.changed(sessions)
          if (result !== undefined) finish(() => resolve(result))
        } catch (error) {
          finish(() => reject(error))
        }
      }),
      client.on('state', state => {
        if (state.name !== 'closed' && state.name !== 'gave_up') return
        const stopped = new CodedError('host_stopping', 'the host has stopped')
        finish(() => reject(state.error.code === 'connection_lost' ? stopped : state.error))
      }),
    ]
    client.watch()
  })
}
