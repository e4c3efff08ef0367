// A device that is limited to chosen sessions: for it there are no others.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PERMISSIONS, type RequestType } from '../../../main/host/access/permissions.ts'
import { SUBJECTS } from '../../../main/host/access/session-scope.ts'
import type { Host } from '../../../main/host/host.ts'
import { Pty } from '../../../main/host/session/pty.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { FrameReader, jsonFrames } from '../../../protocol/frames.ts'
import { type ClientMessage, type HostMessage, type SessionInfo, VERSIONS } from '../../../protocol/messages.ts'
import { programNamed } from '../../support/agents/asking-program.ts'
import {
  approvingDesktop,
  bytesOf,
  cleanUp,
  connectWebSocket,
  newPhone,
  nextEvent,
  onCleanUp,
  Recorder,
  startHost,
  until,
  webClient,
} from '../../support/host.ts'
import { type Context, request_id, SAMPLES } from '../../support/network/message-samples.ts'
import { openReturnChannel, type PhoneIdentity } from '../../support/pairing.ts'

afterEach(cleanUp)

async function setUp(change: { read_only?: boolean } = {}) {
  const host = await startHost()
  const desk = await approvingDesktop(host)
  const create = async (words: string) => {
    const { session_id } = await desk.create({ command: ['sh', '-c', `echo ${words}; exec cat`] })
    await until(async () => (await desk.screen(session_id)).lines.includes(words))
    return session_id
  }
  const shared = await create('the shared one')
  const hidden = await create('the hidden one')
  const phone = await newPhone(host)
  const [device] = (await desk.devices()).devices
  await desk.updateDevice(device!.device_id, { sessions: [shared], ...change })
  return { host, desk, shared, hidden, phone, device_id: device!.device_id, create }
}

async function connected(host: Host, phone: PhoneIdentity): Promise<LocalClient> {
  const client = webClient(host, { phone })
  await client.connect()
  return client
}

const ids = (sessions: readonly SessionInfo[]) => sessions.map(({ session_id }) => session_id).sort()

/** Sends what no client of ours would. */
async function raw(host: Host, phone: PhoneIdentity) {
  const transport = openReturnChannel(phone, await connectWebSocket(host))
  onCleanUp(() => transport.close({ code: 'client_closed', reason: '' }))
  const heard: HostMessage[] = []
  const reader = new FrameReader()
  transport.start({
    frame: bytes => {
      const frame = reader.read(bytes)
      if (frame?.kind === 'json') heard.push(frame.value as HostMessage)
    },
    close: () => {},
  })
  const say = (message: ClientMessage) => {
    for (const frame of jsonFrames(message)) transport.send(frame)
  }
  say({ type: 'hello', versions: VERSIONS, client: { kind: 'phone', name: 'raw' } })
  await until(() => heard[0]?.type === 'welcome')
  return { heard, say }
}

