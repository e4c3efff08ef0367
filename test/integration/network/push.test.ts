// Push notifications end to end: a host with real sessions, paired phones, and a push service over HTTPS.
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Host } from '../../../main/host/host.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { breakRecording } from '../../support/break-recording.ts'
import { turnableClocks } from '../../support/clocks.ts'
import {
  approvingDesktop,
  cleanUp,
  connectWebSocket,
  localClient,
  newPhone,
  nextEvent,
  onCleanUp,
  Recorder,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'
import { createAuthority, PushService, Subscriber, verifySignature } from '../../support/network/push-service.ts'
import {
  answerPairingRequests,
  connectDesktop,
  type PhoneIdentity,
  pairingUrl,
  pairPhone,
} from '../../support/pairing.ts'

afterEach(cleanUp)

let service: PushService
beforeEach(async () => {
  service = await PushService.start()
  onCleanUp(() => service.stop())
})

const start = (options: object = {}) => startHost({ push: service.option, ...options })

/** A phone that connected, subscribed, and disconnected. */
async function subscribed(host: Host, subscriber = new Subscriber(service)) {
  const phone = await newPhone(host)
  const client = webClient(host, { phone })
  const answer = await client.push(subscriber.subscription)
  client.close()
  await until(async () => (await (await approvingDesktop(host)).devices()).devices.every(one => one.connected === 0))
  return { phone, subscriber, answer }
}

/** A program that sends the content of files as notifications, in a session that no person sees. */
async function agent(desk: LocalClient, title = 'agent') {
  const folder = temporaryFolder()
  const script = 'n=1; while :; do if [ -e "say-$n" ]; then cat "say-$n"; n=$((n+1)); fi; sleep 0.01; done'
  const { session_id } = await desk.create({ title, cwd: folder, command: ['sh', '-c', script] })
  let told = 0
  return {
    session_id,
    say(text: string) {
      writeFileSync(join(folder, 'saying'), `\x1b]9;${text}\x07${text}\r\n`)
      renameSync(join(folder, 'saying'), join(folder, `say-${++told}`))
    },
    mark: async () => (await desk.list()).find(one => one.session_id === session_id)?.attention?.text,
  }
}

const filesOf = (host: Host) => ({ key: join(host.dataDir, 'push.key'), list: join(host.dataDir, 'push.json') })

describe('a phone whose page is closed', () => {
  it('is notified of a session’s text, encrypted for it and signed by this host, once until a person has seen it', async () => {
    const host = await start()
    const desk = await approvingDesktop(host)
    const { subscriber, answer } = await subscribed(host)
    expect(answer).toMatchObject({ subscribed: true, trouble: null })
    const { session_id, say, mark } = await agent(desk, 'a "title"')
    say('May I run make?')
    await until(() => service.posts.length === 1)
    const [post] = service.posts
    expect(JSON.parse(subscriber.decrypt(post!))).toEqual({
      session_id,
      kind: 'message',
      title: 'a "title"',
      text: 'May I run make?',
    })
    expect(`https://${service.name}${post!.path}`).toBe(subscriber.endpoint)
    const { key, claims } = verifySignature(post!)
    expect(key).toBe(answer.key)
    expect(claims.aud).toBe(`https://${service.name}`)
    expect(post!.headers).toMatchObject({ urgency: 'high', topic: expect.stringMatching(/^[\w-]{32}$/) })
    expect(post!.headers.topic).not.toContain(session_id.slice(0, 8))

    say('Well?')
    await until(async () => (await mark()) === 'Well?')
    const viewer = localClient(host)
    const looker = viewer.attach(session_id, new Recorder())
    await nextEvent(looker, 'caught_up')
    await until(async () => (await mark()) === undefined)
    viewer.detach(looker)
    say('Again?')
    await until(() => service.posts.length === 2)
    expect(JSON.parse(subscriber.decrypt(service.posts[1]!)).text).toBe('Again?')
    expect(service.posts[1]!.headers.topic).toBe(post!.headers.topic)
    expect(service.posts[1]!.body.length).toBe(post!.body.length)
  })

  it('is notified even if it is read-only, because it can see that anyway', async () => {
    const host = await start()
    const desk = await connectDesktop(host)
    onCleanUp(() => desk.close())
    answerPairingRequests(desk, { allow: true, read_only: true })
    const phone = await pairPhone(await pairingUrl(desk), () => connectWebSocket(host))
    const client = webClient(host, { phone })
    const subscriber = new Subscriber(service)
    expect((await client.push(subscriber.subscription)).subscribed).toBe(true)
    client.close()
    const { say } = await agent(desk)
    say('May I?')
    await until(() => service.posts.length === 1)
    expect(JSON.parse(subscriber.decrypt(service.posts[0]!)).text).toBe('May I?')
  })

  it('is notified of trouble of the host, as far as it concerns it', async () => {
    const host = await start({ timing: { tell_trouble_ms: 50 } })
    const desk = await approvingDesktop(host)
    const { subscriber } = await subscribed(host)
    const limited = await subscribed(host)
    await desk.updateDevice((await desk.devices()).devices[1]!.device_id, { sessions: [] })
    await desk.create({ command: ['sh', '-c', 'while :; do echo tick; sleep 0.1; done'] })
    const repair = breakRecording(join(host.dataDir, 'otg.db'))
    await until(() => service.posts.length === 2)
    const text = 'Not recording: the history cannot be written'
    for (const one of [subscriber, limited.subscriber]) {
      const post = service.posts.find(({ path }) => `https://${service.name}${path}` === one.endpoint)!
      expect(JSON.parse(one.decrypt(post))).toEqual({ session_id: '', kind: 'message', title: 'On the Go', text })
    }
    repair()
  })

  it('case 131: is not notified while it has to be confirmed again', async () => {
    const clocks = turnableClocks()
    const host = await start({ clocks })
    const desk = await approvingDesktop(host)
    await desk.changeSettings({ ask_again_days: 1 })
    await subscribed(host)
    clocks.pass(2 * 24 * 3_600_000)
    const { subscriber } = await subscribed(host)
    const { say } = await agent(desk)
    say('May I?')
    await until(() => service.posts.length > 0)
    expect(JSON.parse(subscriber.decrypt(service.posts.at(-1)!)).text).toBe('May I?')
    // Devices are told one after the other, the older one first.
    expect(service.posts).toHaveLength(1)
    expect((await desk.devices()).devices.map(({ notified }) => notified)).toEqual([true, true])
  })

  it('is not notified while a person is at any screen that shows the session', async () => {
    const host = await start()
    const desk = await approvingDesktop(host)
    const { subscriber } = await subscribed(host)
    const { session_id, say } = await agent(desk)
    const sink = new Recorder()
    const viewer = localClient(host)
    const looker = viewer.attach(session_id, sink)
    await nextEvent(looker, 'caught_up')
    say('seen')
    // The host's own screen has parsed it, too.
    await until(async () => (await desk.screen(session_id)).lines.join().includes('seen'))
    viewer.detach(looker)
    say('unseen')
    await until(() => service.posts.length === 1)
    expect(JSON.parse(subscriber.decrypt(service.posts[0]!)).text).toBe('unseen')
  })

  it('is not notified while a person is at one of its pages, but others are', async () => {
    const host = await start()
    const desk = await approvingDesktop(host)
    const { phone, subscriber } = await subscribed(host)
    const other = await subscribed(host)
    const client = webClient(host, { phone })
    await client.connect()
    client.setPresent(true)
    await client.list()
    const one = await agent(desk, 'one')
    one.say('first')
    await until(() => service.posts.length === 1)
    expect(JSON.parse(other.subscriber.decrypt(service.posts[0]!)).text).toBe('first')
    // The person leaves: from now on it is notified.
    client.setPresent(false)
    await client.list()
    const two = await agent(desk, 'two')
    two.say('second')
    await until(() => service.posts.length === 3)
    const mine = service.posts.filter(({ path }) => subscriber.endpoint.endsWith(path))
    expect(mine.map(post => JSON.parse(subscriber.decrypt(post)).text)).toEqual(['second'])
    // A person who looks at another session counts as present, too.
    const looker = client.attach(one.session_id, new Recorder())
    await nextEvent(looker, 'caught_up')
    const three = await agent(desk, 'three')
    three.say('third')
    await until(() => service.posts.length === 4)
    expect(service.posts.filter(({ path }) => subscriber.endpoint.endsWith(path))).toHaveLength(1)
  })

  it('is notified with the same key after a restart of the host', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const first = await start({ dataDir })
    const { subscriber, answer } = await subscribed(first)
    await first.stop()
    const host = await start({ dataDir })
    const { say } = await agent(await approvingDesktop(host))
    say('after the restart')
    await until(() => service.posts.length === 1)
    expect(JSON.parse(subscriber.decrypt(service.posts[0]!)).text).toBe('after the restart')
    expect(verifySignature(service.posts[0]!).key).toBe(answer.key)
  })

  it('is not notified after it was revoked or unsubscribed, and nothing of it stays on the disk', async () => {
    const host = await start()
    const desk = await approvingDesktop(host)
    const revoked = await subscribed(host)
    const unwilling = await subscribed(host)
    const kept = await subscribed(host)
    const { devices } = await desk.devices()
    expect(devices.map(({ notified }) => notified)).toEqual([true, true, true])
    await desk.revokeDevice(devices[0]!.device_id)
    const client = webClient(host, { phone: unwilling.phone })
    expect((await client.push(null)).subscribed).toBe(false)
    client.close()
    const stored = readFileSync(filesOf(host).list, 'utf8')
    expect(stored).not.toContain(revoked.subscriber.endpoint)
    expect(stored).not.toContain(unwilling.subscriber.endpoint)
    const { say } = await agent(desk)
    say('to one')
    await until(() => service.posts.length === 1)
    expect(JSON.parse(kept.subscriber.decrypt(service.posts[0]!)).text).toBe('to one')
    expect((await desk.devices()).devices.map(({ notified }) => notified)).toEqual([false, true])
  })

  it('learns at its next visit that its subscription is gone, and subscribes again', async () => {
    const host = await start()
    const desk = await approvingDesktop(host)
    const { phone, subscriber } = await subscribed(host)
    const { say } = await agent(desk)
    service.answer(410)
    say('into nothing')
    await until(async () => (await desk.devices()).devices.every(one => !one.notified))
    const client = webClient(host, { phone })
    await expect(client.push(subscriber.subscription)).rejects.toMatchObject({ code: 'push_gone' })
    const fresh = new Subscriber(service)
    expect((await client.push(fresh.subscription)).subscribed).toBe(true)
    client.close()
    const other = await agent(desk, 'other')
    other.say('there again')
    await until(() => service.posts.length === 2)
    expect(JSON.parse(fresh.decrypt(service.posts[1]!)).text).toBe('there again')
  })
})

