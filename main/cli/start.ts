// `npm start`, unbuilt: builds what is missing or stale, then opens the desktop app, or without one runs the host here.
// Knows nothing of either but how it is started.
import { type SpawnOptions, spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { packageRoot } from '../host/package-root.ts'
import { isStale } from './build-freshness.ts'
import { parseCommandLine } from './command/args.ts'
import type { ParsedArgs } from './command/command.ts'
import { COMMANDS } from './commands/table.ts'
import { findElectron } from './electron.ts'
import { main } from './main.ts'

const root = packageRoot().path
const args = process.argv.slice(2)

process.exit(await start())

async function start(): Promise<number> {
  const parsed = understood()
  // Help and mistakes need neither a build nor a window.
  if (!parsed || parsed.help || parsed.version) return host()
  if (isStale(root)) {
    process.stderr.write('Building …\n')
    const code = await run('npm', ['run', '-s', 'build'], { shell: process.platform === 'win32' })
    if (code !== 0) {
      process.stderr.write('otg: the build failed; what it said is above\n')
      return code
    }
  }
  const electron = await findElectron(root, process.env, text => process.stderr.write(`${text}\n`))
  if ('missing' in electron) {
    process.stderr.write(`${electron.missing}, so the host runs here, without the desktop app.\n\n`)
    return host()
  }
  const sandbox = process.platform === 'linux' && process.getuid?.() === 0 ? ['--no-sandbox'] : []
  if (sandbox.length > 0) process.stderr.write('As root, Electron runs without its sandbox.\n')
  // The app reads no command line, only its environment.
  const env = parsed.dataDir === undefined ? process.env : { ...process.env, OTG_DATA_DIR: resolve(parsed.dataDir) }
  return run(electron.path, [...sandbox, root], { env })
}

function understood(): ParsedArgs | undefined {
  try {
    return parseCommandLine(['host', ...args], COMMANDS)
  } catch {
    return undefined
  }
}

function host(): Promise<number> {
  return main(['host', ...args], process.env, process.exit)
}

/** Runs a program in this terminal; resolves with its exit code. Signals go to it, and it decides. */
function run(program: string, argv: string[], options: SpawnOptions): Promise<number> {
  return new Promise(resolve => {
    const child = spawn(program, argv, { cwd: root, stdio: 'inherit', ...options })
    // The terminal sends Ctrl-C to both; here it must not end the waiting.
    const stay = () => {}
    const pass = (signal: NodeJS.Signals) => child.kill(signal)
    process.on('SIGINT', stay).on('SIGTERM', pass).on('SIGHUP', pass)
    const done = (code: number) => {
      process.off('SIGINT', stay).off('SIGTERM', pass).off('SIGHUP', pass)
      resolve(code)
    }
    child.on('error', error => {
      process.stderr.write(`otg: ${program} could not be started: ${error.message}\n`)
      done(1)
    })
    child.on('exit', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 1)))
  })
}
