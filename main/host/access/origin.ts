// Where a client on this computer comes from: a person's terminal or the app, or a program inside one of the sessions.
import type { Processes, ProcessInfo } from './processes.ts'

export type Origin =
  /** The app, a terminal outside the sessions, or what started there. */
  | { kind: 'person' }
  /** A process in a session. `typed`: `otg`, as a person runs it at the prompt of the session's shell, as far as that can be told. */
  | { kind: 'session'; session_id: string; typed: boolean; argv: readonly string[] }
  /** It descends from a session, and no longer tells from which. */
  | { kind: 'stray' }
  /** Its process is not known. */
  | { kind: 'unknown' }

export interface OriginContext {
  processes: Processes
  /** The host's own process. */
  host: number
  /** The leader of each running session. */
  leaders(): Iterable<Leader>
}

export interface Leader {
  session_id: string
  pid: number
  /** What the session was created for. */
  command: readonly string[]
}

/** More parents than any person's process has. */
const MAX_PARENTS = 64

/** On macOS. */
const APPLICATION = /\.app\/Contents\/MacOS\//

/** `-c`, `-s`, fish's `-C`, also among others in one argument, and what names a file or commands. */
const READS_ELSEWHERE = /^(?:-[a-zA-Z]*[cCs]|--(?:rcfile|init-file|command|init-command)(?:=|$))/

const SHELL = /^-?(?:.*\/)?(?:ba|da|z|k|mk|fi|a|tc|c)?sh$/

/** By the process and its parents. */
export async function originOf(pid: number, context: OriginContext): Promise<Origin> {
  const { processes, host } = context
  const leaders = new Map([...context.leaders()].map(leader => [leader.pid, leader]))
  const terminals = new Map<string, number>()
  const first = await processes.find(pid)
  if (!first) return { kind: 'unknown' }
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
      const session = leaders.get(leader)!
      const typed = await isTyped(first, session, processes)
      return { kind: 'session', session_id: session.session_id, typed, argv: first.argv }
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
  return first.terminal !== '' || APPLICATION.test(command ?? '') ? { kind: 'person' } : { kind: 'unknown' }
}

/**
 * Whether the command can be one that a person typed at the session's prompt: it is `otg`, started by the shell for which the
 * session was created and which reads from its terminal, and that shell has put it into a process group of its own and into
 * the foreground. Shells do so for what they read at a prompt, and not while they read startup files (bash) or in a subshell.
 * A program that runs commands for a model is itself the parent, or has lost the parent. What a person's shell runs by itself
 * at the prompt (a sourced file, PROMPT_COMMAND) cannot be told apart.
 */
async function isTyped(command: ProcessInfo, leader: Leader, processes: Processes): Promise<boolean> {
  if (command.parent !== leader.pid || !isOtg(command.argv) || !isInteractiveShell(leader.command)) return false
  const shell = await processes.find(leader.pid)
  if (!shell || command.terminal !== shell.terminal || command.terminal === '') return false
  if (command.group !== command.foreground || command.group === shell.group) return false
  return isInteractiveShell(shell.argv) && processes.isShellAtTerminal(shell)
}

function isOtg(argv: readonly string[]): boolean {
  const script = argv.slice(1).find(argument => !argument.startsWith('-'))
  return /(^|\/)otg(\.[jt]s)?$/.test(script ?? '') || /(^|\/)otg$/.test(argv[0] ?? '')
}

/** It reads its commands from its input, as it says: `isShellAtTerminal` tells whether it is a shell at all, and its input. */
function isInteractiveShell([program = '', ...options]: readonly string[]): boolean {
  return SHELL.test(program) && options.every(option => /^-/.test(option) && !READS_ELSEWHERE.test(option))
}
