// A host with few file descriptors keeps those that it needs itself. A real host, started with a low limit.
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { sessions, startCliHost, startSession, withClient } from '../support/cli.ts'
import { cleanUp } from '../support/host.ts'

afterEach(cleanUp)

it.skipIf(process.platform !== 'linux')(
  'a session that would take the last descriptors is refused, and the host goes on',
  async () => {
    const { dataDir, pid } = await startCliHost()
    const first = await startSession(dataDir, ['cat'])
    const limit = readdirSync(`/proc/${pid}/fd`).length + 36
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:${limit}`])
    const startMany = async () => {
      for (let n = 0; n < 36; n++) await startSession(dataDir, ['cat'])
    }
    await expect(startMany()).rejects.toMatchObject({ code: 'too_many_files' })
    expect((await sessions(dataDir)).map(({ session_id }) => session_id)).toContain(first)
    const recorded = await withClient(dataDir, client => client.history.sessions({ filter: {}, limit: 50 }))
    expect(recorded.sessions.length).toBeGreaterThan(0)
  },
)
