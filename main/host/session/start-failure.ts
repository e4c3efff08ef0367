// Why the system starts no process, as a coded error.
import { CodedError } from '../../../protocol/errors.ts'

/** No process or no memory for one (fork(2)). */
const NO_PROCESS = ['EAGAIN', 'ENOMEM']

const NO_FILE = ['EMFILE', 'ENFILE']

/** What node-pty says where a terminal or a process could not be had (forkpty(3)), without the number of the error. */
const NO_TERMINAL = /forkpty/

export function startFailure(program: string, cause: unknown): CodedError {
  const { code = '', message = String(cause) } = cause as NodeJS.ErrnoException
  if (NO_FILE.includes(code))
    return new CodedError('too_many_files', `${program} could not be started: no file can be opened (${code})`, {
      cause,
    })
  if (NO_PROCESS.includes(code) || NO_TERMINAL.test(message)) {
    const what = 'the system starts no more processes, or has no memory for one'
    return new CodedError('too_many_processes', `${program} could not be started: ${what}; end sessions or programs`, {
      cause,
    })
  }
  return new CodedError('spawn_failed', `${program} could not be started: ${message}`, { cause })
}