describe('the host as a client of push services', () => {
  it.each([
    ['this computer', 'https://127.0.0.1/x'],
    ['a service that is not on its list', 'https://fcm.googleapis.com/fcm/send/x'],
    ['another port', 'https://localhost/x'],
  ])('does not connect to %s', async (_what, endpoint) => {
    const host = await start()
    const client = webClient(host)
    const { subscription } = new Subscriber(service)
    await expect(client.push({ ...subscription, endpoint })).rejects.toMatchObject({ code: 'push_refused' })
    expect((await client.push()).subscribed).toBe(false)
    expect(existsSync(filesOf(host).list)).toBe(false)
    expect(service.connections).toBe(0)
  })

  it('does not follow a push service’s redirect', async () => {
    const inside = createServer((_request, response) => response.end())
    let asked = 0
    inside.on('connection', () => asked++)
    await new Promise<void>(resolve => inside.listen(0, '127.0.0.1', resolve))
    onCleanUp(() => inside.close())
    const host = await start()
    const desk = await approvingDesktop(host)
    const { phone } = await subscribed(host)
    const { say } = await agent(desk)
    service.answer(307, { location: `http://127.0.0.1:${(inside.address() as AddressInfo).port}/` })
    say('somewhere else')
    const client = webClient(host, { phone })
    await until(async () => (await client.push()).trouble === 'refused')
    expect(asked).toBe(0)
  })

  it('connects only to a service with a trusted certificate for its name', async () => {
    const stranger = await PushService.start('DNS:localhost', createAuthority())
    const misnamed = await PushService.start('DNS:elsewhere.example')
    onCleanUp(() => stranger.stop())
    onCleanUp(() => misnamed.stop())
    for (const [one, ca] of [
      [stranger, service.ca],
      [misnamed, misnamed.ca],
    ] as const) {
      const host = await startHost({ push: { services: [one.name], ca } })
      const { answer } = await subscribed(host, new Subscriber(one))
      expect(answer).toMatchObject({ subscribed: true, trouble: 'unreachable' })
      const { say, mark } = await agent(await approvingDesktop(host))
      const before = one.connections
      say('for whom?')
      await until(async () => (await mark()) === 'for whom?')
      await until(() => one.connections > before)
      expect(one.posts).toEqual([])
      await host.stop()
    }
  })

  it('survives oversized and malformed responses', async () => {
    const host = await start()
    const desk = await approvingDesktop(host)
    const { subscriber } = await subscribed(host)
    let closed = 0
    service.responses.push((request, response) => {
      request.socket.once('close', () => closed++)
      response.writeHead(201)
      const more = () => {
        while (response.write(Buffer.alloc(64 * 1024)));
      }
      response.on('drain', more)
      more()
    })
    const one = await agent(desk, 'one')
    one.say('first')
    await until(() => closed === 1)
    // Endless headers are not a response.
    service.responses.push((request, response) => {
      request.socket.once('close', () => closed++)
      response.socket!.write('HTTP/1.1 201 Created\r\n')
      const fill = () => response.socket!.write(`x: ${'y'.repeat(8000)}\r\n`)
      for (let n = 0; n < 8; n++) fill()
    })
    const two = await agent(desk, 'two')
    two.say('second')
    await until(() => closed === 2)
    const three = await agent(desk, 'three')
    three.say('third')
    await until(() => service.posts.some(post => JSON.parse(subscriber.decrypt(post)).text === 'third'))
  })
})

