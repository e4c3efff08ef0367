import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { inflate } from '../../main/cli/command/inflate.ts'
import { readHostInfo } from '../../main/host/files/host-info.ts'
import { History } from '../../main/host/history/write/history.ts'
import { readBack } from '../../main/host/history/write/read-back.ts'
import { DEFAULT_LIMITS } from '../../main/host/history/write/worker-protocol.ts'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { HISTORY_LAG_BYTES } from '../../main/host/session/back-pressure.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import type { TerminalSink } from '../../protocol/client/log-applier.ts'
import { OTG } from '../support/built.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../support/host.ts'

afterEach(cleanUp)

const KILLS = 20

/** What a session prints before it notices that the history is behind: what was read at once, and what is not handed over yet. */
const IN_FLIGHT_BYTES = 512 * 1024

it(`the database opens after ${KILLS} kills with SIGKILL in the middle of a flood, and lacks at most the last second`, async () => {
  const dataDir = join(temporaryFolder(), 'data')
  for (let kill = 0; kill < KILLS; kill++) {
    const host = await startHost(dataDir)
    const client = await connect(dataDir)
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty -opost; exec seq 1 1000000000'] })
    const seen: { at: number; offset: number }[] = []
    const sink: TerminalSink = { write: (_bytes, done) => done(), resize: () => {}, reset: () => {} }
    const attached = client.attach(session_id, sink)
    const sampler = setInterval(() => seen.push({ at: performance.now(), offset: attached.have?.offset ?? 0 }), 10)
    // A different time each time; after the first second there is something that must not be lost.
    await until(() => (seen.at(-1)?.offset ?? 0) > 0 && seen.length > 130 + kill * 7, 'the flood to flow')
    clearInterval(sampler)
    const killed = performance.now()
    host.kill('SIGKILL')
    await once(host, 'exit')
    client.close()
    const owed = seen.findLast(({ at }) => at <= killed - 1_000)!.offset
    expect(owed).toBeGreaterThan(0)
    await checkHistory(join(dataDir, 'otg.db'), session_id, owed, attached.have?.offset ?? 0)
  }
})

/** The stored log reaches as far as promised, and is what seq printed, without a gap or a wrong byte. */
async function checkHistory(file: string, session_id: string, owed: number, printed: number): Promise<void> {
  const history = await History.open(file, DEFAULT_LIMITS, {
    trouble: () => {},
    recovered: () => {},
    committed: () => {},
  })
  try {
    const { session, start, end } = await history.session(session_id)
    expect(session.state).toBe('host_crashed')
    expect(end.offset).toBeGreaterThanOrEqual(owed)
    expect(printed - end.offset).toBeLessThanOrEqual(HISTORY_LAG_BYTES + IN_FLIGHT_BYTES)
    let at = start.offset
    let line = ''
    let number: number | undefined
    const keyframe = await history.startingPoint(session_id, start.offset)
    for await (const step of readBack(history, session_id, keyframe)) {
      // A keyframe is not part of the log; it comes where the log begins.
      if (step.kind !== 'bytes' || step.at.offset === keyframe?.position.offset) continue
      at += step.bytes.length
      expect(step.at.offset).toBe(at)
      const lines = (line + Buffer.from(step.bytes).toString('latin1')).split('\n')
      line = lines.pop()!
      // After trimming, the first line may be half of one.
      if (number === undefined && start.offset > 0) lines.shift()
      for (const text of lines) {
        if (number !== undefined && Number(text) !== number + 1) throw new Error(`${text} follows ${number} at ${at}`)
        number = Number(text)
      }
    }
    expect(at).toBe(end.offset)
  } finally {
    await history.close()
  }
}

async function startHost(dataDir: string): Promise<ChildProcess> {
  const host = spawn(process.execPath, [OTG, 'host', '--json', '--port', '0', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onCleanUp(() => host.kill('SIGKILL'))
  await once(host.stdout, 'data')
  return host
}

async function connect(dataDir: string): Promise<LocalClient> {
  const { socket } = readHostInfo(dataDir)!
  const client = new LocalClient({
    connect: () => connectLocal(socket),
    client: { kind: 'script', name: 'test' },
    reconnect: false,
    inflate,
  })
  onCleanUp(() => client.close())
  await client.connect()
  return client
}
