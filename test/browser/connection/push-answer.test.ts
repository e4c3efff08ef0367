// Answering a question by a notification's button while no page is open: the real service worker, over the encrypted channel.
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext } from '@playwright/test'
import type { BrowserHost } from '../../support/browser/browser-host.ts'
import type { PushService, Subscriber } from '../../support/network/push-service.ts'
import { expect, type Phone } from '../support/phone.ts'
import { askFor, deliver, leave, sheetOf, shown, tap, test, workerOf } from '../support/push.ts'

test.use({ serviceWorkers: 'allow' })

const ASK = `printf '\\033[2J\\033[H────────────\\n Bash command\\n\\n   curl %s\\n\\n Do you want to proceed?\\n ❯ 1. Yes\\n   2. Yes, and don’t ask again\\n   3. No\\n'`

/** A program that asks as Claude Code does, twice, and prints what it was answered. */
async function asking(host: BrowserHost): Promise<string> {
  const file = join(host.home, 'claude')
  const script = `stty -echo -icanon\n${ASK} one; read -rn1 a; ${ASK} two; read -rn1 b; printf '\\033[2J\\033[Hgot %s %s\\n' "$a" "$b"; cat`
  writeFileSync(file, `#!/bin/bash\n${script}\n`)
  chmodSync(file, 0o755)
  return (await host.desktop.create({ title: 'agent', command: [file] })).session_id
}

/** A phone that was left, and the notification of a question on it. */
async function asked(
  phone: Phone,
  context: BrowserContext,
  service: PushService,
  browser: Subscriber,
  beforeLeaving = async () => {},
) {
  const { host } = phone
  await askFor(phone, context)
  await beforeLeaving()
  await leave(phone)
  const session_id = await asking(host)
  await expect.poll(() => service.posts.length).toBe(1)
  const data = browser.decrypt(service.posts[0]!)
  await deliver(phone.page, host.origin, data)
  await expect
    .poll(() => shown(context))
    .toEqual([{ title: 'agent', body: 'Bash command · curl one · Do you want to proceed?', tag: session_id }])
  const questionOf = async () =>
    (await host.desktop.list()).find(one => one.session_id === session_id)?.activity?.question ?? undefined
  return { session_id, data, questionOf }
}

const actions = (context: BrowserContext) =>
  workerOf(context).evaluate(async () => {
    const scope = self as unknown as { registration: ServiceWorkerRegistration }
    const all = (await scope.registration.getNotifications()) as (Notification & { actions: unknown[] })[]
    return all.flatMap(({ actions }) => actions.map(one => ({ ...Object(one) })))
  })

test('a button answers the question without opening a page; nothing is left of the notification', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  const { session_id, questionOf, data } = await asked(phone, context, service, browsers[0]!)
  expect(JSON.parse(data)).toMatchObject({
    kind: 'blocked',
    question_id: (await questionOf())!.question_id,
    actions: [
      { option: 0, label: 'Yes' },
      { option: 2, label: 'No' },
    ],
  })
  expect(await actions(context)).toEqual([
    expect.objectContaining({ action: 'option-0', title: 'Yes' }),
    expect.objectContaining({ action: 'option-2', title: 'No' }),
  ])
  expect(await tap(context, 'option-2')).toBeUndefined()
  expect(await shown(context)).toEqual([])
  await expect.poll(async () => (await questionOf())?.context).toContain('curl two')
  // The second question is a wait of its own.
  await expect.poll(() => service.posts.length).toBe(2)
  await deliver(phone.page, host.origin, browsers[0]!.decrypt(service.posts[1]!))
  await expect.poll(() => shown(context)).toHaveLength(1)
  // As after a restart of the worker, which may then load only scripts that it loaded when it was installed.
  await workerOf(context).evaluate(() => void Object.assign(self, { otgAnswer: undefined }))
  await tap(context, 'option-0')
  await expect.poll(async () => (await host.desktop.screen(session_id)).lines[0]).toBe('got 3 1')
  expect(await workerOf(context).evaluate(() => 'otgAnswer' in self && typeof self.otgAnswer)).toBe('object')
})

test('case 75: a button of a question that is no longer asked types nothing, and says so', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  const { session_id, questionOf } = await asked(phone, context, service, browsers[0]!)
  const { question_id } = (await questionOf())!
  await host.desktop.answer(session_id, question_id, { option: 0 })
  await expect.poll(async () => (await questionOf())?.context).toContain('curl two')
  await tap(context, 'option-0')
  await expect
    .poll(() => shown(context))
    .toEqual([{ title: 'agent', body: expect.stringContaining('Not answered'), tag: session_id }])
  expect(await actions(context)).toEqual([])
  expect((await questionOf())!.context).toContain('curl two')
  // A tap on that opens the session.
  expect(await tap(context)).toBe(`./?session=${session_id}`)
})

