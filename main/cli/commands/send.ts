// otg send: types into a session without showing its output.
import { setTimeout as wait } from 'node:timers/promises'
import type { ClientAttachment } from '../../../protocol/client/client-attachment.ts'
import type { TerminalSink } from '../../../protocol/client/log-applier.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { INPUT_BYTES } from '../../../protocol/limits.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { UsageError } from '../command/args.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { type InputTracker, trackInput } from '../terminal/attached-terminal.ts'

const ENTER = '\r'

/**
 * Agents take an Enter that follows a text at once for a line of a paste: Gemini CLI within 30 ms, Codex within 120 ms of text
 * that comes faster than a person types.
 */
const ENTER_AFTER_MS = 200

export const send: Command = (context, parsed) => {
  const { enter, stdin } = parsed.flags
  const text = parsed.operands.slice(1).join(' ')
  if (!stdin && !enter && text === '') throw new UsageError('send needs TEXT, --enter or --stdin', 'send')
  if (stdin && text !== '') throw new UsageError('send takes TEXT or --stdin, not both', 'send')
  return withHost(context, async client => {
    // A window of 0 requests no output, so a slow script never becomes a slow client.
    const attached = client.attach(parsed.operands[0]!, NO_SCREEN, { window: 0 })
    const typed = trackInput(attached)
    const { session_id, state } = await untilAccepted(attached)
    if (state !== 'running') throw new CodedError('session_ended', `session ${session_id} has ended`)
    let bytes = 0
    for await (const chunk of stdin ? chunks(process.stdin) : [Buffer.from(text)]) {
      await type(attached, typed, chunk)
      bytes += chunk.length
    }
    if (enter) {
      if (bytes > 0) await wait(ENTER_AFTER_MS)
      await type(attached, typed, Buffer.from(ENTER))
    }
    client.detach(attached)
    if (context.json) context.output.json({ session_id, bytes: bytes + (enter ? ENTER.length : 0) })
    return 0
  })
}

const NO_SCREEN: TerminalSink = { write: (_bytes, done) => done(), resize: () => {}, reset: () => {} }

function untilAccepted(attached: ClientAttachment): Promise<SessionInfo> {
  return new Promise((resolve, reject) => {
    attached.on('session', ({ session }) => resolve(session))
    attached.on('failed', reject)
  })
}

/** Types and waits until the session has taken the bytes, so that a program that does not read blocks the sender. */
async function type(attached: ClientAttachment, typed: InputTracker, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += INPUT_BYTES) {
    attached.type(bytes.subarray(at, at + INPUT_BYTES))
    await typed.delivered()
  }
}

async function* chunks(stdin: NodeJS.ReadStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stdin) yield chunk as Buffer
}