describe('case 103: a device that is limited to chosen sessions', () => {
  const naming = (Object.keys(SUBJECTS) as RequestType[]).filter(
    type => SUBJECTS[type] === 'session' && PERMISSIONS[type].includes('device'),
  )

  it('is told of each message about another session that there is no such session', async () => {
    const { host, desk, hidden, phone, device_id } = await setUp()
    const { mark_id } = await desk.history.mark(hidden, { at: 0 }, 'mine')
    const before = (await desk.list()).find(one => one.session_id === hidden)
    const { heard, say } = await raw(host, phone)
    const context: Context = { session_id: hidden, ended: hidden, handle: 1, device_id, mark_id }
    for (const type of naming)
      for (const session_id of [hidden, hidden.slice(0, 8)]) {
        heard.length = 0
        say({ ...SAMPLES[type].message(context), session_id } as ClientMessage)
        await until(() => heard.length > 0, type)
        expect([type, heard]).toEqual([
          type,
          [expect.objectContaining({ type: 'error', request_id, code: 'session_unknown' })],
        ])
      }
    const { last_activity: _, ...after } = (await desk.list()).find(one => one.session_id === hidden)!
    expect(before).toMatchObject(after)
    expect((await desk.history.timeline(hidden, 1)).marks).toHaveLength(1)
  })

  it('case 165: does not get back a session that it had started in the place of one that ended', async () => {
    const { host, desk, shared, phone, device_id } = await setUp()
    await desk.updateDevice(device_id, { sessions: [] })
    const { session_id: gone } = await desk.create({ command: ['true'] })
    await until(async () => (await desk.list()).find(one => one.session_id === gone)?.state === 'exited')
    const attach = async () => {
      const { heard, say } = await raw(host, phone)
      const fallback = { new: { command: ['cat'] } }
      say({ type: 'attach', request_id, session_id: gone, have: null, input_stream: 's', fallback } as ClientMessage)
      await until(() => heard.some(one => one.type === 'session'))
      return heard.find(one => one.type === 'session')!.session_id
    }
    await desk.updateDevice(device_id, { sessions: null })
    const first = await attach()
    expect(await attach()).toBe(first)
    await desk.updateDevice(device_id, { sessions: [shared, gone] })
    expect(await attach()).not.toBe(first)
    expect((await desk.devices()).devices[0]!.sessions).not.toContain(first)
  })

  it('allows no program to control other sessions, not even in its own session', async () => {
    const { host, desk, shared, phone } = await setUp()
    const { heard, say } = await raw(host, phone)
    say({ type: 'allow_control', request_id, session_id: shared, allowed: true })
    await until(() => heard.some(one => one.type === 'error'))
    expect(heard.at(-1)).toMatchObject({ type: 'error', request_id, code: 'forbidden' })
    expect((await desk.list()).find(one => one.session_id === shared)!.may_control).toBeUndefined()
  })

  it('is not told so of its own sessions, also by the beginning of an ID', async () => {
    const { host, desk, shared, phone, device_id } = await setUp()
    const { mark_id } = await desk.history.mark(shared, { at: 0 }, 'mine')
    const { heard, say } = await raw(host, phone)
    const context: Context = { session_id: shared.slice(0, 8), ended: shared, handle: 1, device_id, mark_id }
    for (const type of naming.filter(one => one !== 'kill' && one !== 'delete_session')) {
      heard.length = 0
      say(SAMPLES[type].message(context))
      const answer = () => heard.find(one => 'request_id' in one && one.type !== 'progress')
      await until(answer, type)
      expect([type, answer()]).not.toEqual([type, expect.objectContaining({ code: 'session_unknown' })])
    }
  })

  it('sees no other in lists, in the history and in a search', async () => {
    const { host, desk, shared, hidden, phone, create } = await setUp()
    const client = await connected(host, phone)
    expect(ids(await client.list())).toEqual([shared])
    expect(ids((await client.history.sessions()).sessions)).toEqual([shared])
    expect(ids((await client.history.sessions({ filter: { session_id: hidden } })).sessions)).toEqual([])
    const found = async () => (await client.history.search('one')).hits.map(({ session_id }) => session_id)
    await until(async () => (await found()).length > 0)
    expect(new Set(await found())).toEqual(new Set([shared]))
    expect((await client.history.search('one', { filter: { session_id: hidden } })).hits).toEqual([])
    expect((await desk.history.search('one')).hits.length).toBeGreaterThan(1)
    const lists: string[][] = []
    client.on('sessions', sessions => lists.push(ids(sessions)))
    client.watch()
    await create('another one')
    await desk.rename(shared, 'renamed')
    await until(() => lists.length >= 2)
    for (const list of lists) expect(list).toEqual([shared])
  })

  it('hears of no other that asks for attention', async () => {
    const { host, desk, shared, hidden, phone } = await setUp()
    const client = await connected(host, phone)
    const heard: string[] = []
    client.on('attention', ({ session_id }) => heard.push(session_id))
    client.watch()
    await client.list()
    for (const id of [hidden, shared]) desk.attach(id, new Recorder(), { window: 0 }).type(bytesOf('\x07\n'))
    for (const id of [hidden, shared]) {
      await until(async () => (await desk.list()).find(one => one.session_id === id)?.attention, id)
    }
    await until(() => heard.length > 0)
    expect(new Set(heard)).toEqual(new Set([shared]))
  })

  it('sees the sessions that it starts, also after the host has restarted', async () => {
    const { host, shared, phone } = await setUp()
    const client = await connected(host, phone)
    const { session_id } = await client.create({ command: ['true'] })
    expect(ids(await client.list())).toEqual([shared, session_id].sort())
    client.close()
    await host.stop()
    const again = await startHost({ dataDir: host.dataDir })
    const back = await connected(again, phone)
    expect(ids((await back.history.sessions()).sessions)).toEqual([shared, session_id].sort())
  })

  it('starts no session in the place of one that it does not see', async () => {
    const { host, hidden, phone } = await setUp()
    const client = await connected(host, phone)
    const attached = client.attach(hidden, new Recorder(), { fallback: { command: ['cat'] } })
    expect((await nextEvent(attached, 'failed')).code).toBe('session_unknown')
    expect(await client.list()).toHaveLength(1)
  })

  it('case 155: hears nothing when something happens in other sessions', async () => {
    const { host, desk, shared, hidden, phone } = await setUp({ read_only: true })
    const client = await connected(host, phone)
    const lists: string[] = []
    client.on('sessions', sessions => lists.push(JSON.stringify(sessions)))
    client.watch()
    await until(() => lists.length > 0, 'the list')
    for (let i = 0; i < 5; i++) await desk.rename(hidden, `hidden ${i}`)
    const other = await desk.create({ command: ['sh', '-c', 'echo elsewhere; exec cat'] })
    await desk.kill(other.session_id)
    await desk.rename(shared, 'the last change')
    await until(() => lists.at(-1)!.includes('the last change'), 'the change')
    expect(lists.filter((list, index) => index > 1 && list === lists[index - 1])).toEqual([])
  })

  it('loses its connections when its limit changes, and returns with the new one', async () => {
    const { host, desk, shared, hidden, phone, device_id } = await setUp({ read_only: true })
    const client = await connected(host, phone)
    const lost = new Promise(resolve => client.on('state', ({ name }) => name !== 'ready' && resolve(name)))
    await desk.updateDevice(device_id, { sessions: [hidden] })
    await lost
    // Rejects while the connection is replaced.
    const lists = (expected: string[]) =>
      until(
        async () => ids(await client.list().catch(() => [])).join() === expected.join(),
        `${expected.length} sessions`,
      )
    await lists([hidden])
    await desk.updateDevice(device_id, { sessions: [] })
    await until(async () => (await client.list().catch(() => undefined))?.length === 0)
    await desk.updateDevice(device_id, { sessions: null })
    await lists([shared, hidden].sort())
  })
})

