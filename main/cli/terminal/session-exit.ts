// What `run` and `attach` say and exit with when the terminal and the session part. Knows neither of them.
import { constants } from 'node:os'
import { UsageError } from '../command/args.ts'
import type { Context, Given } from '../command/command.ts'
import { shortId } from '../command/session-ids.ts'
import type { Parting } from './attached-terminal.ts'
import { type DetachKey, readDetachKey } from './detach-key.ts'

const FAILED = 1
const READER_GONE = 141
/** A shell's code for a program that ended by signal n is this and n (POSIX, XCU 2.8.2). */
const BY_SIGNAL = 128

/** Throws UsageError. */
export function readKey(context: Context, given: Given): DetachKey | undefined {
  try {
    return readDetachKey(given.values['detach-key'] ?? context.env.OTG_DETACH_KEY)
  } catch (error) {
    throw new UsageError((error as Error).message, given.command?.name)
  }
}

/** Tells it and returns the exit code. The terminal has been restored before. */
export function part({ json, output, program }: Context, parting: Parting): number {
  const { session_id } = parting
  const id = shortId(session_id)
  switch (parting.why) {
    case 'exit': {
      const { state, exit_code, signal } = parting
      if (json) output.json({ session_id, state, exit_code, signal })
      else if (state === 'killed') output.note(`[session ${id} was ended by otg kill or another client]`)
      else if (state === 'expired') output.note(`[session ${id} was ended for being idle]`)
      else if (state !== 'exited') output.note(`[the host stopped, and session ${id} with it]`)
      return exit_code ?? (signal === null ? FAILED : BY_SIGNAL + signalNumber(signal))
    }
    case 'key':
      if (json) output.json({ session_id, detached: true })
      else output.note(`[detached from ${id}; ${program} attach ${id}]`)
      return 0
    case 'signal':
      if (json) output.json({ session_id, detached: true })
      else if (parting.signal !== 'SIGHUP')
        output.note(`[detached from ${id} by ${parting.signal}; ${program} attach ${id}]`)
      return BY_SIGNAL + signalNumber(parting.signal)
    case 'output_gone':
      return READER_GONE
    case 'failed': {
      const { code, message } = parting.error
      const hostGone = code === 'connection_lost' || code === 'probe_failed' || code === 'host_stopping'
      output.error(code, hostGone ? `the host went away, and session ${id} with it` : message)
      return FAILED
    }
  }
}

function signalNumber(name: string): number {
  const named = (constants.signals as Record<string, number>)[name]
  return named ?? (Number(/\d+$/.exec(name)?.[0] ?? 0) || 0)
}
