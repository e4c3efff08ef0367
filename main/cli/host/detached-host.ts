// Starts `otg host` as a background process and waits until it is ready.
import { type ChildProcess, spawn } from 'node:child_process'
import { homedir } from 'node:os'
import type { Readable } from 'node:stream'
import { CodedError, isErrorCode } from '../../../protocol/errors.ts'
import { commandFile } from '../../host/package-root.ts'
import type { Context } from '../command/command.ts'
import type { ReadyHost } from './host-banner.ts'

/**
 * A cold start with a large database takes a few seconds. With the setting `keystore` it also waits for a person to unlock the
 * keystore (KEYSTORE_MS), and once for the history to be converted, which takes a slow disk a minute for 2 GB.
 */
const START_MS = 180_000

const READY_FD = 3

/** Also before its first line runs (no-debugger.ts). */
const NO_DEBUGGER = process.allowedNodeEnvironmentFlags.has('--disable-sigusr1') ? ['--disable-sigusr1'] : []

/** Throws the host's own error if it could not start. */
export async function startInBackground(context: Context, args: string[]): Promise<ReadyHost> {
  const child = spawn(process.execPath, [...NO_DEBUGGER, commandFile(), 'host', '--ready-fd', `${READY_FD}`, ...args], {
    // Its own process session (setsid), so that it survives this terminal; the home folder, so that it keeps no mount busy.
    detached: true,
    cwd: homedir(),
    env: context.env,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    windowsHide: true,
  })
  try {
    return await untilReady(child)
  } finally {
    ;(child.stdio[READY_FD] as Readable).destroy()
    child.unref()
  }
}

function untilReady(child: ChildProcess): Promise<ReadyHost> {
  return new Promise((resolve, reject) => {
    const fail = (what: string, cause?: unknown) => {
      clearTimeout(timer)
      reject(
        new CodedError('host_not_started', `the background host ${what}; run it without --detach to see why`, {
          cause,
        }),
      )
    }
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      fail(`was not ready after ${START_MS / 1000} s`)
    }, START_MS)
    let report = ''
    const pipe = child.stdio[READY_FD] as Readable
    pipe.setEncoding('utf8')
    pipe.on('data', (text: string) => {
      report += text
      if (!report.endsWith('\n')) return
      clearTimeout(timer)
      const { ready, error } = JSON.parse(report) as { ready?: ReadyHost; error?: { code: string; message: string } }
      if (ready) return resolve(ready)
      const { code, message } = error!
      reject(new CodedError(isErrorCode(code) ? code : 'internal', message))
    })
    pipe.on('error', () => {})
    child.on('error', error => fail(`could not start: ${error.message}`, error))
    child.on('close', (code, signal) => {
      if (!report.endsWith('\n')) fail(`exited (${signal ?? `code ${code}`}) before it was ready`)
    })
  })
}
