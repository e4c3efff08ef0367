// What programs of sessions inherit from a real host process, and what is left of them when it is killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { readHostInfo } from '../../../main/host/files/host-info.ts'
import { environment, OTG, screenOf, startSession } from '../../support/cli.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../../support/host.ts'

afterEach(cleanUp)

/** A host that `shell` starts by `$OTG`, with more descriptors from its parent than 0, 1 and 2. */
async function hostBy(
  shell: string,
  variables: Record<string, string> = {},
): Promise<{ dataDir: string; pid: number }> {
  const dataDir = join(temporaryFolder(), 'data')
  const command = `"${process.execPath}" "${OTG}" host --json --port 0 --bind loopback`
  const child = spawn('/bin/sh', ['-c', shell.replaceAll('$OTG', command)], {
    env: { ...environment(dataDir), ...variables },
    // A pipe, a file and a socket, with gaps between.
    stdio: [
      'ignore',
      'pipe',
      'inherit',
      'ignore',
      openSync('/dev/null', 'r'),
      'pipe',
      ...Array(20).fill('ignore'),
      'pipe',
    ],
  })
  const exited = once(child, 'exit')
  onCleanUp(async () => {
    const pid = readHostInfo(dataDir)?.pid
    if (pid && isAlive(pid)) process.kill(pid, 'SIGTERM')
    await exited
  })
  await once(child.stdout!, 'data')
  return { dataDir, pid: readHostInfo(dataDir)!.pid }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '')[0] !== 'Z'
  } catch {
    return false
  }
}

/** What `script` prints in a new session. */
async function printed(dataDir: string, script: string): Promise<string> {
  const id = await startSession(dataDir, ['/bin/sh', '-c', `${script}; echo END; read line`])
  await until(async () => /^END$/m.test(await screenOf(dataDir, id)), 'the end of the output')
  return (await screenOf(dataDir, id)).replace(/\n?^END$.*/ms, '')
}

const LIST = 'n=0; while [ $n -lt 200 ]; do [ -e /dev/fd/$n ] && echo $n; n=$((n + 1)); done'

it.skipIf(process.platform === 'win32')(
  'case 85: a session has descriptors 0, 1 and 2 only, whatever host and other sessions have open',
  async () => {
    const { dataDir } = await hostBy('exec $OTG')
    for (let n = 0; n < 3; n++) expect(await printed(dataDir, LIST)).toBe('0\n1\n2')
  },
)

it.skipIf(process.platform !== 'linux')(
  'case 86: a session has the limits, signals, priority and mask that the host was started with',
  async () => {
    const state =
      'ulimit -a; umask; nice; cat /proc/self/oom_score_adj; grep -E "^(Sig(Blk|Ign)|NoNewPrivs|Seccomp):" /proc/self/status'
    const before = 'ulimit -Sn 777; ulimit -Sc 0; umask 027; renice -n 3 $$ >/dev/null'
    const own = join(temporaryFolder(), 'own')
    const { dataDir } = await hostBy(`${before}; { ${state}; } >"${own}"; $OTG`)
    const expected = readFileSync(own, 'utf8').trimEnd()
    expect(expected).toMatch(/(?:nofiles|-n:|open files).* 777$/m)
    // The host marks what descends from it by the limit of file locks (access/processes.ts).
    const without = (text: string) => text.replace(/^.*locks.*\n/gm, '').replace(/[\t ]+/g, ' ')
    expect(without(await printed(dataDir, state))).toBe(without(expected))
  },
)

it.skipIf(process.platform !== 'linux')(
  'case 87: when the host is killed, a session ends although another one that it cannot hang up goes on',
  async () => {
    const { dataDir, pid } = await hostBy('$OTG; true')
    const leader = async (script: string) => {
      const id = await startSession(dataDir, ['/bin/sh', '-c', `echo pid $$ ready; ${script}`])
      await until(async () => (await screenOf(dataDir, id)).includes('ready'), 'the program')
      return Number(/pid (\d+)/.exec(await screenOf(dataDir, id))![1])
    }
    const first = await leader('read line; exec sleep 1000')
    const second = await leader('trap "" HUP; sleep 1000; sleep 1000')
    onCleanUp(() => process.kill(-second, 'SIGKILL')) // its group: the leader and its sleep
    process.kill(pid, 'SIGKILL')
    await until(() => !isAlive(first), 'the first session to end')
    expect(isAlive(second)).toBe(true)
  },
)
