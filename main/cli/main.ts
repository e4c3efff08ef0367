// From argv to an exit code: finds the command, runs it and prints its errors.
import { resolve } from 'node:path'
import { type CodedError, toCoded } from '../../protocol/errors.ts'
import { defaultDataDir } from '../host/files/host-info.ts'
import { packageRoot } from '../host/package-root.ts'
import { parseCommandLine, UsageError } from './command/args.ts'
import type { Context } from './command/command.ts'
import { FAILED, NOT_EXECUTABLE, NOT_FOUND, OK, READER_GONE, USAGE } from './command/exit-codes.ts'
import { commandHelp, mainHelp } from './command/help.ts'
import { createOutput } from './command/output.ts'
import { COMMANDS } from './commands/table.ts'

/** Runs one command line. Resolves with the exit code, or calls `exit` with one; never rejects. */
export async function main(argv: string[], env: NodeJS.ProcessEnv, exit: (code: number) => void): Promise<number> {
  const output = createOutput(() => exit(READER_GONE))
  // A guess until the command line is parsed.
  output.jsonErrors(argv.includes('--json'))
  try {
    const parsed = parseCommandLine(argv, COMMANDS)
    output.jsonErrors(parsed.json)
    if (parsed.version) {
      const { version } = packageRoot()
      if (parsed.json) output.json({ version })
      else output.line(`otg ${version}`)
      return OK
    }
    if (parsed.help) {
      output.text(parsed.command ? commandHelp(parsed.command) : mainHelp(COMMANDS))
      return OK
    }
    if (!parsed.command) {
      output.note(mainHelp(COMMANDS).trimEnd())
      return USAGE
    }
    const context: Context = {
      env,
      program: programName(env),
      json: parsed.json,
      output,
      dataDir: parsed.dataDir === undefined ? defaultDataDir(env) : resolve(parsed.dataDir),
      dataDirOption: parsed.dataDir !== undefined,
    }
    const command = await parsed.command.load()
    return await command(context, parsed)
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

/** In a checkout, otg is only an npm script; npm tells a script its own name. */
function programName(env: NodeJS.ProcessEnv): string {
  return env.npm_lifecycle_event === 'otg' || env.npm_lifecycle_event === 'start' ? 'npm run -s otg --' : 'otg'
}

function exitCodeOf(error: CodedError): number {
  if (error.code !== 'command_not_found') return FAILED
  return error.cause === 'not_executable' ? NOT_EXECUTABLE : NOT_FOUND
}
