// Whether a file is a shell, and not a program of another kind that took the name of one.
import { readFile, realpath, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'

const SHELL = /^(?:ba|da|z|k|mk|fi|a|tc|c)?sh$/
/** One file with many programs, a shell among them. */
const MANY = /^busybox(?:\.\w+)?$/

const SHELLS_FILE = '/etc/shells'
const WRITABLE_BY_OTHERS = 0o022

/** As Linux names a program whose file was replaced since it started, by an update. */
const DELETED = / \(deleted\)$/

/**
 * By the file that a process runs. It has to be listed as a login shell, or be the system's, which programs of this user cannot
 * have written. `link`: what leads to the file itself, where a process may see another one under its name (mount namespaces).
 */
export async function isShellFile(file: string, link = file): Promise<boolean> {
  const path = file.replace(DELETED, '')
  const name = basename(path)
  if (!SHELL.test(name) && !MANY.test(name)) return false
  try {
    const [itself, folder] = await Promise.all([stat(link), stat(dirname(path))])
    const isSystems = [itself, folder].every(({ uid, mode }) => uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0)
    const isListed = (await loginShells()).includes(path)
    // To programs of root, that a file is root's says nothing.
    const isRoot = process.getuid?.() === 0
    if (DELETED.test(file)) return isSystems && (isListed || !isRoot)
    const named = await stat(path)
    if (named.dev !== itself.dev || named.ino !== itself.ino) return false
    return isListed || (isSystems && !isRoot)
  } catch {
    return false
  }
}

/** Only root edits the list (shells(5)), and installs what it names. */
async function loginShells(): Promise<string[]> {
  const text = await readFile(SHELLS_FILE, 'utf8').catch(() => '')
  const lines = text.split('\n').filter(line => line.startsWith('/'))
  return Promise.all(lines.map(line => realpath(line.trim()).catch(() => '')))
}
