// How the program in a terminal takes what is typed: by lines, or key by key. The system's `stty` asks the kernel (termios(3),
// ICANON), because Node cannot; it takes a few milliseconds, so it is asked only while a question is answered.
import { execFile } from 'node:child_process'

/** `line`: the kernel hands over whole lines. `key`: the program gets each key at once. `unknown`: as on Windows. */
export type TerminalMode = 'line' | 'key' | 'unknown'

/** It answers within milliseconds, or never. */
const TIMEOUT_MS = 1_000

/** `file`: of the terminal, like `/dev/pts/3`; '' if it has none. */
export function terminalMode(file: string): Promise<TerminalMode> {
  const { platform } = process
  if (file === '' || platform === 'win32') return Promise.resolve('unknown')
  const args = [platform === 'linux' ? '-F' : '-f', file, '-a']
  return new Promise<TerminalMode>(resolve => {
    execFile('stty', args, { timeout: TIMEOUT_MS, env: { ...process.env, LC_ALL: 'C' } }, (error, output) => {
      const [, off] = /(?:^|\s)(-?)icanon\b/.exec(error ? '' : output) ?? []
      resolve(off === undefined ? 'unknown' : off === '' ? 'line' : 'key')
    })
  }).catch(() => 'unknown') // Node.js throws some errors, such as ENOMEM.
}
