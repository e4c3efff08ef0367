// Push notifications for a closed page in real Firefox: it subscribes, the host sends, Firefox decrypts, and its service worker
// shows them. Only the push service in between belongs to the test.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BrowserHost } from '../support/browser/browser-host.ts'
import { Autopush } from '../support/network/autopush.ts'
import { PushService, verifySignature } from '../support/network/push-service.ts'
import { EnginePhone, until } from './engine.ts'
import { Firefox } from './firefox.ts'

let service: PushService
let autopush: Autopush
let host: BrowserHost
let engine: Firefox

beforeAll(async () => {
  service = await PushService.start()
  autopush = await Autopush.start(service)
  host = await BrowserHost.start(undefined, service.option)
  engine = await Firefox.start({ preferences: autopush.preferences })
})
afterAll(async () => {
  await engine?.close()
  await host?.stop()
  await autopush?.stop()
  await service?.stop()
})

const notices = () =>
  engine.evaluate(async () =>
    ((await (await navigator.serviceWorker.getRegistration())?.getNotifications()) ?? []).map(
      ({ title, body, tag }) => ({ title, body, tag }),
    ),
  )

const notified = async () => (await host.desktop.devices()).devices.map(one => one.notified)

test('Firefox subscribes after a tap, and shows a notification while the page is closed', async () => {
  const phone = new EnginePhone(engine)
  await phone.open(await host.address())
  await phone.tap('About this connection')
  await phone.sees('Notifications')
  await phone.tap('Turn on for closed page')
  await phone.sees('On, even when this page is closed')
  expect(await notified()).toEqual([true])
  await phone.picture('about-push')
  await engine.goto('about:blank')
  await until('the page is gone', async () => (await host.desktop.devices()).devices.every(one => one.connected === 0))

  const command = ['sh', '-c', 'printf "\\033]9;May I run make?\\007"; cat']
  const { session_id } = await host.desktop.create({ title: 'agent', command })
  await until('the host has sent it', async () => service.posts.length === 1)
  expect(verifySignature(service.posts[0]!).claims.aud).toBe(`https://${service.name}`)
  await until('Firefox has taken it', async () => autopush.acks.length === 1)
  // 100: decrypted and delivered to the worker.
  expect(autopush.acks).toMatchObject([{ updates: [{ code: 100 }] }])
  await engine.goto(host.origin)
  await phone.sees('agent')
  await until('it is shown', async () => (await notices()).length === 1)
  expect(await notices()).toEqual([{ title: 'agent', body: 'May I run make?', tag: session_id }])

  await phone.tap('About this connection')
  await phone.tap('Turn off')
  await phone.sees('Allow notifications')
  await until('the host knows', async () => (await notified()).every(one => !one))
  expect(engine.problems.filter(text => !/WebSocket|wss?:\/\//.test(text))).toEqual([])
})
