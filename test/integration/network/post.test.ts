// One request to a hostile push service, over TLS, with every odd kind of response.
import type { ServerResponse } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { canReach, type PostReply, post } from '../../../main/host/notify/post.ts'
import { cleanUp, onCleanUp } from '../../support/host.ts'
import { PushService } from '../../support/network/push-service.ts'
import { scaled } from '../../support/repeat.ts'

afterEach(cleanUp)

async function hostile(answer: (response: ServerResponse) => void): Promise<() => Promise<PostReply>> {
  const service = await PushService.start()
  onCleanUp(() => service.stop())
  service.responses.push((_, response) => answer(response))
  const url = `https://${service.name}/x`
  const { ca } = service
  return () => post({ url, headers: {}, body: Buffer.from('x') }, { ca, signal: new AbortController().signal })
}

const raw = (text: string) => (response: ServerResponse) => void response.socket!.write(text)

/** Sends the same data whenever it was taken, until the socket closes. */
const endless = (text: string) => (response: ServerResponse) => {
  const { socket } = response
  const more = () => {
    if (socket && !socket.destroyed) socket.write(text, () => setImmediate(more))
  }
  more()
}

it.each([
  ['switches protocols', raw('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n')],
  ['sends interim responses endlessly', endless('HTTP/1.1 100 Continue\r\n\r\n'.repeat(1_000))],
  ['sends early hints endlessly', endless(`HTTP/1.1 103 Early Hints\r\nlink: <${'x'.repeat(4_000)}>\r\n\r\n`)],
  ['sends endless headers', endless(`a: ${'b'.repeat(1_000)}\r\n`)],
  ['sends an endless line', endless('HTTP/1.1 200 '.padEnd(10_000, 'x'))],
  ['does not speak HTTP', raw('SSH-2.0-OpenSSH_9.2\r\n\r\n')],
  ['sends two lengths', raw('HTTP/1.1 201 Created\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n')],
  ['hangs up', (response: ServerResponse) => void response.socket!.destroy()],
])('rejects at once for a service that %s', async (_what, answer) => {
  const before = process.cpuUsage()
  await expect((await hostile(answer))()).rejects.toThrow()
  const { user, system } = process.cpuUsage(before)
  // It used to take 12 s of the main thread per attempt.
  expect(user + system).toBeLessThan(3_000_000)
})

it('accepts a few interim responses', async () => {
  const asked = await hostile(raw(`${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(3)}HTTP/1.1 201 Created\r\n\r\n`))
  expect(await asked()).toEqual({ status: 201 })
})

it('does not read an endless body', async () => {
  const asked = await hostile(response => {
    response.writeHead(201).flushHeaders()
    endless('x'.repeat(100_000))(response)
  })
  expect(await asked()).toEqual({ status: 201 })
})

it.each([
  ['in the past', 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['words', 'soon', undefined],
  ['of infinite length', '9'.repeat(400), Number.POSITIVE_INFINITY],
])('reads a Retry-After %s', async (_what, wait, expected) => {
  const asked = await hostile(response => response.writeHead(429, { 'retry-after': wait }).end())
  expect(await asked()).toEqual({ status: 429, ...(expected !== undefined && { retry_after_ms: expected }) })
})

it('sends nothing to a service with a certificate for another name', async () => {
  const service = await PushService.start('DNS:other.example')
  onCleanUp(() => service.stop())
  const { ca } = service
  const { signal } = new AbortController()
  const url = `https://${service.name}/x`
  await expect(post({ url, headers: {}, body: Buffer.from('x') }, { ca, signal })).rejects.toThrow(/altnames/)
  expect(await canReach(url, { ca, signal })).toBe(false)
  expect(service.posts).toEqual([])
})

it('leaves no sockets or timers after many failed requests', async () => {
  const service = await PushService.start()
  onCleanUp(() => service.stop())
  const url = `https://${service.name}/x`
  const held = () =>
    process.getActiveResourcesInfo().filter(what => what === 'TCPSocketWrap' || what === 'Timeout').length
  const before = held()
  for (let at = 0; at < scaled(1_000); at += 50) {
    const some = Array.from({ length: 50 }, async (_, n) => {
      const abort = new AbortController()
      if (n % 5 === 0) service.responses.push((_, response) => void response.socket!.destroy())
      const asked = post({ url, headers: {}, body: Buffer.from('x') }, { ca: service.ca, signal: abort.signal })
      if (n % 2 === 0) setTimeout(() => abort.abort(), n)
      await asked.catch(() => {})
    })
    await Promise.all(some)
  }
  await expect.poll(held).toBeLessThanOrEqual(before + 2)
})
