// What `run` and `attach` print and exit with when the terminal detaches or the session ends.
import { UsageError } from '../command/args.ts'
import type { Context, ParsedArgs } from '../command/command.ts'
import { exitCodeOfSignal, FAILED, OK, READER_GONE } from '../command/exit-codes.ts'
import { shortId } from '../command/session-ids.ts'
import type { AttachEnd } from './attached-terminal.ts'
import { type DetachKey, readDetachKey } from './detach-key.ts'

/** Throws UsageError. */
export function readDetachOption(context: Context, parsed: ParsedArgs): DetachKey | undefined {
  try {
    return readDetachKey(parsed.values['detach-key'] ?? context.env.OTG_DETACH_KEY)
  } catch (error) {
    throw new UsageError((error as Error).message, parsed.command?.name)
  }
}

/** Prints what happened and returns the exit code. The terminal has to be restored by then. */
export function reportEnd({ json, output, program }: Context, end: AttachEnd): number {
  const { session_id } = end
  const id = shortId(session_id)
  switch (end.why) {
    case 'exit': {
      const { state, exit_code, signal } = end
      if (json) output.json({ session_id, state, exit_code, signal })
      else if (state === 'killed') output.note(`[session ${id} was ended by otg kill or another client]`)
      else if (state === 'expired') output.note(`[session ${id} was ended because it was idle]`)
      else if (state !== 'exited') output.note(`[the host stopped, which ended session ${id}]`)
      return exit_code ?? (signal === null ? FAILED : exitCodeOfSignal(signal))
    }
    case 'key':
      if (json) output.json({ session_id, detached: true })
      else output.note(`[detached; to return: ${program} attach ${id}]`)
      return OK
    case 'signal':
      if (json) output.json({ session_id, detached: true })
      else if (end.signal !== 'SIGHUP') output.note(`[detached by ${end.signal}; to return: ${program} attach ${id}]`)
      return exitCodeOfSignal(end.signal)
    case 'output_gone':
      return READER_GONE
    case 'failed': {
      const { code, message } = end.error
      const hostGone = code === 'connection_lost' || code === 'probe_failed' || code === 'host_stopping'
      output.error(code, hostGone ? `the host stopped, which ended session ${id}` : message)
      return FAILED
    }
  }
}
