// The page's queue of uploads, with a stand-in for the connection.
import { signal } from '@preact/signals'
import { expect, it, vi } from 'vitest'
import type { Source, UploadOptions } from '../../../protocol/client/upload-client.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { HostLink } from '../../../web-client/connection/host-link.ts'
import { uploadsOf } from '../../../web-client/input/uploads.ts'

interface Call {
  source: Source
  options: UploadOptions
  resolve: (path: string) => void
  reject: (error: unknown) => void
}

function setUp() {
  const state = signal<{ name: string }>({ name: 'ready' })
  const calls: Call[] = []
  const upload = (_: string, source: Source, options: UploadOptions) =>
    new Promise<string>((resolve, reject) => {
      // A file may arrive in the moment in which it is canceled.
      calls.push({ source, options, resolve, reject })
    })
  const link = { state, client: { upload }, hostId: 'host' }
  const uploads = uploadsOf(link as unknown as HostLink)
  const paths: string[] = []
  const session = { left: false }
  const failures: string[] = []
  const arrived = (path: string) => !session.left && paths.push(path) > 0
  const add = (...names: string[]) => {
    const files = names.map(name => new File(['12345'], name))
    uploads.add(files, { session_id: 'session', toDraft: false, arrived, failed: why => failures.push(why) })
  }
  return { state, link, calls, uploads, paths, session, failures, add }
}

it('sends one file after the other and reports the paths in order', async () => {
  const { calls, uploads, paths, add } = setUp()
  add('a.png', 'b.png')
  expect(calls.map(({ source }) => source.name)).toEqual(['a.png'])
  calls[0]!.options.progress?.(3, 5)
  expect(uploads.items.value[0]).toMatchObject({ state: 'sending', sentBytes: 3 })
  calls[0]!.resolve('/in/a.png')
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  calls[1]!.resolve('/in/b.png')
  await vi.waitFor(() => expect(uploads.items.value).toEqual([]))
  expect(paths).toEqual(['/in/a.png', '/in/b.png'])
})

it('waits for the connection, even if choosing a photo has cost it', async () => {
  const { state, calls, add } = setUp()
  state.value = { name: 'connecting' }
  add('a.png')
  expect(calls).toHaveLength(0)
  state.value = { name: 'ready' }
  expect(calls).toHaveLength(1)
})

const lost = () => new CodedError('connection_lost', 'the transport went away')

it('an interrupted file waits for the connection and is sent again from its beginning', async () => {
  const { state, calls, uploads, paths, add } = setUp()
  add('a.png', 'b.png')
  calls[0]!.options.progress?.(3, 5)
  state.value = { name: 'connecting' }
  calls[0]!.reject(lost())
  await vi.waitFor(() => expect(uploads.items.value[0]).toMatchObject({ state: 'waiting', sentBytes: 0 }))
  expect(calls).toHaveLength(1)
  state.value = { name: 'ready' }
  expect(calls[1]!.source.name).toBe('a.png')
  calls[1]!.resolve('/in/a.png')
  await vi.waitFor(() => expect(paths).toEqual(['/in/a.png']))
})

it('another computer at the same address receives neither a file nor a path', async () => {
  const { state, link, calls, uploads, paths, session, add } = setUp()
  session.left = true
  add('arrived.png', 'under-way.png', 'waiting.png')
  calls[0]!.resolve('/in/arrived.png')
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  state.value = { name: 'connecting' }
  calls[1]!.reject(lost())
  await vi.waitFor(() => expect(uploads.items.value[1]).toMatchObject({ state: 'waiting' }))
  link.hostId = 'another'
  state.value = { name: 'ready' }
  expect(uploads.items.value).toEqual([])
  expect(calls).toHaveLength(2)
  session.left = false
  add('for-this-one.png')
  expect(calls[2]!.source.name).toBe('for-this-one.png')
  calls[2]!.resolve('/in/for-this-one.png')
  await vi.waitFor(() => expect(paths).toEqual(['/in/for-this-one.png']))
})

it('a file that breaks the connection every time fails after some tries, and a tap tries again', async () => {
  const { calls, uploads, paths, add } = setUp()
  add('a.png', 'b.png')
  for (let tries = 0; tries < 5; tries++) {
    await vi.waitFor(() => expect(calls).toHaveLength(tries + 1))
    expect(calls[tries]!.source.name).toBe('a.png')
    calls[tries]!.reject(lost())
  }
  await vi.waitFor(() => expect(calls.at(-1)!.source.name).toBe('b.png'))
  expect(uploads.items.value[0]).toMatchObject({ state: 'failed', retryable: true, reason: 'the connection was lost' })
  calls[5]!.resolve('/in/b.png')
  await vi.waitFor(() => expect(paths).toEqual(['/in/b.png']))
  uploads.retry(uploads.items.value[0]!.id)
  await vi.waitFor(() => expect(calls).toHaveLength(7))
  calls[6]!.resolve('/in/a.png')
  await vi.waitFor(() => expect(paths).toEqual(['/in/b.png', '/in/a.png']))
})

it('a canceled file is dropped, and no path is typed', async () => {
  const { calls, uploads, paths, add } = setUp()
  add('a.png', 'b.png')
  uploads.drop(uploads.items.value[0]!.id)
  expect(calls[0]!.options.signal?.aborted).toBe(true)
  calls[0]!.resolve('/in/a.png')
  await vi.waitFor(() => expect(calls.at(-1)!.source.name).toBe('b.png'))
  expect(paths).toEqual([])
})

it('a path that no terminal takes is kept with its file', async () => {
  const { calls, uploads, session, paths, add } = setUp()
  add('a.png', 'b.png')
  session.left = true
  calls[0]!.resolve('/in/a.png')
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  expect(uploads.items.value[0]).toMatchObject({ state: 'arrived', path: '/in/a.png', session_id: 'session' })
  expect(paths).toEqual([])
  uploads.drop(uploads.items.value[0]!.id)
  expect(uploads.items.value.map(({ file }) => file.name)).toEqual(['b.png'])
})

it('a name that is too long for the wire keeps its end', () => {
  const { calls, add } = setUp()
  add(`${'x'.repeat(300)}.jpeg`)
  expect(calls[0]!.source.name).toHaveLength(255)
  expect(calls[0]!.source.name.endsWith('.jpeg')).toBe(true)
})

it('reports a final failure to the caller, and not that of a dropped file', async () => {
  const { calls, uploads, failures, add } = setUp()
  add('a.png', 'b.png')
  calls[0]!.reject(new CodedError('session_ended', 'this session has ended'))
  await vi.waitFor(() => expect(failures).toEqual(['this session has ended']))
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  uploads.drop(uploads.items.value[1]!.id)
  calls[1]!.reject(new CodedError('cancelled', 'this is no longer wanted'))
  await vi.waitFor(() => expect(uploads.items.value).toHaveLength(1))
  expect(failures).toHaveLength(1)
})