describe('the host', () => {
  it('rejects subscriptions of the desktop, and invalid ones', async () => {
    const host = await start()
    const { subscription } = new Subscriber(service)
    await expect(localClient(host).push()).rejects.toMatchObject({ code: 'forbidden' })
    await expect(localClient(host).push(subscription)).rejects.toMatchObject({ code: 'forbidden' })
    const client = webClient(host)
    for (const odd of [
      'x',
      {},
      { ...subscription, more: 1 },
      { ...subscription, endpoint: `https://${service.name}/${'x'.repeat(5000)}` },
      { ...subscription, p256dh: 'x'.repeat(1000) },
      { ...subscription, auth: 7 },
    ])
      await expect(client.push(odd as never)).rejects.toMatchObject({ code: 'bad_message' })
    expect((await client.push()).subscribed).toBe(false)
  })

  it('gives no key, accepts nothing and sends nothing while push is off', async () => {
    const host = await start()
    const desk = await approvingDesktop(host)
    const { phone, subscriber } = await subscribed(host)
    await localClient(host).changeSettings({ push: false })
    const { say, mark } = await agent(desk)
    say('to nobody')
    await until(async () => (await mark()) === 'to nobody')
    const client = webClient(host, { phone })
    expect(await client.push()).toMatchObject({ key: null, subscribed: true })
    await expect(client.push(new Subscriber(service).subscription)).rejects.toMatchObject({ code: 'push_off' })
    client.close()
    await localClient(host).changeSettings({ push: true })
    const other = await agent(desk, 'other')
    other.say('to one')
    await until(() => service.posts.length === 1)
    expect(JSON.parse(subscriber.decrypt(service.posts[0]!)).text).toBe('to one')
  })
})

