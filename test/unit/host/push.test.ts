// Push notifications: their content, their services and their timing, without a host and mostly without sockets.
import { createECDH } from 'node:crypto'
import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { PostReply } from '../../../main/host/notify/post.ts'
import { BURST, MAX_WAITING, Push, type PushOptions, REFILL_MS, RETRY_MS } from '../../../main/host/push/push.ts'
import { isPoint, readPushKey, topicOf } from '../../../main/host/push/push-key.ts'
import { PAYLOAD_BYTES, pushNotificationOf, pushRequest } from '../../../main/host/push/push-message.ts'
import { isPushService, PUSH_SERVICES } from '../../../main/host/push/push-services.ts'
import { Subscriptions } from '../../../main/host/push/subscriptions.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { cleanUp, onCleanUp, temporaryFolder } from '../../support/host.ts'
import { type PushMessage, Subscriber, verifySignature } from '../../support/network/push-service.ts'
import { scaled } from '../../support/repeat.ts'

afterEach(cleanUp)

const FCM = { name: 'fcm.googleapis.com' }
const NOTHING = { session_id: '', title: '', text: '', kind: 'bell' as const }
const quiet = { info: () => {}, error: () => {} }

describe('push service addresses', () => {
  it.each([
    'https://fcm.googleapis.com/fcm/send/dGVzdA:APA91b-x_y',
    'https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk',
    'https://wns2-par02p.notify.windows.com/w/?token=BQYAAAA%2fx%3d%3d',
    'https://web.push.apple.com/QGuQyavXutnMR2x',
  ])('include %s', endpoint => expect(isPushService(endpoint, PUSH_SERVICES)).toBe(true))

  it.each([
    ['plain HTTP', 'http://fcm.googleapis.com/x'],
    ['another scheme', 'ftp://fcm.googleapis.com/x'],
    ['no address', 'fcm.googleapis.com/x'],
    ['nothing', ''],
    ['a user name and a password', 'https://fcm.googleapis.com:x@127.0.0.1/x'],
    ['a user name', 'https://user@fcm.googleapis.com/x'],
    ['only a password', 'https://:secret@fcm.googleapis.com/x'],
    ['an empty user name', 'https://@fcm.googleapis.com/x'],
    ['another port', 'https://fcm.googleapis.com:8443/x'],
    ['the default port', 'https://fcm.googleapis.com:443/x'],
    ['a dot at the end', 'https://fcm.googleapis.com./x'],
    ['two', 'https://web.push.apple.com../x'],
    ['capitals', 'https://FCM.googleapis.com/x'],
    ['a capital scheme', 'HTTPS://fcm.googleapis.com/x'],
    ['an IPv4 address', 'https://127.0.0.1/x'],
    ['an address written as a number', 'https://2130706433/x'],
    ['a cloud’s metadata address', 'https://169.254.169.254/latest/meta-data'],
    ['an IPv6 address', 'https://[::1]/x'],
    ['localhost', 'https://localhost/x'],
    ['a service as the prefix of a name', 'https://fcm.googleapis.com.evil.example/x'],
    ['a name that ends like a service', 'https://evilpush.apple.com/x'],
    ['a name that ends in a service without a dot', 'https://notfcm.googleapis.com/x'],
    ['the parent of a wildcard', 'https://push.apple.com/x'],
    ['letters of another script', 'https://fcm.gооgleapis.com/x'],
    ['a wide full stop', 'https://fcm.googleapis。com/x'],
    ['wide letters', 'https://ｆcm.googleapis.com/x'],
    ['an encoded dot', 'https://fcm%2egoogleapis.com/x'],
    ['a backslash', 'https://127.0.0.1\\@fcm.googleapis.com/x'],
    ['a backslash after the name', 'https://fcm.googleapis.com\\x'],
    ['a service in the fragment', 'https://127.0.0.1/#@fcm.googleapis.com/'],
    ['a fragment', 'https://fcm.googleapis.com/x#y'],
    ['a leading space', ' https://fcm.googleapis.com/x'],
    ['a tab inside', 'https://fcm.google\tapis.com/x'],
    ['a line end', 'https://fcm.googleapis.com/x\r\nHost: evil'],
    ['a path with ..', 'https://fcm.googleapis.com/a/../x'],
  ])('exclude %s', (_what, endpoint) => expect(isPushService(endpoint, PUSH_SERVICES)).toBe(false))

  it('include a configured service at its port', () => {
    expect(isPushService('https://localhost:8443/x', ['localhost:8443'])).toBe(true)
    expect(isPushService('https://localhost/x', ['localhost:8443'])).toBe(false)
    expect(isPushService('https://fcm.googleapis.com/x', ['localhost:8443'])).toBe(false)
  })
})

