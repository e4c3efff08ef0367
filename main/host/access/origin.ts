// Where a client on this computer comes from: a person's terminal or the app, or a program inside one of the sessions.
import type { Processes, ProcessInfo } from './processes.ts'

export type Origin =
  /** The app, a terminal outside the sessions, or what started there. */
  | { kind: 'person' }
  /** A process in a session. `typed`: `otg`, as a person runs it at the prompt of the session's shell. */
  | { kind: 'session'; session_id: string; typed: boolean; argv: readonly string[] }
  /** It descends from a session, and no longer tells from which. */
  | { kind: 'stray' }
  /** Its process is not known. */
  | { kind: 'unproven' }

export interface OriginContext {
  processes: Processes
  /** The host's own process. */
  host: number
  /** The leader of each running session. */
  leaders(): Iterable<{ session_id: string; pid: number }>
}

/** More parents than any person's process has. */
const MAX_PARENTS = 64

/** On macOS. */
const APPLICATION = /\.app\/Contents\/MacOS\//

const SHELL = /^-?(?:.*\/)?(?:ba|da|z|k|mk|fi|a|tc|c)?sh$/

/** By the process and its parents. */
export async function originOf(pid: number, context: OriginContext): Promise<Origin> {
  const { processes, host } = context
  const leaders = new Map([...context.leaders()].map(({ session_id, pid: leader }) => [leader, session_id]))
  const terminals = new Map<string, number>()
  const first = await processes.find(pid)
  if (!first) return { kind: 'unproven' }
  // Where the system does not tell the session leader, the terminal does.
  if (first.session === 0)
    for (const leader of leaders.keys()) {
      const terminal = (await processes.find(leader))?.terminal
      if (terminal) terminals.set(terminal, leader)
    }
  const chain: ProcessInfo[] = []
  for (let one: ProcessInfo | undefined = first; one; one = await processes.find(one.parent)) {
    chain.push(one)
    const leader = leaders.has(one.pid) ? one.pid : leaders.has(one.session) ? one.session : terminals.get(one.terminal)
    if (leader !== undefined) {
      const typed = await isTyped(chain, leader, processes)
      return { kind: 'session', session_id: leaders.get(leader)!, typed, argv: first.argv }
    }
    // A part of the app, or a program that it started outside the sessions.
    if (one.pid === host) return { kind: 'person' }
    if (chain.length >= MAX_PARENTS) return { kind: 'stray' }
    if (one.parent <= 1) break
  }
  const isDescendant = await processes.isDescendant(pid)
  if (isDescendant !== undefined) return { kind: isDescendant ? 'stray' : 'person' }
  // Terminals and apps have one of these; a process that detached itself has none, unless it went to some length.
  const [command] = chain.at(-1)!.argv
  return first.terminal !== '' || APPLICATION.test(command ?? '') ? { kind: 'person' } : { kind: 'unproven' }
}

/**
 * Whether a person typed the command at a prompt: it is `otg`, in the foreground of the session's terminal, and its
 * parents up to the session's leader are shells that read from the terminal. A program that runs commands for a model is
 * itself one of the parents, or has lost the parents.
 */
async function isTyped(chain: ProcessInfo[], leader: number, processes: Processes): Promise<boolean> {
  const [command] = chain as [ProcessInfo]
  const top = await processes.find(leader)
  if (!top || command.terminal !== top.terminal || command.group !== command.foreground) return false
  if (!isOtg(command.argv)) return false
  let parent = chain[1] ?? (await processes.find(command.parent))
  for (let n = 0; parent && n < MAX_PARENTS; n++) {
    if (!isInteractiveShell(parent.argv) || !(await processes.isShellAtTerminal(parent))) return false
    if (parent.pid === leader) return true
    parent = await processes.find(parent.parent)
  }
  return false
}

function isOtg(argv: readonly string[]): boolean {
  const script = argv.slice(1).find(argument => !argument.startsWith('-'))
  return /(^|\/)otg(\.[jt]s)?$/.test(script ?? '') || /(^|\/)otg$/.test(argv[0] ?? '')
}

/** Without a script and without `-c`, as it says: `isShellAtTerminal` tells whether it is a shell at all. */
function isInteractiveShell([program = '', ...options]: readonly string[]): boolean {
  const isOption = (option: string, at: number) =>
    /^-/.test(option) ? !/^-[a-zA-Z]*c/.test(option) : /^--(rcfile|init-file)$/.test(options[at - 1] ?? '')
  return SHELL.test(program) && options.every(isOption)
}