describe('a hostile program', () => {
  it('causes one notification with a single line of text when it asks for attention endlessly', async () => {
    const host = await start()
    const desk = await approvingDesktop(host)
    const { subscriber } = await subscribed(host)
    const script = [
      String.raw`printf '\033]2;\342\200\256evil<b>\007'`,
      String.raw`n=0; while [ $n -lt 2000 ]; do printf '\033]9;a\342\200\213b <img src=x> %s\007' $n; n=$((n+1)); done`,
      'echo done; cat',
    ].join('; ')
    const { session_id } = await desk.create({ command: ['sh', '-c', script] })
    await until(async () => (await desk.screen(session_id)).lines.join('').includes('done'))
    await until(() => service.posts.length > 0)
    const other = await agent(desk, 'other')
    other.say('behind it')
    await until(() => service.posts.some(post => subscriber.decrypt(post).includes('behind it')))
    const told = service.posts.map(post => JSON.parse(subscriber.decrypt(post)))
    expect(told.filter(one => one.session_id === session_id)).toHaveLength(1)
    expect(told[0]).toMatchObject({ title: 'evil<b>', text: expect.stringMatching(/^ab <img src=x> \d+$/) })
  })
})

describe('the list of subscriptions on the disk', () => {
  it('is readable by its user only, is not logged, and is useless without the key', async () => {
    const host = await start()
    const { subscriber } = await subscribed(host)
    const { say } = await agent(await approvingDesktop(host))
    service.answer(403)
    say('a secret question')
    await until(() => service.posts.length === 1)
    const logged = () => readFileSync(join(host.dataDir, 'host.log'), 'utf8')
    await until(() => logged().includes('the push service did not accept a notification'))
    const { key, list } = filesOf(host)
    for (const file of [key, list]) expect(statSync(file).mode & 0o777, file).toBe(0o600)
    await host.stop()
    const log = logged()
    const { endpoint, p256dh, auth } = subscriber.subscription
    const canaries = [new URL(endpoint).pathname, p256dh, auth, readFileSync(key, 'utf8').trim(), 'a secret question']
    for (const canary of canaries) expect(log).not.toContain(canary)
    expect(readFileSync(list, 'utf8')).not.toContain(readFileSync(key, 'utf8').trim())
    expect(readFileSync(join(host.dataDir, 'devices.json'), 'utf8')).not.toContain(auth)
  })

  it('can be missing or damaged: the host starts, and the phone notices at its next visit', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const first = await start({ dataDir })
    const { phone, subscriber, answer } = await subscribed(first)
    await first.stop()
    const { key, list } = filesOf(first)
    writeFileSync(key, 'damaged')
    writeFileSync(list, '{"version":1')
    const host = await start({ dataDir })
    const client = webClient(host, { phone: phone as PhoneIdentity })
    const now = await client.push()
    expect(now.subscribed).toBe(false)
    expect(now.key).not.toBe(answer.key)
    expect((await client.push(subscriber.subscription)).subscribed).toBe(true)
  })
})
