// Records the ordinary programs anew: node test/agents/record-programs.ts [SCENE…]
// For Debian, as root, on a machine that may be changed: it needs sudo, ssh, sshd, git, npm, gdb, gcc, gpg, pip, docker's client, zip,
// unzip, less, man, vim, nano, whiptail, dialog, fzf, sqlite3, tmux, and an account `user` that sudo allows everything, with
// `Defaults:user lecture=always, timestamp_timeout=0`. The files in test/data/agents/programs are replaced.
import { join } from 'node:path'
import { ssh, sudo } from './programs/accounts.ts'
import { apt, files, git, npm } from './programs/files.ts'
import { dialogs, gdb, scripts, viewers } from './programs/scripts.ts'
import { layOut, serve } from './programs/stage.ts'
import { manuals, work } from './programs/work.ts'
import { SIZES, Tape } from './tape.ts'

const DATA = join(import.meta.dirname, '..', 'data', 'agents', 'programs')

const SCENES: Record<string, (tape: Tape) => Promise<void>> = {
  sudo,
  ssh,
  files,
  git,
  npm,
  apt,
  gdb,
  scripts,
  dialogs,
  viewers,
  work,
  'work-manuals': manuals,
}

/** Takes long, and its sizes can be recorded at once. */
const AT_ONCE = 'work-manuals'

const wanted = process.argv.slice(2)
const stop = await serve()
try {
  for (const [name, scene] of Object.entries(SCENES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    if (name === AT_ONCE) {
      layOut()
      await Promise.all(Object.keys(SIZES).map(size => record(name, size, scene)))
      continue
    }
    for (const size of Object.keys(SIZES)) {
      layOut()
      await record(name, size, scene)
    }
  }
} finally {
  stop()
}

async function record(name: string, size: string, scene: (tape: Tape) => Promise<void>): Promise<void> {
  const tape = new Tape(join(DATA, `${name}-${size}.cast`), `${name} on Debian 12`, SIZES[size]!, name === 'apt')
  try {
    await scene(tape)
    process.stdout.write(`${name} ${size}\n`)
  } catch (error) {
    process.exitCode = 1
    process.stderr.write(`${name} ${size}: ${error instanceof Error ? error.message : error}\n`)
  }
  await tape.recorder.save()
}
