// Uploads that end while an operation on their file is running.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { UploadRequests } from '../../../main/host/clients/upload-requests.ts'
import { Uploads } from '../../../main/host/uploads/uploads.ts'
import type { CodedError } from '../../../protocol/errors.ts'

/** An operation of node:fs/promises or of one of its file handles. `open` is counted: the second reserves the name. */
type Operation = 'mkdir' | 'open 1' | 'write' | 'sync' | 'close' | 'open 2' | 'rename' | 'rm'

const slow = vi.hoisted(() => ({
  /** The operation that takes long, from when `reached` is called. */
  operation: undefined as string | undefined,
  opened: 0,
  reached: () => {},
  before: async (_operation: string) => {},
}))

vi.mock('node:fs/promises', async original => {
  const real = await original<typeof import('node:fs/promises')>()
  const delayed =
    <A extends unknown[], R>(name: string, act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await slow.before(name)
      return act(...args)
    }
  return {
    ...real,
    mkdir: delayed('mkdir', real.mkdir as (path: string) => Promise<undefined>),
    rename: delayed('rename', real.rename),
    rm: delayed('rm', real.rm),
    open: async (...args: Parameters<typeof real.open>) => {
      await slow.before(`open ${++slow.opened}`)
      const file = await real.open(...args)
      if (slow.opened > 1) return file
      for (const name of ['write', 'sync', 'close'] as const) {
        const act = (file[name] as (...args: unknown[]) => Promise<unknown>).bind(file)
        Object.assign(file, { [name]: delayed(name, act) })
      }
      return file
    },
  }
})

/** Turns of the event loop that a slow operation takes: far more than anything takes that does not wait for it. */
const TURNS = 200

const SESSION = '11111111-2222-3333-4444-555555555555'
let folder = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otg-uploads-'))
  Object.assign(slow, { operation: undefined, opened: 0, reached: () => {} })
  slow.before = async name => {
    if (name !== slow.operation) return
    slow.reached()
    for (let i = 0; i < TURNS; i++) await turn()
  }
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => entry.name)

function setUp() {
  const failures: unknown[] = []
  const limits = () => ({ file_bytes: 1_000, total_bytes: 1_000 })
  const uploads = new Uploads({ folder, limits, log: { error: what => void failures.push(what) } })
  const heard: string[] = []
  const requests = new UploadRequests(uploads, {
    message: message => void heard.push(message.type),
    refuse: (error: CodedError) => void heard.push(error.code),
  })
  requests.admitted({ hold: () => () => {} })
  const hears = (what: string) => vi.waitFor(() => expect(heard).toContain(what))
  return { uploads, requests, heard, hears, failures }
}

/** Whether the client may already send chunks by then. */
const isBegun = (operation: Operation) => operation !== 'mkdir' && operation !== 'open 1'

/** Uploads a file of two chunks until `operation` is running. */
async function uploadUntil(operation: Operation, { requests, hears }: ReturnType<typeof setUp>): Promise<void> {
  const reached = new Promise<void>(resolve => {
    slow.reached = resolve
  })
  if (!isBegun(operation)) slow.operation = operation
  requests.take({ type: 'upload', request_id: 1, session_id: SESSION, name: 'a.txt', size: 2 }, async () => SESSION)
  if (slow.operation === undefined) {
    await hears('progress')
    slow.operation = operation
    requests.chunk(1, new Uint8Array(1))
    // Operations after a removal are started by the end of the upload itself.
    if (operation === 'rm') return
    requests.chunk(1, new Uint8Array(1))
  }
  await reached
}

const EVERY: Operation[] = ['mkdir', 'open 1', 'write', 'sync', 'close', 'open 2', 'rename', 'rm']

describe.each(EVERY)('an upload during %s', operation => {
  it('a stopping host removes the unfinished file before it has stopped', async () => {
    const set = setUp()
    await uploadUntil(operation, set)
    // In this order: clients lose their connections, then the uploads are closed.
    set.requests.close()
    await set.uploads.close()
    expect(files()).toEqual([])
    expect(set.failures).toEqual([])
  })

  it('a host that stops without closing connections removes the unfinished file', async () => {
    const set = setUp()
    await uploadUntil(operation, set)
    await set.uploads.close()
    expect(files()).toEqual([])
    // The second close waits as the first one does.
    await set.uploads.close()
    expect(set.failures).toEqual([])
  })

  it('deleting the session removes its folder', async () => {
    const set = setUp()
    await uploadUntil(operation, set)
    await set.uploads.removeSession(SESSION)
    expect(readdirSync(folder)).toEqual([])
    await set.hears(isBegun(operation) ? 'session_unknown' : 'cancelled')
    expect(set.failures).toEqual([])
    await set.uploads.close()
  })

  it('canceling the upload frees its space at once, and deleting the session then removes its folder', async () => {
    const set = setUp()
    await uploadUntil(operation, set)
    set.requests.cancel(1)
    const next = await set.uploads.begin('another', 'b.txt', isBegun(operation) ? 1_000 : 998)
    await set.uploads.removeSession(SESSION)
    expect(files()).toHaveLength(1)
    await next.discard()
    expect(files()).toEqual([])
    expect(set.failures).toEqual([])
    await set.uploads.close()
  })
})

describe('a stopping host', () => {
  const finished = async (set: ReturnType<typeof setUp>, session_id: string) => {
    const upload = await set.uploads.begin(session_id, 'a.txt', 1)
    await upload.write(new Uint8Array(1))
    await upload.finish()
  }

  it('waits until the files of a deleted session are gone', async () => {
    const set = setUp()
    await finished(set, SESSION)
    slow.operation = 'rm'
    const reached = new Promise<void>(resolve => {
      slow.reached = resolve
    })
    void set.uploads.removeSession(SESSION)
    await reached
    await set.uploads.close()
    expect(readdirSync(folder)).toEqual([])
  })

  it('removes no folders of deleted sessions after it has stopped', async () => {
    const set = setUp()
    await finished(set, '1'.repeat(13))
    await finished(set, '2'.repeat(13))
    slow.operation = 'rm'
    const reached = new Promise<void>(resolve => {
      slow.reached = resolve
    })
    const sweeping = set.uploads.sweep(async () => false)
    await reached
    await set.uploads.close()
    const left = readdirSync(folder)
    expect(left).toHaveLength(1)
    await sweeping
    // Another host may use this folder by then.
    await set.uploads.removeSession(left[0]!)
    expect(readdirSync(folder)).toEqual(left)
  })
})
