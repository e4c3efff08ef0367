// otg send: types into a session without looking at it. Knows no other command.
import type { Attached, TerminalSink } from '../../../protocol/client/client-attachment.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { INPUT_BYTES } from '../../../protocol/limits.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { UsageError } from '../command/args.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { type InputWatch, watchInput } from '../terminal/attached-terminal.ts'

const ENTER = '\r'

export const send: Command = (context, given) => {
  const { enter, stdin } = given.flags
  const text = given.operands.slice(1).join(' ')
  if (!stdin && !enter && text === '') throw new UsageError('send needs TEXT, --enter or --stdin', 'send')
  if (stdin && text !== '') throw new UsageError('send takes TEXT or --stdin, not both', 'send')
  return withHost(context, async client => {
    // Window 0: no output comes, so a slow script is no slow client.
    const attached = client.attach(given.operands[0]!, NO_SCREEN, { window: 0 })
    const typed = watchInput(attached)
    const { session_id, state } = await accepted(attached)
    if (state !== 'running') throw new CodedError('session_ended', `the process of session ${session_id} is gone`)
    let bytes = 0
    for await (const part of stdin ? parts(process.stdin) : [Buffer.from(text)]) {
      await type(attached, typed, part)
      bytes += part.length
    }
    if (enter) await type(attached, typed, Buffer.from(ENTER))
    client.detach(attached)
    if (context.json) context.output.json({ session_id, bytes: bytes + (enter ? ENTER.length : 0) })
    return 0
  })
}

const NO_SCREEN: TerminalSink = { write: (_bytes, done) => done(), resize: () => {}, reset: () => {} }

function accepted(attached: Attached): Promise<SessionInfo> {
  return new Promise((resolve, reject) => {
    attached.on('session', ({ session }) => resolve(session))
    attached.on('failed', reject)
  })
}

/** Types and waits until it has arrived, so that a program that does not read holds the sender up. */
async function type(attached: Attached, typed: InputWatch, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; at += INPUT_BYTES) {
    attached.type(bytes.subarray(at, at + INPUT_BYTES))
    await typed.arrived()
  }
}

async function* parts(stdin: NodeJS.ReadStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stdin) yield chunk as Buffer
}