describe('the key', () => {
  it('is generated once, readable by its user only, and stays the same after a restart', () => {
    const file = join(temporaryFolder(), 'push.key')
    const key = readPushKey(file, quiet)
    expect(readPushKey(file, quiet)).toEqual(key)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const curve = createECDH('prime256v1')
    curve.setPrivateKey(key.privateKey, 'base64url')
    expect(curve.getPublicKey('base64url')).toBe(key.publicKey)
    expect(isPoint(key.publicKey)).toBe(true)
  })

  it.each(['', 'x', 'A'.repeat(43), '_'.repeat(43)])(
    'is generated again for a damaged file (%j), whose content is not logged',
    text => {
      const file = join(temporaryFolder(), 'push.key')
      writeFileSync(file, text)
      const logged: unknown[] = []
      const key = readPushKey(file, { error: (...what) => logged.push(what) })
      expect(isPoint(key.publicKey)).toBe(true)
      expect(readPushKey(file, quiet)).toEqual(key)
      expect(logged).toHaveLength(1)
      if (text.length > 1) expect(JSON.stringify(logged)).not.toContain(text)
    },
  )

  it('is not written through a symbolic link', () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'elsewhere'), 'theirs')
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'push.key'))
    readPushKey(join(folder, 'push.key'), quiet)
    expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('theirs')
  })
})

describe('a message', () => {
  const key = readPushKey(join(temporaryFolder(), 'push.key'), quiet)
  const subscriber = new Subscriber(FCM)
  const call = {
    session_id: '5b0e9a4e-0000-4000-8000-000000000000',
    title: 'agent',
    text: 'May I?',
    kind: 'message' as const,
  }
  const posted = async (device_id: string, told: typeof call): Promise<PushMessage> => {
    const { headers, body } = await pushRequest(device_id, subscriber.subscription, key, told)
    return {
      path: '',
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)])),
      body,
    }
  }

  it('can be decrypted only by the browser, and is signed with the host’s key for this push service', async () => {
    const sent = await posted('one', call)
    expect(JSON.parse(subscriber.decrypt(sent))).toEqual(call)
    expect(() => new Subscriber(FCM).decrypt(sent)).toThrow()
    const { key: by, claims } = verifySignature(sent)
    expect(by).toBe(key.publicKey)
    expect(claims.aud).toBe('https://fcm.googleapis.com')
    expect(claims.exp * 1000 - Date.now()).toBeLessThan(24 * 3_600_000)
    expect(claims.sub).toMatch(/^mailto:/)
    expect(sent.headers).toMatchObject({ urgency: 'high', ttl: '43200' })
  })

  it('is as long as any other, and reveals nothing of its content', async () => {
    const texts = [
      '',
      'x',
      '"\\'.repeat(2000),
      '漢'.repeat(2000),
      '👩‍👩‍👧'.repeat(500),
      '\u0000\u001b\u009f'.repeat(900),
    ]
    const sent = await Promise.all(texts.map(text => posted('one', { ...call, title: text, text })))
    const [plain] = sent.map(one => subscriber.decrypt(one).length)
    expect(new Set(sent.map(({ body }) => body.length)).size).toBe(1)
    expect(plain).toBe(PAYLOAD_BYTES)
    expect(sent[0]!.body.length).toBeLessThanOrEqual(4096)
    for (const one of sent) {
      const { title, text } = JSON.parse(subscriber.decrypt(one))
      expect([...title].length).toBeLessThanOrEqual(100)
      expect([...text].length).toBeLessThanOrEqual(200)
    }
    const seen = await posted('one', call)
    expect(JSON.stringify(seen.headers)).not.toMatch(/agent|May I|5b0e9a4e/)
    expect(seen.body.toString('latin1')).not.toMatch(/agent|May I|5b0e9a4e/)
  })

  it('has single lines without characters that hide or reorder text', async () => {
    const { title, text } = JSON.parse(
      subscriber.decrypt(
        await posted('one', { ...call, title: 'a\u202eb\u200bc\u0007', text: 'one\r\ntwo\u001b[31m\u2066' }),
      ),
    )
    expect(title).toBe('abc')
    expect(text).toBe('one two [31m')
  })

  it('replaces the earlier one of the same session, by a topic that does not identify the session', async () => {
    const topic = topicOf(key, 'one', 'a session')
    expect(topic).toMatch(/^[\w-]{32}$/)
    expect(topicOf(key, 'one', 'a session')).toBe(topic)
    const another = readPushKey(join(temporaryFolder(), 'push.key'), quiet)
    const others = [
      topicOf(key, 'one', 'another'),
      topicOf(key, 'two', 'a session'),
      topicOf(another, 'one', 'a session'),
    ]
    expect(new Set([topic, ...others]).size).toBe(4)
    expect((await posted('one', call)).headers.topic).toBe(topicOf(key, 'one', call.session_id))
  })
})

