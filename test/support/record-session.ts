// Creates recorded sessions for tests of the history.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@playwright/test'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { SessionInfo, SessionSpec } from '../../protocol/messages.ts'

/**
 * Runs a shell script as a session and waits until it ended and all output is recorded. The script is in a file, so that the
 * command line does not contain what it prints.
 */
export async function recordSession(client: LocalClient, script: string, spec: SessionSpec = {}): Promise<SessionInfo> {
  const folder = mkdtempSync(join(tmpdir(), 'otg-script-'))
  const file = join(folder, 'script')
  writeFileSync(file, script)
  try {
    return await runToEnd(client, { command: ['/bin/sh', file], cwd: '/tmp', size: { cols: 80, rows: 24 }, ...spec })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function runToEnd(client: LocalClient, spec: SessionSpec): Promise<SessionInfo> {
  const { session_id } = await client.create(spec)
  let session: SessionInfo | undefined
  await expect
    .poll(async () => {
      session = (await client.history.sessions({ filter: { session_id } })).sessions[0]
      if (!session || session.state === 'running') return 'running'
      const { end } = await client.history.timeline(session_id, 1)
      return end.offset >= session.bytes ? 'recorded' : 'ended'
    })
    .toBe('recorded')
  return session!
}
