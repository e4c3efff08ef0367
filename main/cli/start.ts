// `npm start`: builds if needed, then opens the desktop app, or runs the host in this terminal if there is no Electron.
import '../host/processes/no-debugger.ts'
import { type SpawnOptions, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { packageRoot } from '../host/package-root.ts'
import { isStale } from './build-freshness.ts'
import { parseCommandLine } from './command/args.ts'
import type { ParsedArgs } from './command/command.ts'
import { FAILED, INTERRUPTED } from './command/exit-codes.ts'
import { COMMANDS } from './commands/table.ts'
import { findElectron } from './electron.ts'
import { main } from './main.ts'

const root = packageRoot().path
const args = process.argv.slice(2)

process.exit(await start())

async function start(): Promise<number> {
  const parsed = parseArguments()
  // Help, versions and usage errors need neither a build nor a window.
  if (!parsed || parsed.help || parsed.version) return host()
  if (isStale(root)) {
    process.stderr.write('Building …\n')
    const code = await run('npm', ['run', '-s', 'build'], { shell: process.platform === 'win32' })
    if (code !== 0) {
      process.stderr.write('otg: the build failed; see its output above\n')
      return code
    }
  }
  const electron = await findElectron(root, process.env, text => process.stderr.write(`${text}\n`))
  if ('missing' in electron) {
    process.stderr.write(`${electron.missing}. Starting the host without the desktop app.\n\n`)
    return host()
  }
  const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []
  if (sandbox.length > 0) process.stderr.write('Running as root: Electron starts without its sandbox.\n')
  // The app reads no command line, only its environment.
  const env = parsed.dataDir === undefined ? process.env : { ...process.env, OTG_DATA_DIR: resolve(parsed.dataDir) }
  return run(electron.path, [...sandbox, root], { env })
}

/** Undefined for a usage error, which `host()` then prints. */
function parseArguments(): ParsedArgs | undefined {
  try {
    return parseCommandLine(['host', ...args], COMMANDS)
  } catch {
    return undefined
  }
}

function host(): Promise<number> {
  return main(['host', ...args], process.env, process.exit)
}

/** Runs a program in this terminal and forwards signals to it. Resolves with its exit code. */
function run(program: string, argv: string[], options: SpawnOptions): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(program, argv, { cwd: root, stdio: 'inherit', ...options })
    // The terminal sends Ctrl-C to both processes; this one keeps waiting.
    const ignore = () => {}
    const forward = (signal: NodeJS.Signals) => child.kill(signal)
    process.on('SIGINT', ignore).on('SIGTERM', forward).on('SIGHUP', forward)
    const done = (code: number) => {
      process.off('SIGINT', ignore).off('SIGTERM', forward).off('SIGHUP', forward)
      resolve(code)
    }
    child.on('error', error => {
      process.stderr.write(`otg: cannot start ${program}: ${error.message}\n`)
      done(1)
    })
    child.on('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? INTERRUPTED : FAILED)))
  })
}