describe('subscriptions', () => {
  const options = (file = join(temporaryFolder(), 'push.json')) => ({
    file,
    allowed: (endpoint: string) => isPushService(endpoint, PUSH_SERVICES),
    log: quiet,
  })

  it('survive a restart, readable by their user only, one per device', () => {
    const where = options()
    const subscriptions = new Subscriptions(where)
    const first = new Subscriber(FCM).subscription
    const second = new Subscriber(FCM).subscription
    subscriptions.set('one', first)
    expect(subscriptions.has('one', first)).toBe(true)
    expect(subscriptions.has('one', second)).toBe(false)
    subscriptions.set('one', second)
    expect(subscriptions.has('one', first)).toBe(false)
    expect(statSync(where.file).mode & 0o777).toBe(0o600)
    expect(new Subscriptions(where).get('one')).toMatchObject(second)
    expect(new Subscriptions(where).devices()).toEqual(['one'])
    subscriptions.remove('one')
    expect(readFileSync(where.file, 'utf8')).not.toContain(second.endpoint)
  })

  it('are rejected once a push service no longer knows them, until the browser sends another', () => {
    const where = options()
    const dead = new Subscriber(FCM).subscription
    const subscriptions = new Subscriptions(where)
    subscriptions.set('one', dead)
    subscriptions.markGone('one', subscriptions.get('one')!)
    expect(subscriptions.get('one')).toBeUndefined()
    expect(() => new Subscriptions(where).has('one', dead)).toThrow(expect.objectContaining({ code: 'push_gone' }))
    const fresh = new Subscriber(FCM).subscription
    subscriptions.set('one', fresh)
    expect(subscriptions.has('one', fresh)).toBe(true)
  })

  const good = new Subscriber(FCM).subscription
  const zero = Buffer.alloc(65)
  const aside = Buffer.from(good.p256dh, 'base64url')
  aside[64]! ^= 1
  it.each([
    ['a foreign endpoint', { ...good, endpoint: 'https://127.0.0.1/x' }],
    ['no point', { ...good, p256dh: zero.toString('base64url') }],
    ['a point that is not on the curve', { ...good, p256dh: aside.toString('base64url') }],
    [
      'a compressed point',
      { ...good, p256dh: Buffer.concat([Buffer.from([2]), aside.subarray(1, 33)]).toString('base64url') },
    ],
    ['no base64url', { ...good, p256dh: `${good.p256dh.slice(0, -2)}+/` }],
    ['a secret that is too short', { ...good, auth: Buffer.alloc(15).toString('base64url') }],
    ['a secret that is too long', { ...good, auth: Buffer.alloc(17).toString('base64url') }],
    ['an unknown field', { ...good, more: 1 }],
  ])('are rejected with %s', (_what, subscription) => {
    const subscriptions = new Subscriptions(options())
    expect(() => subscriptions.set('one', subscription)).toThrow(expect.objectContaining({ code: 'push_refused' }))
    expect(subscriptions.devices()).toEqual([])
  })

  it('are dropped if their file is damaged or changed, and never lead to another service', () => {
    const where = options()
    const kept = { device_id: 'one', ...good, gone: false }
    const file = (subscriptions: unknown) => writeFileSync(where.file, JSON.stringify({ version: 1, subscriptions }))
    file([kept])
    expect(new Subscriptions(where).devices()).toEqual(['one'])
    file([{ ...kept, endpoint: 'https://192.168.1.1/x' }])
    expect(new Subscriptions(where).devices()).toEqual([])
    file([{ ...kept, p256dh: 'x' }])
    expect(new Subscriptions(where).devices()).toEqual([])
    writeFileSync(where.file, '{')
    expect(new Subscriptions(where).devices()).toEqual([])
  })
})

