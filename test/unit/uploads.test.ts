// The queue of files on their way, before a double of the connection. Knows no host and no page.
import { signal } from '@preact/signals'
import { expect, it, vi } from 'vitest'
import { CodedError } from '../../protocol/errors.ts'
import type { Source, UploadOptions } from '../../protocol/upload-client.ts'
import type { HostLink } from '../../web-client/host-link.ts'
import { Uploads } from '../../web-client/uploads.ts'

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
      // A file may arrive in the moment in which it is cancelled.
      calls.push({ source, options, resolve, reject })
    })
  const uploads = new Uploads({ state, client: { upload } } as unknown as HostLink, () => 'session')
  const paths: string[] = []
  const add = (...names: string[]) =>
    uploads.add(
      names.map(name => new File(['12345'], name)),
      false,
      path => paths.push(path),
    )
  return { state, calls, uploads, paths, add }
}

it('sends one after the other and tells the paths in order', async () => {
  const { calls, uploads, paths, add } = setUp()
  add('a.png', 'b.png')
  expect(calls.map(({ source }) => source.name)).toEqual(['a.png'])
  calls[0]!.options.progress?.(3, 5)
  expect(uploads.items.value[0]).toMatchObject({ state: 'sending', done: 3 })
  calls[0]!.resolve('/in/a.png')
  await vi.waitFor(() => expect(calls).toHaveLength(2))
  calls[1]!.resolve('/in/b.png')
  await vi.waitFor(() => expect(uploads.items.value).toEqual([]))
  expect(paths).toEqual(['/in/a.png', '/in/b.png'])
})

it('waits for the connection, also where choosing a photo has cost it', async () => {
  const { state, calls, add } = setUp()
  state.value = { name: 'connecting' }
  add('a.png')
  expect(calls).toHaveLength(0)
  state.value = { name: 'ready' }
  expect(calls).toHaveLength(1)
})

it('an interruption is told, the rest waits for the connection, and another try sends it from its beginning', async () => {
  const { state, calls, uploads, paths, add } = setUp()
  add('a.png', 'b.png')
  state.value = { name: 'connecting' }
  calls[0]!.reject(new CodedError('connection_lost', 'the transport went away'))
  await vi.waitFor(() => expect(uploads.items.value[0]).toMatchObject({ state: 'failed', again: true }))
  expect(uploads.items.value[0]!.why).toBe('the connection was lost')
  expect(calls).toHaveLength(1)
  state.value = { name: 'ready' }
  calls[1]!.resolve('/in/b.png')
  await vi.waitFor(() => expect(paths).toEqual(['/in/b.png']))
  uploads.again(uploads.items.value[0]!.id)
  await vi.waitFor(() => expect(calls).toHaveLength(3))
  calls[2]!.resolve('/in/a.png')
  await vi.waitFor(() => expect(paths).toEqual(['/in/b.png', '/in/a.png']))
})

it('what is cancelled is gone, and nothing is typed of it', async () => {
  const { calls, uploads, paths, add } = setUp()
  add('a.png', 'b.png')
  uploads.cancel(uploads.items.value[0]!.id)
  expect(calls[0]!.options.signal?.aborted).toBe(true)
  calls[0]!.resolve('/in/a.png')
  await vi.waitFor(() => expect(calls.at(-1)!.source.name).toBe('b.png'))
  expect(paths).toEqual([])
})

it('leaving the session ends it all, and says how many were on their way', () => {
  const { calls, uploads, add } = setUp()
  add('a.png', 'b.png')
  expect(uploads.dispose()).toBe(2)
  expect(calls[0]!.options.signal?.aborted).toBe(true)
  expect(uploads.dispose()).toBe(0)
})

it('a name longer than the wire takes keeps its end', () => {
  const { calls, add } = setUp()
  add(`${'x'.repeat(300)}.jpeg`)
  expect(calls[0]!.source.name).toHaveLength(255)
  expect(calls[0]!.source.name.endsWith('.jpeg')).toBe(true)
})
