// What others put into a folder above a session's can neither hold up nor fill the host: case 152.
import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { lookAtFiles } from '../../../main/host/session/naming/file-looks.ts'
import { branchOf } from '../../../main/host/session/naming/git-branch.ts'
import { WorkingFolder } from '../../../main/host/session/naming/working-folder.ts'
import { cleanUp, temporaryFolder } from '../../support/host.ts'

afterEach(cleanUp)

/** A folder with a `.git`, and a folder in it. */
function repository(head?: string): { folder: string; git: string; head: string } {
  const folder = join(temporaryFolder(), 'top')
  const git = join(folder, '.git')
  mkdirSync(join(folder, 'in', 'it'), { recursive: true })
  mkdirSync(git)
  if (head !== undefined) writeFileSync(join(git, 'HEAD'), head)
  return { folder, git, head: join(git, 'HEAD') }
}

const COMMIT = '5039152aa'.padEnd(40, '0')

it.each([
  ['ref: refs/heads/main\n', 'main'],
  ['ref: refs/heads/fix/title\n', 'fix/title'],
  [`${COMMIT}\n`, COMMIT.slice(0, 7)],
  ['anything else\n', ''],
  ['', ''],
])('finds the branch of %j', async (head, branch) => {
  expect(await branchOf(join(repository(head).folder, 'in', 'it'))).toBe(branch)
})

it('finds the branch of a worktree', async () => {
  const { git } = repository('ref: refs/heads/side\n')
  const worktree = temporaryFolder()
  writeFileSync(join(worktree, '.git'), `gitdir: ${git}\n`)
  expect(await branchOf(worktree)).toBe('side')
})

describe.skipIf(process.platform === 'win32')('returns at once, with no branch,', () => {
  it('for a FIFO', async () => {
    const { folder, head } = repository()
    execFileSync('mkfifo', [head])
    expect(await branchOf(folder)).toBe('')
  })

  it('for a FIFO as .git', async () => {
    const folder = temporaryFolder()
    execFileSync('mkfifo', [join(folder, '.git')])
    expect(await branchOf(folder)).toBe('')
  })

  it('for a link, to a device that never ends or to a file', async () => {
    const { folder, head } = repository()
    symlinkSync('/dev/zero', head)
    expect(await branchOf(folder)).toBe('')
    const other = repository()
    symlinkSync(repository('ref: refs/heads/main\n').head, other.head)
    expect(await branchOf(other.folder)).toBe('')
  })

  it('for a folder', async () => {
    const { folder, head } = repository()
    mkdirSync(head)
    expect(await branchOf(folder)).toBe('')
  })

  it('for a file of a terabyte, of which it reads the beginning', async () => {
    const { folder, head } = repository('ref: refs/heads/main')
    truncateSync(head, 2 ** 40)
    expect((await branchOf(folder)).length).toBeLessThanOrEqual(60)
  })

  it.skipIf(process.getuid?.() !== 0)('for what another user has made', async () => {
    const { folder, git, head } = repository('ref: refs/heads/main\n')
    chownSync(head, 12345, 12345)
    expect(await branchOf(folder)).toBe('')
    chownSync(head, 0, 0)
    chownSync(git, 12345, 12345)
    expect(await branchOf(join(folder, 'in'))).toBe('')
  })
})

it.skipIf(process.platform !== 'linux')('a folder that output reports is shown, and not looked at', async () => {
  const { folder } = repository('ref: refs/heads/main\n')
  const cwd = process.cwd()
  // The tests' own process stands for the shell.
  const shell = new WorkingFolder(cwd, process.pid)
  await shell.refresh()
  const before = shell.branch
  expect(shell.report(folder)).toBe(true)
  await shell.refresh()
  expect(shell.path).toBe(folder)
  expect(shell.branch).toBe(before)
})

it('looks that never end leave threads for everything else', async () => {
  const ends: (() => void)[] = []
  const never = () => lookAtFiles(() => new Promise<void>(resolve => ends.push(resolve)))
  const stuck = Array.from({ length: 20 }, never)
  await Promise.resolve()
  expect(ends.length).toBe(2)
  while (ends.length > 0) {
    ends.shift()!()
    await new Promise(resolve => setImmediate(resolve))
  }
  await Promise.all(stuck)
  expect(await lookAtFiles(async () => 'again')).toBe('again')
})