describe('notifications', () => {
  // web-push is loaded at its first use, which takes real time.
  beforeAll(
    async () =>
      void (await pushRequest(
        'x',
        subscriber.subscription,
        readPushKey(join(temporaryFolder(), 'push.key'), quiet),
        NOTHING,
      )),
  )
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  const subscriber = new Subscriber(FCM)

  /** A Push with these surroundings; nothing is really sent. */
  function setUp(change: Partial<PushOptions> = {}) {
    const folder = temporaryFolder()
    const world = {
      enabled: true,
      present: false,
      calls: new Map<string, string>(),
      told: [] as string[],
      posts: 0,
      during: () => {},
      answers: [] as (PostReply | undefined)[],
      paired: ['phone'],
      logged: [] as unknown[],
      reached: true,
    }
    const push = new Push({
      keyFile: join(folder, 'push.key'),
      file: join(folder, 'push.json'),
      services: PUSH_SERVICES,
      enabled: () => world.enabled,
      devices: () => world.paired.map(device_id => ({ device_id })),
      isPresent: () => world.present,
      notificationOf: session_id => {
        const text = world.calls.get(session_id)
        return text === undefined ? undefined : { title: session_id, text, kind: 'message' }
      },
      changed: () => {},
      log: { info: (...what) => world.logged.push(what), error: (...what) => world.logged.push(what) },
      now: Date.now,
      wire: {
        canReach: async () => world.reached,
        post: async ({ headers, body }) => {
          world.posts++
          const posted = { path: '', headers: { 'content-encoding': String(headers['Content-Encoding']) }, body }
          const { session_id, text } = JSON.parse(subscriber.decrypt(posted))
          world.told.push(`${session_id}: ${text}`)
          world.during()
          if (world.answers.length === 0) return { status: 201 }
          const answer = world.answers.shift()
          if (!answer) throw new Error(`connect ECONNREFUSED ${subscriber.endpoint}`)
          return answer
        },
      },
      ...change,
    })
    onCleanUp(() => push.close())
    void push.subscribe('phone', subscriber.subscription)
    const call = (session_id: string, text: string) => {
      world.calls.set(session_id, text)
      push.sessionNeedsAttention(session_id)
    }
    return { ...world, world, push, call, file: join(folder, 'push.json') }
  }
  const settle = () => vi.advanceTimersByTimeAsync(0)

  it('case 103: tell a device that is limited to chosen sessions of those only', async () => {
    const { call, world } = setUp({ devices: () => [{ device_id: 'phone', sessions: ['mine'] }] })
    call('other', 'hidden')
    call('mine', 'shown')
    await settle()
    expect(world.told).toEqual(['mine: shown'])
  })

  /** The Push of a host that starts with this list. */
  const pushOptions = (file: string): PushOptions => ({
    keyFile: join(temporaryFolder(), 'push.key'),
    file,
    services: PUSH_SERVICES,
    enabled: () => true,
    devices: () => [],
    isPresent: () => false,
    notificationOf: () => undefined,
    changed: () => {},
    log: quiet,
  })

  it('are sent for a session that needs attention; the log has neither endpoint nor text', async () => {
    const { call, told, logged } = setUp()
    call('agent', 'May I?')
    await settle()
    expect(told).toEqual(['agent: May I?'])
    expect(JSON.stringify(logged)).not.toMatch(/googleapis|May I|agent/)
  })

  it('are not sent while a person is at a page, when sessions no longer need attention, or when they are off', async () => {
    const { call, world } = setUp()
    world.present = true
    call('agent', 'one')
    await settle()
    world.present = false
    world.enabled = false
    call('agent', 'two')
    await settle()
    world.enabled = true
    world.calls.clear()
    expect(world.told).toEqual([])
    call('agent', 'three')
    await settle()
    expect(world.told).toEqual(['agent: three'])
  })

  it('are retried without a response, with their current text, a limited number of times', async () => {
    const { call, world, push } = setUp()
    world.answers.push(undefined, { status: 503 }, { status: 500 }, undefined)
    call('agent', 'one')
    await settle()
    world.calls.set('agent', 'two')
    await vi.advanceTimersByTimeAsync(RETRY_MS[0]! - 1)
    expect(world.told).toEqual(['agent: one'])
    await vi.advanceTimersByTimeAsync(1)
    expect(world.told).toEqual(['agent: one', 'agent: two'])
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(world.told).toHaveLength(4)
    expect(push.state('phone')).toMatchObject({ subscribed: true, trouble: 'unreachable' })
    expect(JSON.stringify(world.logged)).not.toMatch(/googleapis|agent|two/)
    call('other', 'three')
    await settle()
    expect(push.state('phone').trouble).toBeNull()
  })

  it('are not sent for a session that was seen before they were due', async () => {
    const { call, world } = setUp()
    world.answers.push(undefined)
    call('agent', 'one')
    await settle()
    world.calls.clear()
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(world.told).toHaveLength(1)
    // Nor is there another attempt.
    expect(JSON.stringify(world.logged)).not.toContain('could not be made')
  })

  it('are sent again for a session that was seen and asks for attention again', async () => {
    const { call, world } = setUp()
    call('agent', 'one')
    call('other', 'two')
    world.during = () => {
      world.during = () => {}
      call('agent', 'three')
    }
    await settle()
    expect(world.told).toEqual(['agent: one', 'other: two', 'agent: three'])
    // While a retry is due, that one carries it.
    world.answers.push(undefined)
    call('agent', 'four')
    await settle()
    call('agent', 'five')
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(world.told.slice(3)).toEqual(['agent: four', 'agent: five'])
  })

  it('end while in progress when the browser sends another subscription', async () => {
    const { call, world, push } = setUp()
    world.answers.push(undefined)
    call('agent', 'one')
    await settle()
    await push.subscribe('phone', new Subscriber(FCM).subscription)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(world.posts).toBe(1)
  })

  it('are delayed as the service asks, up to a limit', async () => {
    const { call, world } = setUp()
    world.answers.push({ status: 429, retry_after_ms: 90_000 })
    call('agent', 'one')
    await vi.advanceTimersByTimeAsync(89_999)
    expect(world.told).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(world.told).toHaveLength(2)
    world.answers.push({ status: 429, retry_after_ms: 24 * 3_600_000 })
    call('other', 'two')
    await vi.advanceTimersByTimeAsync(48 * 3_600_000)
    expect(world.told).toHaveLength(3)
    // Also if the service asks again and again.
    for (let n = 0; n < 20; n++) world.answers.push({ status: 429, retry_after_ms: 5_000 })
    call('patient', 'again')
    await vi.advanceTimersByTimeAsync(48 * 3_600_000)
    expect(world.told).toHaveLength(4 + RETRY_MS.length)
    world.answers.length = 0
    // Also if the service asks for no delay.
    world.answers.push({ status: 503, retry_after_ms: 0 })
    call('third', 'three')
    await vi.advanceTimersByTimeAsync(RETRY_MS[0]! - 1)
    expect(world.told).toHaveLength(5 + RETRY_MS.length)
  })

  it.each([301, 307, 308, 400, 401, 403, 413])(
    'are not retried after status %i, and the page is notified',
    async status => {
      const { call, world, push } = setUp()
      world.answers.push({ status })
      call('agent', 'one')
      await vi.advanceTimersByTimeAsync(24 * 3_600_000)
      expect(world.told).toHaveLength(1)
      expect(push.state('phone')).toMatchObject({ subscribed: true, trouble: 'refused' })
    },
  )

  it.each([404, 410])('are no longer sent to a subscription that is gone (%i)', async status => {
    const { call, world, push, file } = setUp()
    world.answers.push({ status })
    call('agent', 'one')
    await settle()
    expect(push.state('phone').subscribed).toBe(false)
    call('other', 'two')
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(world.told).toHaveLength(1)
    await expect(push.subscribe('phone', subscriber.subscription)).rejects.toMatchObject({ code: 'push_gone' })
    expect(JSON.parse(readFileSync(file, 'utf8')).subscriptions).toMatchObject([{ gone: true }])
  })

  it('are sent as a test at once and once, whatever becomes of it, within the device’s limit', async () => {
    const { world, push } = setUp()
    const test = () => push.test('phone').then(() => push.state('phone'))
    expect(await test()).toMatchObject({ subscribed: true, trouble: null })
    expect(world.told).toEqual([': This is a test notification.'])
    world.answers.push({ status: 403 }, undefined, { status: 503, retry_after_ms: 1 })
    expect(await test()).toMatchObject({ trouble: 'refused' })
    expect(await test()).toMatchObject({ trouble: 'unreachable' })
    expect(await test()).toMatchObject({ trouble: 'refused' })
    for (let n = 4; n < BURST; n++) await test()
    await expect(test()).rejects.toMatchObject({ code: 'push_busy' })
    await vi.advanceTimersByTimeAsync(REFILL_MS)
    world.answers.push({ status: 410 })
    expect(await test()).toMatchObject({ subscribed: false })
    await expect(test()).rejects.toMatchObject({ code: 'push_gone' })
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(world.posts).toBe(BURST + 1)
  })

  it('are limited per device to a burst, then one at a time; further ones are dropped', async () => {
    const { call, world } = setUp()
    for (let n = 0; n < 100; n++) call(`session ${n}`, 'ring')
    await settle()
    expect(world.told).toHaveLength(BURST)
    await vi.advanceTimersByTimeAsync(REFILL_MS - 1)
    expect(world.told).toHaveLength(BURST)
    await vi.advanceTimersByTimeAsync(1)
    expect(world.told).toHaveLength(BURST + 1)
    await vi.advanceTimersByTimeAsync(100 * REFILL_MS)
    expect(world.told).toHaveLength(MAX_WAITING)
  })

  it('delay another session by one turn only, even if one session rings and is seen continuously', async () => {
    const { call, world } = setUp()
    const ring = () => call('noisy', 'now')
    // Notified, seen, and it rings again at once: the budget is always spent.
    world.during = () => queueMicrotask(ring)
    ring()
    await vi.advanceTimersByTimeAsync(60 * REFILL_MS)
    expect(world.told.length).toBeGreaterThan(60)
    expect(world.told.length).toBeLessThanOrEqual(BURST + 60)
    const before = world.told.length
    call('quiet', 'May I?')
    await vi.advanceTimersByTimeAsync(2 * REFILL_MS)
    expect(world.told.slice(before)).toContain('quiet: May I?')
  })

  it('end while in progress when the device is revoked', async () => {
    const { call, world, push, file } = setUp()
    world.answers.push(undefined)
    call('agent', 'one')
    call('other', 'two')
    await settle()
    world.paired = []
    push.deviceRevoked('phone')
    await vi.advanceTimersByTimeAsync(24 * 3_600_000)
    expect(world.told.filter(text => text.startsWith('agent'))).toHaveLength(1)
    expect(world.told).toHaveLength(1)
    expect(readFileSync(file, 'utf8')).not.toContain(subscriber.endpoint)
  })

  it('end for a revoked device, and nothing of it is kept, even if the disk is full', async () => {
    let changes = 0
    const { call, world, push, file } = setUp({ changed: () => changes++ })
    await settle()
    // A file that cannot be overwritten.
    mkdirSync(`${file}.new`)
    world.paired = []
    expect(() => push.deviceRevoked('phone')).toThrow(expect.objectContaining({ code: 'data_dir_unusable' }))
    expect(push.has('phone')).toBe(false)
    expect(changes).toBe(2)
    call('agent', 'one')
    await settle()
    expect(world.told).toEqual([])
    // It is still in the file: the next start finds it there, and cannot remove it either.
    expect(readFileSync(file, 'utf8')).toContain(subscriber.endpoint)
    const again = new Push(pushOptions(file))
    expect(again.has('phone')).toBe(false)
    again.close()
  })

  it('are not sent to a subscription whose device is no longer paired', async () => {
    const { call, world } = setUp()
    world.paired = []
    call('agent', 'one')
    await settle()
    expect(world.told).toEqual([])
  })

  it('go to the latest subscription; a device that changes it continuously has to wait', async () => {
    const { push, world, file } = setUp()
    const refused: string[] = []
    for (let n = 0; n < 30; n++)
      await push.subscribe('phone', new Subscriber(FCM).subscription).catch(error => refused.push(error.code))
    expect(new Set(refused)).toEqual(new Set(['push_busy']))
    expect(refused.length).toBeGreaterThan(15)
    expect(JSON.parse(readFileSync(file, 'utf8')).subscriptions).toHaveLength(1)
    // Sending the same one again costs nothing.
    await vi.advanceTimersByTimeAsync(60_000)
    await push.subscribe('phone', subscriber.subscription)
    for (let n = 0; n < 30; n++) await push.subscribe('phone', subscriber.subscription)
    expect(world.told).toEqual([])
  })

  it('leave no timers behind when subscriptions come and go', async () => {
    const { push, world, call } = setUp()
    await settle()
    for (let n = 0; n < scaled(1_000); n++) {
      // Each is in progress when the next one comes: it waits for a retry, or for its turn.
      world.answers.push(undefined)
      call(`session ${n}`, 'one')
      await settle()
      await push.subscribe('phone', null)
      await vi.advanceTimersByTimeAsync(60_000)
      await push.subscribe('phone', subscriber.subscription)
    }
    await push.subscribe('phone', null)
    await settle()
    expect(vi.getTimerCount()).toBe(0)
    push.deviceRevoked('phone')
  })

  it('accept a subscription whose service cannot be reached, and tell the page so', async () => {
    const { push, world, call } = setUp()
    world.reached = false
    await push.subscribe('phone', null)
    await push.subscribe('phone', subscriber.subscription)
    expect(push.state('phone')).toMatchObject({ subscribed: true, trouble: 'unreachable' })
    call('agent', 'one')
    await settle()
    expect(world.told).toEqual(['agent: one'])
    expect(push.state('phone').trouble).toBeNull()
  })

  it('accept no subscription and give no key while they are off', async () => {
    const { push, world } = setUp()
    world.enabled = false
    expect(push.state('phone').key).toBeNull()
    const another = new Subscriber(FCM).subscription
    await expect(push.subscribe('phone', another)).rejects.toMatchObject({ code: 'push_off' })
    await push.subscribe('phone', null)
    expect(push.state('phone').subscribed).toBe(false)
  })
})