describe('case 128: an answer that is typed in steps', () => {
  it.each(['the limit of its device', 'the permission of its device', 'its device'])(
    'ends where %s ends',
    async what => {
      const { host, desk, phone, device_id } = await setUp()
      const body = '#!/bin/bash\nread -sp "Registry password: " a; echo; echo "got $a"; exec cat'
      const { session_id } = await desk.create({ command: [programNamed('deploy', body)] })
      await desk.updateDevice(device_id, { sessions: [session_id] })
      const question = async () => (await desk.list()).find(one => one.session_id === session_id)!.activity?.question
      await until(async () => (await question())?.kind === 'password', 'the question')
      const { question_id } = (await question())!
      const client = await connected(host, phone)
      const typed: string[] = []
      const write = Pty.prototype.write
      let changed: Promise<unknown> | undefined
      const spy = vi.spyOn(Pty.prototype, 'write').mockImplementation(function (this: Pty, bytes, peer, ...rest) {
        if (peer === device_id) typed.push(Buffer.from(bytes).toString())
        const answer = write.call(this, bytes, peer, ...rest)
        if (peer === device_id)
          changed ??=
            what === 'its device'
              ? desk.revokeDevice(device_id)
              : desk.updateDevice(device_id, what.includes('limit') ? { sessions: [] } : { read_only: true })
        return answer
      })
      onCleanUp(() => spy.mockRestore())
      void client.answer(session_id, question_id, { text: 'open sesame' }).catch(() => {})
      await until(() => changed !== undefined)
      await changed
      // The next answer is typed when this one has ended.
      await desk.answer(session_id, question_id, { text: 'x' }).catch(() => {})
      expect(typed).toEqual(['open sesame'])
    },
  )
})
