// The system starts no process, or accepts no connection, for a while.
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import { FailingDisk } from '../support/faults/failing-disk.ts'
import { startHostProcess } from '../support/faults/printing-host.ts'
import { bytesOf, cleanUp, onCleanUp, Recorder, temporaryFolder } from '../support/host.ts'

afterEach(cleanUp)

it.skipIf(process.platform !== 'linux')(
  'a session that the system cannot start is refused with a code, and a refused connection costs nothing else',
  async () => {
    const folder = temporaryFolder()
    const dataDir = join(folder, 'data')
    const system = new FailingDisk(dataDir, folder)
    const { client } = await startHostProcess(dataDir, system.environment)
    const { session_id } = await client.create({ command: ['cat'] })
    const terminal = new Recorder()
    const attached = client.attach(session_id, terminal)
    let asked = 0
    const expectAlive = async () => {
      attached.type(bytesOf(`alive ${++asked}\n`))
      await terminal.shows(`alive ${asked}\r\nalive ${asked}`)
    }

    // A start makes two: of a shell that looks for the program, and of the session's terminal.
    for (const [error, code] of [
      ['EAGAIN', 'too_many_processes'],
      ['ENOMEM', 'too_many_processes'],
      ['EMFILE', 'too_many_files'],
      ['ENFILE', 'too_many_files'],
    ] as const)
      for (const after of [0, 1]) {
        system.fail(['fork'], error, after, 1)
        // Of a terminal that could not be had, node-pty does not tell why.
        const expected = after === 0 ? code : 'too_many_processes'
        await expect(client.create({ command: ['cat'] }), `${error}, ${after}`).rejects.toMatchObject({
          code: expected,
        })
        expect(system.stop()).toBe(1)
        await expectAlive()
        expect(await client.create({ command: ['true'] })).toMatchObject({ state: 'running' })
      }
    for (const error of ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'] as const) {
      system.fail(['fork'], error, 0, 1)
      await client.status({ renew_environment: true })
      expect(system.stop()).toBe(1)
      await expectAlive()
    }

    const connect = async () => {
      const other = new LocalClient({
        connect: () => connectLocal(join(dataDir, 'otg.sock')),
        client: { kind: 'script', name: 'test' },
        reconnect: false,
      })
      onCleanUp(() => other.close())
      await other.connect()
      return other
    }
    for (const error of ['EMFILE', 'ENFILE', 'ECONNABORTED', 'ENOMEM'] as const) {
      system.fail(['accept'], error, 0, 1)
      // libuv closes it, or accepts it at the next try.
      const outcome = await connect().then(
        () => 'connected',
        ({ code }) => code as string,
      )
      expect(['connected', 'connection_lost']).toContain(outcome)
      expect(system.stop()).toBe(1)
      await expectAlive()
      expect((await (await connect()).list()).length).toBeGreaterThan(0)
    }
  },
)