describe('the notification of a question', () => {
  const option = (label: string, answer: 'yes' | 'no' | null) => ({ label, key: '', answer })
  const OPTIONS = [option('Yes', 'yes'), option('Yes, always', null), option('No', 'no')]
  const of = (question: object, attention: object = {}, evidence = 'screen') =>
    pushNotificationOf({
      title: 'agent',
      activity: {
        evidence,
        question: { question_id: '1-a', kind: 'approve', text: 'Proceed?', context: [], options: OPTIONS, ...question },
      },
      attention: { at: 1, text: 'Proceed?', kind: 'blocked', ...attention },
    } as unknown as SessionInfo)

  it('has what it is about, its ID, and a button for a plain yes and a plain no', () => {
    expect(of({ context: ['Bash command', '', 'curl one'] })).toEqual({
      title: 'agent',
      kind: 'blocked',
      text: 'Bash command · curl one · Proceed?',
      question_id: '1-a',
      actions: [
        { option: 0, label: 'Yes' },
        { option: 2, label: 'No' },
      ],
    })
  })

  it.each([
    ['asks for a password', { kind: 'password' }],
    ['is a choice of several things', { kind: 'choose' }],
    ['has no plain no', { options: OPTIONS.slice(0, 2) }],
    ['is only partly known', { is_cut: true }],
    ['would be cut off', { context: ['x'.repeat(200)] }],
    ['has characters that are not shown', { context: ['rm -rf \u202e'] }],
    ['has a long option', { options: [option('y'.repeat(41), 'yes'), option('No', 'no')] }],
  ])('case 75: has no buttons if the question %s', (_what, question) => {
    expect(of(question)).not.toHaveProperty('actions')
  })

  it('case 157: has no buttons if it is for permission to control others, however short', () => {
    const asked = of({ text: 'May it?', options: [option('Allow once', 'yes'), option('Deny', 'no')] }, {}, 'request')
    expect(asked).toEqual({ title: 'agent', kind: 'blocked', text: 'May it?', question_id: '1-a' })
  })

  it('does not exist while no one is to be notified', () => {
    expect(of({}, { silent: true })).toBeUndefined()
  })
})
