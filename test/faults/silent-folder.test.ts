// A file system that never answers, as a network disk whose server is gone, or sshfs without a network.
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, closeSync, constants, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { otg, start, startCliHost } from '../support/cli.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../support/host.ts'

afterEach(cleanUp)

/** Whether this user can mount a FUSE file system: root, outside of most containers. */
function canMount(): boolean {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK)
    return process.platform === 'linux' && process.getuid!() === 0
  } catch {
    return false
  }
}

/** A folder on a file system that never answers. */
function silentFolder(): string {
  const folder = join(temporaryFolder(), 'silent')
  mkdirSync(folder)
  const server = openSync('/dev/fuse', 'r+')
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0,allow_other'
  const stdio = ['ignore', 'ignore', 'inherit', server] as const
  const { status } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'silent', folder], { stdio: [...stdio] })
  expect(status).toBe(0)
  onCleanUp(() => {
    // This ends the file system, and what waits for it.
    closeSync(server)
    execFileSync('umount', ['-l', folder])
  })
  return folder
}

it.runIf(canMount())(
  'case 160: a session in a folder that does not answer is refused, and the host serves all others meanwhile',
  async () => {
    const { dataDir } = await startCliHost()
    const folder = silentFolder()
    const refused = ['--cwd', folder, '--', 'cat']
    const asked = [
      start(dataDir, ['run', '--detach', '--json', ...refused]),
      start(dataDir, ['run', '--detach', '--json', '--', join(folder, 'program')]),
    ]
    let answered = 0
    for (const { finished } of asked) void finished.then(() => answered++)
    for (let n = 0; n < 3; n++) {
      expect((await otg(dataDir, ['status'])).code).toBe(0)
      expect((await otg(dataDir, ['run', '--detach', '--', 'cat'])).code).toBe(0)
    }
    expect(answered).toBe(0)
    await until(() => answered === asked.length, 'the answers')
    for (const { finished } of asked) {
      const { code, error } = await finished
      expect([code, error().code]).toEqual([expect.any(Number), 'cwd_not_found'])
      expect(error().message).toMatch(/does not answer/)
    }
  },
)
