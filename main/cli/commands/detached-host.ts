// Starts a host as a process of its own in the background and waits until it is ready. Knows no host, only its command line.
import { type ChildProcess, spawn } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { CodedError, isErrorCode } from '../../../protocol/errors.ts'
import type { Context } from '../command/command.ts'
import type { ReadyHost } from './host-banner.ts'

/** A cold start with a large database takes a few seconds; longer than this is a fault. */
const START_MS = 30_000

const READY_FD = 3

/** Throws what the host threw when it could not start. */
export async function startInBackground(context: Context, args: string[]): Promise<ReadyHost> {
  const entry = join(import.meta.dirname, '..', import.meta.url.endsWith('.ts') ? 'otg.ts' : 'otg.js')
  const child = spawn(process.execPath, [entry, 'host', '--ready-fd', `${READY_FD}`, ...args], {
    // A session of its own (setsid), so that no terminal's end reaches it; and no folder that could not be unmounted.
    detached: true,
    cwd: homedir(),
    env: context.env,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    windowsHide: true,
  })
  try {
    return await ready(child)
  } finally {
    ;(child.stdio[READY_FD] as Readable).destroy()
    child.unref()
  }
}

function ready(child: ChildProcess): Promise<ReadyHost> {
  return new Promise((resolve, reject) => {
    const fail = (what: string, cause?: unknown) => {
      clearTimeout(timer)
      reject(new CodedError('internal', `the host in the background ${what}; try it without --detach`, { cause }))
    }
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`was not ready in ${START_MS / 1000} s`)
    }, START_MS)
    let said = ''
    const pipe = child.stdio[READY_FD] as Readable
    pipe.setEncoding('utf8')
    pipe.on('data', (text: string) => {
      said += text
      if (!said.endsWith('\n')) return
      clearTimeout(timer)
      const answer = JSON.parse(said) as { ready?: ReadyHost; error?: { code: string; message: string } }
      if (answer.ready) return resolve(answer.ready)
      const { code, message } = answer.error!
      reject(new CodedError(isErrorCode(code) ? code : 'internal', message))
    })
    pipe.on('error', () => {})
    child.on('error', error => fail(`could not be started: ${error.message}`, error))
    child.on('close', (code, signal) => {
      if (!said.endsWith('\n')) fail(`ended (${signal ?? `exit code ${code}`}) before it was ready`)
    })
  })
}