test('case 119: a button types nothing while the lock is on, and says so', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  const { session_id, questionOf } = await asked(phone, context, service, browsers[0]!, async () => {
    const { page } = phone
    await sheetOf(phone).getByRole('button', { name: 'Lock this page' }).tap()
    await page.getByLabel(/^(Or with a )?PIN$/).fill('correct horse')
    await page.getByLabel('Repeat the PIN').fill('correct horse')
    await page.getByRole('button', { name: 'Lock with this PIN' }).tap()
    await expect(page.getByText('The lock is on')).toBeVisible()
  })
  const { question_id } = (await questionOf())!
  await tap(context, 'option-0')
  await expect
    .poll(() => shown(context))
    .toEqual([{ title: 'agent', body: expect.stringContaining('the page is locked'), tag: session_id }])
  expect((await questionOf())!.question_id).toBe(question_id)
  expect((await host.desktop.devices()).devices.map(({ connected }) => connected)).toEqual([0])
  // A tap on that opens the session, behind the lock.
  expect(await tap(context)).toBe(`./?session=${session_id}`)
})

test('a button says when the computer cannot be reached, and when it no longer knows this phone', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  const { session_id, data } = await asked(phone, context, service, browsers[0]!)
  const [device] = (await host.desktop.devices()).devices
  await host.desktop.revokeDevice(device!.device_id)
  await tap(context, 'option-0')
  const says = (text: string) =>
    expect
      .poll(() => shown(context), { timeout: 30_000 })
      .toEqual([{ title: 'agent', body: expect.stringContaining(text), tag: session_id }])
  await says('refused')
  await host.stopProcess()
  await deliver(phone.page, host.origin, data)
  await says('proceed?')
  await tap(context, 'option-0')
  await says('cannot be reached')
})

test('the next question of a session alerts again, the same one does not', async ({
  phone,
  host,
  browsers,
  context,
}) => {
  expect(browsers).toHaveLength(4)
  await askFor(phone, context)
  await leave(phone)
  let count = 0
  /** Whether the browser alerts although a notification of the session is shown already. */
  const alertsAgain = async (question_id?: string) => {
    const body = `message ${++count}`
    await deliver(phone.page, host.origin, JSON.stringify({ session_id: 's', title: 'a', text: body, question_id }))
    await expect.poll(() => shown(context)).toEqual([{ title: 'a', body, tag: 's' }])
    return workerOf(context).evaluate(async () => {
      const scope = self as unknown as { registration: ServiceWorkerRegistration }
      const [one] = (await scope.registration.getNotifications()) as (Notification & { renotify: boolean })[]
      return one!.renotify
    })
  }
  expect(await alertsAgain('1-a')).toBe(false)
  expect(await alertsAgain('1-a')).toBe(false)
  expect(await alertsAgain('2-b')).toBe(true)
  // It finished, and finished once more.
  expect(await alertsAgain()).toBe(true)
  expect(await alertsAgain()).toBe(true)
  // An open page closes what no session needs. What it shows itself may be the same.
  await phone.open()
  await expect.poll(() => shown(context)).toEqual([])
  await phone.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    await registration.showNotification('a', { tag: 's', data: { session_id: 's' } })
  })
  await expect.poll(() => shown(context)).toHaveLength(1)
  expect(await alertsAgain('3-c')).toBe(false)
  expect(await alertsAgain('4-d')).toBe(true)
})

test('odd actions of a message are not shown, and an odd question answers nothing', async ({
  phone,
  host,
  service,
  browsers,
  context,
}) => {
  test.slow()
  const { session_id, questionOf } = await asked(phone, context, service, browsers[0]!)
  const message = {
    session_id,
    title: 'agent',
    text: 'x',
    question_id: '9-other',
    actions: [{ option: 0, label: 'Go' }],
  }
  await deliver(
    phone.page,
    host.origin,
    JSON.stringify({ ...message, actions: [null, { option: 'a', label: 'b' }, 7] }),
  )
  await expect.poll(() => actions(context)).toEqual([])
  await deliver(phone.page, host.origin, JSON.stringify(message))
  await expect.poll(() => actions(context)).toHaveLength(1)
  await tap(context, 'option-0')
  await expect.poll(async () => (await shown(context))[0]?.body).toContain('Not answered')
  expect((await questionOf())!.context).toContain('curl one')
  // Where the worker cannot load the script, the button opens the session.
  await workerOf(context).evaluate(() => {
    const importScripts = () => {
      throw new Error('not there')
    }
    Object.assign(self, { otgAnswer: undefined, importScripts })
  })
  await deliver(phone.page, host.origin, JSON.stringify(message))
  await expect.poll(() => actions(context)).toHaveLength(1)
  expect(await tap(context, 'option-0')).toBe(`./?session=${session_id}`)
})
