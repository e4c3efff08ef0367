// A recording of a shell in which ordinary programs run, for scripts that record anew.
import type { Moment } from '../support/agents/recording.ts'
import { ProgramRecorder, pause } from '../support/agents/recording.ts'

export interface Size {
  cols: number
  rows: number
}

export const SIZES: Record<string, Size> = { phone: { cols: 45, rows: 24 }, desktop: { cols: 100, rows: 30 } }

/** A poll of the screen while a scene waits for it. */
const POLL_MS = 30

/** A prompt that does not appear within this will not. */
const WAIT_MS = 20_000

/** The account that scenes run in: its name is in the recordings. */
export const ACCOUNT = 'user'

export const PROMPT = /[$#]$/

export class Tape {
  readonly recorder: ProgramRecorder

  constructor(file: string, title: string, size: Size, isRoot: boolean) {
    const account = isRoot ? 'root' : ACCOUNT
    const HOME = isRoot ? '/root' : `/home/${ACCOUNT}`
    const cwd = isRoot ? '/srv' : `${HOME}/work`
    const shell = `chown ${account} "$(tty)"; exec setpriv --reuid=${account} --regid=${account} --init-groups bash --norc --noprofile`
    this.recorder = new ProgramRecorder({
      file,
      title,
      // With a host name of its own, which some programs show.
      command: ['unshare', '--uts', '/bin/sh', '-c', `hostname box; ${shell}`],
      name: 'bash',
      ...size,
      cwd,
      env: {
        HOME,
        USER: account,
        LOGNAME: account,
        PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
        LANG: 'C.UTF-8',
        TERM: 'xterm-256color',
        SHELL: '/bin/bash',
        PS1: isRoot ? '\\w# ' : '\\u@box:\\w\\$ ',
        HISTFILE: '/dev/null',
        // Without the machine's list of archives, which apt would name.
        ...(isRoot ? { APT_CONFIG: '/srv/apt.conf' } : {}),
      },
    })
  }

  /** Waits until the cursor's line, up to the cursor and without blanks at its end, matches. */
  async at(pattern: RegExp): Promise<void> {
    const end = performance.now() + WAIT_MS
    for (;;) {
      const { lines, cursor } = this.recorder.screen.view()
      if (pattern.test((lines[cursor.line] ?? '').slice(0, cursor.column).trimEnd())) break
      if (performance.now() > end)
        throw new Error(`the cursor is not at ${pattern}:\n${this.recorder.screen.lines().join('\n')}`)
      await pause(POLL_MS)
    }
    await this.recorder.quiet(250)
  }

  /** Types a command line, and waits for what it prints. */
  async run(line: string, until: RegExp = PROMPT): Promise<void> {
    this.recorder.type(line)
    await pause(80)
    this.recorder.type('\r')
    await pause(150)
    await this.at(until)
  }

  /** Types keys, and waits for what is printed. */
  async keys(text: string, until?: RegExp): Promise<void> {
    this.recorder.type(text)
    await pause(150)
    if (until) await this.at(until)
    else await this.recorder.quiet(400)
  }

  /** The program asks; `options`: their keys, or labels; `reads`: as in Moment. */
  asks(command: string, note: string, question: string, options?: string[], reads?: boolean): void {
    this.recorder.mark('blocked', note, {
      command,
      question,
      ...(options ? { options } : {}),
      ...(reads === undefined ? {} : { reads }),
    })
  }

  /** Nothing is asked, whatever is on the screen. */
  none(command: string, note: string, more: Partial<Moment> = {}): void {
    this.recorder.mark(null, note, { command, ...more })
  }

  /** The shell's prompt, with whatever is above it. */
  shell(note: string): void {
    this.none('bash', note)
  }
}
