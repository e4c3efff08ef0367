// The git branch of a folder, without running git. Whoever can write to a folder above chooses what is read here: only small,
// regular files of this user count, as for git (safe.directory in git-config(1)), and no read waits.
import { constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'

/** A repository is found in one of this many folders upwards. */
const MAX_DEPTH = 16

/** Longer branch names are cut. */
const BRANCH_CHARACTERS = 60

/** HEAD, or a file that names a git folder, is one line. */
const LINE_BYTES = 4096

/** No link is followed, and a FIFO does not wait for its other end. Undefined on Windows, where there is neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** The branch that is checked out in the repository around a folder; '' if there is none. */
export async function branchOf(path: string): Promise<string> {
  let folder = path
  for (let depth = 0; depth < MAX_DEPTH && !isRemote(folder); depth++) {
    const git = join(folder, '.git')
    const found = await stat(git).catch(() => undefined)
    if (found && !isOwn(found)) return ''
    if (found?.isDirectory()) return headOf(git)
    if (found?.isFile()) {
      // A worktree or a submodule (gitrepository-layout(5)).
      const [, target] = /^gitdir: (.+)/.exec(await beginning(git)) ?? []
      return target === undefined ? '' : headOf(resolve(folder, target.trim()))
    }
    const parent = dirname(folder)
    if (parent === folder) return ''
    folder = parent
  }
  return ''
}

async function headOf(git: string): Promise<string> {
  if (isRemote(git)) return ''
  const head = await beginning(join(git, 'HEAD'))
  const [, branch] = /^ref: refs\/heads\/(.+)/.exec(head) ?? []
  return (branch?.trim() ?? /^[0-9a-f]{7}/.exec(head)?.[0] ?? '').slice(0, BRANCH_CHARACTERS)
}

/** The first LINE_BYTES of a file; '' for what cannot be read, is no regular file, or belongs to somebody else. */
async function beginning(file: string): Promise<string> {
  const handle = await open(file, FLAGS).catch(() => undefined)
  if (!handle) return ''
  try {
    const found = await handle.stat()
    if (!found.isFile() || !isOwn(found)) return ''
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(LINE_BYTES), 0, LINE_BYTES, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } catch {
    return ''
  } finally {
    await handle.close()
  }
}

function isOwn({ uid }: { uid: number }): boolean {
  return process.getuid === undefined || uid === process.getuid()
}

/** A share of another computer on Windows: looking at it would log in there. */
function isRemote(path: string): boolean {
  return process.platform === 'win32' && /^[\\/]{2}/.test(path)
}
