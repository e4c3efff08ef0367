// From argv to an exit code: finds the command, runs it, tells its errors. Knows no command's inside.
import { resolve } from 'node:path'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import { defaultDataDir } from '../host/files/data-dir.ts'
import { packageRoot } from '../host/package-root.ts'
import { parse, UsageError } from './command/args.ts'
import type { Context } from './command/command.ts'
import { commandHelp, mainHelp } from './command/help.ts'
import { createOutput } from './command/output.ts'
import { COMMANDS } from './commands/table.ts'

const OK = 0
const FAILED = 1
const USAGE = 2
/** What a shell reports of a program whose reader went away: 128 + SIGPIPE. */
const READER_GONE = 141

/** Runs one command line. Resolves with the exit code, or calls `exit` with one; never rejects. */
export async function main(argv: string[], env: NodeJS.ProcessEnv, exit: (code: number) => void): Promise<number> {
  const output = createOutput(() => exit(READER_GONE))
  // A guess, until the command line has been understood.
  output.jsonErrors(argv.includes('--json'))
  try {
    const given = parse(argv, COMMANDS)
    output.jsonErrors(given.json)
    if (given.version) {
      const { version } = packageRoot()
      if (given.json) output.json({ version })
      else output.line(`otg ${version}`)
      return OK
    }
    if (given.help) {
      output.text(given.command ? commandHelp(given.command) : mainHelp(COMMANDS))
      return OK
    }
    if (!given.command) {
      output.note(mainHelp(COMMANDS).trimEnd())
      return USAGE
    }
    const context: Context = {
      env,
      program: programIn(env),
      json: given.json,
      output,
      dataDir: given.dataDir === undefined ? defaultDataDir(env) : resolve(given.dataDir),
      dataDirOption: given.dataDir !== undefined,
    }
    const command = await given.command.load()
    return await command(context, given)
  } catch (error) {
    if (error instanceof UsageError) {
      output.error('usage', error.message)
      return USAGE
    }
    const coded = toCoded(error)
    output.error(coded.code, coded.message)
    return exitCodeOf(coded)
  } finally {
    await output.flushed()
  }
}

/** A checkout has the command only behind npm, whose scripts know their own name. */
function programIn(env: NodeJS.ProcessEnv): string {
  return env.npm_lifecycle_event === 'otg' || env.npm_lifecycle_event === 'start' ? 'npm run -s otg --' : 'otg'
}

/** Commands that cannot be started have codes of their own, as in a shell (POSIX, XCU 2.8.2). */
function exitCodeOf(error: CodedError): number {
  if (error.code !== 'command_not_found') return FAILED
  return error.cause === 'not_executable' ? 126 : 127
}
