// Looks at the folder and the program of a session before it starts. A network disk or a FUSE file system may never answer, and
// a thread that waits for it cannot be ended: the look runs in a process of its own, and is given up after a while.
import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'
import { startFailure } from './start-failure.ts'

/** A folder that has not answered after this long is taken for gone. A sleeping disk needs a few seconds to turn. */
export const LOOK_MS = 8_000

/** Of looks that wait, also of those that were given up: a process that waits for a disk may not end before that answers. */
const MAX_LOOKS = 256

const NO_FOLDER = 11
const NO_PROGRAM = 12

/** $1: the folder; then where the program may be. Prints which of those it is, counted from 0. */
const SCRIPT = `
[ -d "$1" ] && [ -x "$1" ] || exit ${NO_FOLDER}
shift
n=0
for file; do
  [ -f "$file" ] && [ -x "$file" ] && echo $n && exit 0
  n=$((n + 1))
done
exit ${NO_PROGRAM}`

let looks = 0

/**
 * The file of `program`, which is to run in `cwd`. Throws `command_not_found`, `cwd_not_found`, `spawn_failed` and, while very many
 * folders do not answer, `too_many_requests`.
 */
export async function lookForProgram(program: string, cwd: string, path: string): Promise<string> {
  if (process.platform === 'win32') {
    checkFolder(cwd)
    return program
  }
  if (looks >= MAX_LOOKS)
    throw new CodedError('too_many_requests', `${MAX_LOOKS} folders do not answer; is a disk or a network gone?`)
  const candidates = placesOf(program, cwd, path)
  const { code, output } = await run(cwd, candidates)
  if (code === undefined) throw folderNotFound(cwd, `or ${program} does not answer; is a disk or the network gone?`)
  if (code === NO_FOLDER) throw folderNotFound(cwd)
  if (code === NO_PROGRAM) throw commandNotFound(program)
  const file = candidates[Number(output)]
  if (code !== 0 || file === undefined)
    throw new CodedError('spawn_failed', `${program} could not be started: the look at its folder failed (${code})`)
  return file
}

function startShell(cwd: string, candidates: readonly string[]): ChildProcess {
  try {
    return spawn('/bin/sh', ['-c', SCRIPT, 'sh', cwd, ...candidates], {
      cwd: '/',
      env: {},
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch (cause) {
    throw startFailure('the shell that looks for the program', cause)
  }
}

/** `code` undefined: it did not answer in time. */
function run(cwd: string, candidates: string[]): Promise<{ code: number | null | undefined; output: string }> {
  return new Promise((done, fail) => {
    // Throws some errors, and reports others (https://github.com/nodejs/node, lib/internal/child_process.js).
    const child = startShell(cwd, candidates)
    looks++
    let output = ''
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      child.unref()
      child.stdout?.destroy()
      done({ code: undefined, output })
    }, LOOK_MS)
    // None, if no descriptor was free.
    child.stdout?.on('data', data => (output += data))
    child.on('error', cause => {
      looks--
      clearTimeout(timer)
      fail(startFailure('the shell that looks for the program', cause))
    })
    child.on('exit', () => looks--)
    child.on('close', code => {
      clearTimeout(timer)
      done({ code, output })
    })
  })
}

/** Where execvp(3) looks for a program: a name with a slash is a path, others are on PATH. */
function placesOf(program: string, cwd: string, path: string): string[] {
  if (program.includes('/')) return [resolve(cwd, program)]
  return path.split(delimiter).map(folder => join(folder === '' ? cwd : folder, program))
}

/** As `lookForProgram`, at once: for what a person writes into the settings. Throws `command_not_found`. */
export function findProgram(program: string, cwd: string, path: string): string {
  if (process.platform === 'win32') return program
  for (const file of placesOf(program, cwd, path)) {
    try {
      accessSync(file, constants.X_OK)
      if (statSync(file).isFile()) return file
    } catch {
      // not in this folder
    }
  }
  throw commandNotFound(program)
}

function checkFolder(cwd: string): void {
  try {
    if (!statSync(cwd).isDirectory()) throw new Error('not a folder')
  } catch (cause) {
    throw folderNotFound(cwd, undefined, cause)
  }
}

function folderNotFound(cwd: string, what = 'is not a folder that can be opened', cause?: unknown): CodedError {
  return new CodedError('cwd_not_found', `${cwd} ${what}`, { cause })
}

function commandNotFound(program: string): CodedError {
  return new CodedError('command_not_found', `${program} is not a command that can be run here`)
}
