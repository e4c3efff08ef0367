// otg export: writes a session's output to a file or to standard output.
import { once } from 'node:events'
import { extname } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'
import { ExportFormat } from '../../../protocol/messages.ts'
import { NewFile } from '../../host/files/new-file.ts'
import { UsageError } from '../command/args.ts'
import type { Command, Context, ParsedArgs } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { exitCodeOfSignal } from '../command/exit-codes.ts'

/** Each of these would end the process and leave an unfinished file behind. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/** The default format for a file extension. */
const FORMATS: Record<string, ExportFormat> = {
  '.cast': 'cast',
  '.html': 'html',
  '.htm': 'html',
  '.raw': 'raw',
  '.bin': 'raw',
}

export const exportSession: Command = async (context, parsed) => {
  const { output, json } = context
  const { values, flags, lists } = parsed
  const file = values.output === '-' ? undefined : values.output
  const format = formatOf(parsed, file)
  if (format === 'raw' && file === undefined && output.isTerminal)
    throw new UsageError('raw output is not printed to a terminal; name a file with -o', 'export')
  const redact = { patterns: lists.redact ?? [], secrets: flags['redact-secrets'] === true }
  const span = { ...readSeconds(parsed, 'from'), ...readSeconds(parsed, 'to') }
  const stop = new AbortController()
  let ended: (typeof SIGNALS)[number] = 'SIGINT'
  const interrupt = (signal: NodeJS.Signals) => {
    // The second one does not wait for the host.
    if (stop.signal.aborted) {
      sink.undo()
      process.exit(exitCodeOfSignal(signal as typeof ended))
    }
    ended = signal as typeof ended
    stop.abort()
  }
  const sink = file === undefined ? toOutput() : toFile(file)
  for (const signal of SIGNALS) process.on(signal, interrupt)
  const progress = createProgress(context)
  try {
    const { bytes, redacted } = await withHost(context, client =>
      client.history.export(
        parsed.operands[0]!,
        { format, redact, ...span, progress: progress.update, signal: stop.signal },
        sink.take,
      ),
    )
    sink.done()
    progress.clear()
    if (json && file !== undefined) output.json({ file, format, bytes, redacted })
    else if (file !== undefined && output.isTerminal)
      output.note(`Wrote ${bytes} bytes to ${file}.${redacted > 0 ? ` Matches redacted: ${redacted}.` : ''}`)
    return 0
  } catch (error) {
    progress.clear()
    sink.undo()
    if (!stop.signal.aborted) throw error
    return exitCodeOfSignal(ended)
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupt)
  }
}

function formatOf({ values }: ParsedArgs, file: string | undefined): ExportFormat {
  if (values.format === undefined) return FORMATS[extname(file ?? '').toLowerCase()] ?? 'txt'
  const known = ExportFormat.safeParse(values.format)
  if (known.success) return known.data
  throw new UsageError(`--format takes ${ExportFormat.options.join(', ')}, not ${values.format}`, 'export')
}

function readSeconds({ values }: ParsedArgs, option: 'from' | 'to'): { from?: number; to?: number } {
  const text = values[option]
  if (text === undefined) return {}
  const seconds = Number(text)
  if (!/^\d+(\.\d+)?$/.test(text))
    throw new UsageError(`--${option} takes seconds since the session began, not ${text}`, 'export')
  return { [option]: Math.round(seconds * 1000) }
}

interface Sink {
  take(bytes: Uint8Array): unknown
  done(): void
  undo(): void
}

function toOutput(): Sink {
  const { stdout } = process
  return {
    take: async bytes => {
      if (!stdout.write(bytes)) await once(stdout, 'drain')
    },
    done: () => {},
    undo: () => {},
  }
}

/** Readable by its owner only, like the history. */
function toFile(path: string): Sink {
  const attempt = <T>(action: () => T): T => {
    try {
      return action()
    } catch (cause) {
      throw new CodedError('export_failed', `cannot write ${path}: ${(cause as Error).message}`, { cause })
    }
  }
  const file = attempt(() => new NewFile(path))
  return {
    take: bytes => attempt(() => file.write(bytes)),
    done: () => attempt(() => file.finish()),
    undo: () => file.undo(),
  }
}

/** Shows progress on standard error if that is a terminal. */
function createProgress({ json }: Context): { update: (done: number, total: number) => void; clear: () => void } {
  const shown = process.stderr.isTTY === true && !json
  let any = false
  return {
    update: (done, total) => {
      if (!shown || total === 0) return
      any = true
      process.stderr.write(`\r\x1b[K${Math.floor((100 * done) / total)} % …`)
    },
    clear: () => {
      if (any) process.stderr.write('\r\x1b[K')
    },
  }
}
