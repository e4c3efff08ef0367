// Notifications through ntfy and a webhook: real requests over TLS to local servers that fail, stall, answer late, answer twice,
// redirect and never end; and a real host with sessions.
import { createHmac } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MAX_WAITING } from '../../../main/host/notify/deliveries.ts'
import { MAX_PER_HOUR, Notifier, type NotifierSettings } from '../../../main/host/notify/notifier.ts'
import { POST_MS } from '../../../main/host/notify/post.ts'
import { NotifySecrets } from '../../../main/host/notify/secrets.ts'
import { LONG_RUN_MS } from '../../../main/host/session/session.ts'
import { AttentionKind, type SessionInfo } from '../../../protocol/messages.ts'
import { breakRecording } from '../../support/break-recording.ts'
import { cleanUp, localClient, onCleanUp, startHost, temporaryFolder, until } from '../../support/host.ts'
import { type PushMessage, PushService } from '../../support/network/push-service.ts'

afterEach(cleanUp)

let service: PushService
beforeEach(async () => {
  service = await PushService.start()
  onCleanUp(() => service.stop())
})

const TOKEN = 'tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2'

/** As a receiver verifies a request (https://www.standardwebhooks.com), without our code. */
function verified({ headers, body }: PushMessage, secret: string): Record<string, unknown> {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
  const expected = createHmac('sha256', key).update(signed).digest('base64')
  expect(headers['webhook-signature']).toBe(`v1,${expected}`)
  return JSON.parse(String(body))
}

/** Notifications of sessions that these tests make up. */
function setUp(change: Partial<NotifierSettings> = {}, post_ms = POST_MS) {
  const sessions = new Map<string, { text: string; at: number }>()
  const logged: unknown[] = []
  const log = { info: (...what: unknown[]) => logged.push(what), error: (...what: unknown[]) => logged.push(what) }
  const secrets = new NotifySecrets(join(temporaryFolder(), 'secrets.json'), log)
  const world = { now: 1_800_000_000_000, pushed: [] as string[] }
  const server = `https://${service.name}/`
  const settings: NotifierSettings = {
    kinds: AttentionKind.options,
    trouble: true,
    quiet: undefined,
    ntfy: undefined,
    webhook: { url: `https://${service.name}/hook?key=canary`, include_text: false },
    ...change,
  }
  const notifier = new Notifier({
    settings: () => settings,
    secrets,
    health: { troubles: [] },
    sessionOf: session_id => {
      const attention = sessions.get(session_id)
      return attention && infoOf(session_id, attention)
    },
    push: { sessionNeedsAttention: session_id => world.pushed.push(session_id) },
    log,
    ca: service.ca,
    now: () => world.now,
    timing: { post_ms, retry_ms: [1, 1, 1] },
  })
  onCleanUp(() => notifier.close())
  const ask = (session_id: string, text = 'May I?') => {
    sessions.set(session_id, { text, at: world.now })
    notifier.notify(session_id)
  }
  return { notifier, secrets, settings, sessions, world, ask, logged, server, secret: secrets.renewWebhookSecret() }
}

function infoOf(session_id: string, { text, at }: { text: string; at: number }): SessionInfo {
  const activity = { agent: 'Claude Code', state: 'blocked' }
  const attention = { at, text, kind: 'blocked' }
  return { session_id, title: 'a title', cwd: '/home/me/proj', activity, attention } as unknown as SessionInfo
}

/** A later delivery has arrived: everything that was waiting before it was tried. */
async function afterEverything(ask: (session_id: string) => void): Promise<void> {
  const before = service.posts.length
  ask(`last-${before}`)
  await until(() => service.posts.length > before)
}

describe('a webhook', () => {
  it('receives program, kind and folder, signed; the text only if the user turned that on', async () => {
    const { ask, secret, settings } = setUp()
    ask('one')
    await until(() => service.posts.length === 1)
    const [post] = service.posts
    expect(verified(post!, secret)).toEqual({
      type: 'session.attention',
      timestamp: '2027-01-15T08:00:00.000Z',
      data: { kind: 'blocked', headline: 'Claude Code asks in proj' },
    })
    expect(post!.path).toBe('/hook?key=canary')
    expect(String(post!.body) + JSON.stringify(post!.headers)).not.toMatch(/May I|one|a title/)
    settings.webhook!.include_text = true
    ask('two')
    await until(() => service.posts.length === 2)
    expect(verified(service.posts[1]!, secret).data).toMatchObject({ text: 'May I?' })
  })

  it('case 62: receives the same ID and a valid signature in each attempt of a server that fails', async () => {
    const { ask, secret, world } = setUp()
    for (const status of [500, 503, 429]) service.answer(status)
    ask('one')
    await until(() => service.posts.length === 4)
    world.now += 5_000
    await afterEverything(ask)
    const first = service.posts.slice(0, 4)
    expect(new Set(first.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
    for (const post of first) verified(post, secret)
    expect(service.posts).toHaveLength(5)
    expect(service.posts[4]!.headers['webhook-id']).not.toBe(first[0]!.headers['webhook-id'])
  })

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    ['stalls', () => {}],
    ['answers late', (request, response) => request.socket.once('close', () => response.writeHead(201).end())],
    ['hangs up', (_request, response) => void response.socket!.destroy()],
    ['sends endless headers', (_request, response) => endless(response, `a: ${'b'.repeat(1_000)}\r\n`)],
    ['does not speak HTTP', (_request, response) => void response.socket!.write('SSH-2.0-OpenSSH_9.2\r\n\r\n')],
  ])('is tried again, with the same ID, when its server %s', async (_what, answer) => {
    const { ask, secret } = setUp({}, 300)
    service.responses.push(answer)
    ask('one')
    await until(() => service.posts.length === 2)
    await afterEverything(ask)
    const ids = service.posts.map(post => {
      verified(post, secret)
      return post.headers['webhook-id']
    })
    expect(ids[0]).toBe(ids[1])
    expect(new Set(ids).size).toBe(2)
  })

  it.each<[string, (request: IncomingMessage, response: ServerResponse) => void]>([
    [
      'answers twice',
      (_request, response) =>
        void response.socket!.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'.repeat(2)),
    ],
    [
      'answers with an endless body',
      (_request, response) => {
        response.writeHead(200).flushHeaders()
        endless(response, 'x'.repeat(100_000))
      },
    ],
    ['refuses it', (_request, response) => response.writeHead(403).end()],
    ['does not know the address', (_request, response) => response.writeHead(410).end()],
    ['asks for a long wait', (_request, response) => response.writeHead(429, { 'retry-after': '86400' }).end()],
  ])('is not tried again when its server %s', async (_what, answer) => {
    const { ask } = setUp()
    service.responses.push(answer)
    ask('one')
    await until(() => service.posts.length === 1)
    await afterEverything(ask)
    expect(service.posts).toHaveLength(2)
  })

  it('case 63: does not follow a redirect, and says so at the test button', async () => {
    const inside = createServer((_request, response) => response.end())
    let connections = 0
    inside.on('connection', () => connections++)
    await new Promise<void>(resolve => inside.listen(0, '127.0.0.1', resolve))
    onCleanUp(() => inside.close())
    const { ask, notifier } = setUp()
    const location = `http://127.0.0.1:${(inside.address() as AddressInfo).port}/`
    service.answer(307, { location })
    service.answer(308, { location })
    ask('one')
    await until(() => service.posts.length === 1)
    await expect(notifier.test('webhook')).rejects.toMatchObject({
      code: 'notify_failed',
      message: expect.stringContaining('redirects'),
    })
    expect(connections).toBe(0)
    expect(service.posts).toHaveLength(2)
  })

  it('is not tried again for a session that was seen or answered meanwhile', async () => {
    const { ask, sessions } = setUp()
    service.responses.push((_request, response) => {
      sessions.delete('one')
      response.writeHead(500).end()
    })
    ask('one')
    await until(() => service.posts.length === 1)
    await afterEverything(ask)
    expect(service.posts).toHaveLength(2)
  })

  it('receives nothing without a signing secret', async () => {
    const log = { error: () => {}, info: () => {} }
    const { settings, notifier } = setUp()
    const unsigned = new Notifier({
      settings: () => settings,
      secrets: new NotifySecrets(join(temporaryFolder(), 'secrets.json'), log),
      health: { troubles: [] },
      sessionOf: id => infoOf(id, { text: 'x', at: 1 }),
      push: { sessionNeedsAttention: () => {} },
      log,
      ca: service.ca,
    })
    onCleanUp(() => unsigned.close())
    unsigned.notify('one')
    await expect(unsigned.test('webhook')).rejects.toMatchObject({ message: expect.stringContaining('secret') })
    await notifier.test('webhook')
    expect(service.posts).toHaveLength(1)
  })

  it('receives one request at a time, and a stalled server keeps MAX_WAITING sessions waiting at most', async () => {
    const { ask, sessions } = setUp()
    let answerFirst = () => {}
    service.responses.push((_request, response) => {
      answerFirst = () => response.writeHead(201).end()
    })
    ask('first')
    await until(() => service.posts.length === 1)
    for (let n = 0; n < MAX_WAITING + 20; n++) ask(`more-${n}`)
    expect(service.posts).toHaveLength(1)
    answerFirst()
    await until(() => service.posts.length === MAX_WAITING)
    await afterEverything(ask)
    expect(service.posts).toHaveLength(MAX_WAITING + 1)
    expect(sessions.size).toBeGreaterThan(MAX_WAITING)
  })

  it('case 64: receives MAX_PER_HOUR notifications in an hour at most, as does every channel', async () => {
    const { ask, world, logged } = setUp()
    for (let n = 0; n < MAX_PER_HOUR; n++) {
      ask(`session-${n}`)
      await until(() => service.posts.length === n + 1)
      world.now += 1_000
    }
    for (let n = 0; n < 50; n++) ask(`over-${n}`)
    expect(world.pushed).toHaveLength(MAX_PER_HOUR)
    expect(JSON.stringify(logged)).toContain('too many in an hour')
    world.now += 3_600_000
    await afterEverything(ask)
    expect(service.posts).toHaveLength(MAX_PER_HOUR + 1)
  })

  it('is not sent to a server whose certificate is for another name or not trusted', async () => {
    const misnamed = await PushService.start('DNS:elsewhere.example')
    onCleanUp(() => misnamed.stop())
    const { notifier, logged } = setUp({ webhook: { url: `https://${misnamed.name}/canary`, include_text: false } })
    await expect(notifier.test('webhook')).rejects.toMatchObject({ message: expect.stringContaining('certificate') })
    expect(misnamed.posts).toEqual([])
    expect(JSON.stringify(logged)).not.toContain('canary')
  })
})

describe('ntfy', () => {
  const ntfy = (include_text: boolean) => ({ server: `https://${service.name}/`, topic: 'my-topic', include_text })

  it('receives program, kind and folder as a message of the topic, with the token for this server', async () => {
    const { ask, secrets, server } = setUp({ ntfy: ntfy(false), webhook: undefined })
    secrets.setNtfyToken(server, TOKEN)
    ask('one', 'May I delete everything?')
    await until(() => service.posts.length === 1)
    const { headers, body, path } = service.posts[0]!
    expect(path).toBe('/')
    expect(headers.authorization).toBe(`Bearer ${TOKEN}`)
    expect(JSON.parse(String(body))).toEqual({ topic: 'my-topic', message: 'Claude Code asks in proj', priority: 4 })
  })

  it('receives the question’s text if the user turned that on', async () => {
    const { ask } = setUp({ ntfy: ntfy(true), webhook: undefined })
    ask('one', 'May\u202e I?\n\u0007now')
    await until(() => service.posts.length === 1)
    expect(JSON.parse(String(service.posts[0]!.body))).toMatchObject({
      title: 'Claude Code asks in proj',
      message: 'May I? now',
    })
  })

  it('case 65: another server does not receive the token', async () => {
    const other = await PushService.start()
    onCleanUp(() => other.stop())
    const { secrets, server, settings, notifier } = setUp({ ntfy: ntfy(false), webhook: undefined })
    secrets.setNtfyToken(server, TOKEN)
    settings.ntfy = { ...settings.ntfy!, server: `https://${other.name}/` }
    await notifier.test('ntfy')
    expect(other.posts).toHaveLength(1)
    expect(other.posts[0]!.headers.authorization).toBeUndefined()
  })

  it.each([
    [401, /token/],
    [404, /404/],
    [500, /try again/],
    [302, /redirects/],
  ])('a test that is answered with %d says what to do', async (status, says) => {
    const { notifier } = setUp({ ntfy: ntfy(false) })
    service.answer(status, { location: 'https://elsewhere.example/' })
    await expect(notifier.test('ntfy')).rejects.toMatchObject({
      code: 'notify_failed',
      message: expect.stringMatching(says),
    })
  })

  it('a test says that nothing answers, and is refused after many', async () => {
    const { notifier } = setUp({ ntfy: ntfy(false) })
    await service.stop()
    for (let n = 0; n < 5; n++)
      await expect(notifier.test('ntfy')).rejects.toMatchObject({ message: expect.stringMatching(/nothing answers/) })
    await expect(notifier.test('ntfy')).rejects.toMatchObject({ code: 'notify_busy' })
  })
})

describe('a host', () => {
  const start = (long_run_ms?: number) =>
    startHost({ notify_ca: service.ca, timing: { ...(long_run_ms !== undefined && { long_run_ms }) } })
  const textsOf = () => service.posts.map(({ body }) => JSON.parse(String(body)).data.headline as string)

  async function withWebhook(long_run_ms: number | undefined = 300) {
    const host = await start(long_run_ms)
    const client = localClient(host)
    await client.changeSettings({ webhook: { url: `https://${service.name}/hook`, include_text: true } })
    const secret = await client.renewWebhookSecret()
    const attention = async (id: string) => (await client.list()).find(one => one.session_id === id)?.attention
    return { host, client, secret, attention }
  }

  it('notifies of the end of a long process that no person saw, and of its failure', async () => {
    const { client, secret } = await withWebhook()
    await client.create({ title: 'good', cwd: '/', command: ['sh', '-c', 'sleep 0.4'] })
    await until(() => service.posts.length === 1)
    await client.create({ title: 'bad', cwd: '/', command: ['sh', '-c', 'sleep 0.4; exit 3'] })
    await until(() => service.posts.length === 2)
    expect(textsOf()).toEqual(['good ended', 'bad failed'])
    expect(verified(service.posts[1]!, secret).data).toMatchObject({ kind: 'failed', text: 'Failed with exit code 3' })
  })

  it('does not notify of the end of a process that ran for less than LONG_RUN_MS', async () => {
    const { client, attention } = await withWebhook(LONG_RUN_MS)
    const { session_id } = await client.create({ command: ['true'] })
    await until(async () => (await client.list())[0]!.state === 'exited')
    expect(await attention(session_id)).toBe(null)
  })

  it('does not notify of a process that a person ended', async () => {
    const { client, attention } = await withWebhook()
    const killed = await client.create({ command: ['cat'] })
    await client.create({ title: 'one', cwd: '/', command: ['sh', '-c', 'sleep 0.4'] })
    // From here on the second session has run for long enough, too.
    await until(() => service.posts.length === 1)
    await client.kill(killed.session_id)
    await client.create({ title: 'two', cwd: '/', command: ['sh', '-c', 'sleep 0.4'] })
    await until(() => service.posts.length === 2)
    expect(textsOf()).toEqual(['one ended', 'two ended'])
    expect(await attention(killed.session_id)).toBe(null)
  })

  it('notifies of the end of any process on request, and of nothing in a muted session', async () => {
    const { client, attention } = await withWebhook()
    await client.changeSettings({ notify_kinds: ['bell'] })
    const cwd = temporaryFolder()
    const waitingFor = (then: string) => ['sh', '-c', `while [ ! -e go ]; do sleep 0.01; done; ${then}`]
    const muted = await client.create({ cwd, command: waitingFor(`printf '\\a'; cat`) })
    const wanted = await client.create({ title: 'wanted', cwd, command: waitingFor('exit 1') })
    await client.notifySession(muted.session_id, 'muted')
    await client.notifySession(wanted.session_id, 'when_ended')
    expect((await client.list()).map(({ notify }) => notify)).toEqual(['muted', 'when_ended'])
    writeFileSync(join(cwd, 'go'), '')
    await until(() => service.posts.length === 1)
    await until(async () => await attention(muted.session_id))
    expect(await attention(muted.session_id)).toMatchObject({ kind: 'bell', silent: true })
    const loud = await client.create({ title: 'loud', cwd: '/', command: ['sh', '-c', `printf '\\a'; cat`] })
    await until(() => service.posts.length === 2)
    expect(textsOf().map(text => text.split(' in ')[0])).toEqual(['wanted failed', 'loud rang the bell'])
    expect(await attention(loud.session_id)).not.toHaveProperty('silent')
    await expect(client.notifySession(wanted.session_id, 'muted')).rejects.toMatchObject({ code: 'session_ended' })
  })

  it.each([true, false])('notifies of its own trouble, if that is on: %s', async notify_trouble => {
    const host = await startHost({ notify_ca: service.ca, timing: { tell_trouble_ms: 50 } })
    const client = localClient(host)
    await client.changeSettings({
      webhook: { url: `https://${service.name}/hook`, include_text: true },
      notify_trouble,
    })
    const secret = await client.renewWebhookSecret()
    await client.create({ command: ['sh', '-c', 'while :; do echo tick; sleep 0.1; done'] })
    const repair = breakRecording(join(host.dataDir, 'otg.db'))
    await until(async () => (await client.troubles()).length > 0)
    if (notify_trouble) await until(() => service.posts.length === 1)
    await client.create({ title: 'loud', cwd: '/', command: ['sh', '-c', `printf '\\a'; cat`] })
    await until(() => textsOf().includes('loud rang the bell'))
    repair()
    expect(service.posts).toHaveLength(notify_trouble ? 2 : 1)
    expect(await client.troubles()).toMatchObject([{ told: notify_trouble }])
    if (!notify_trouble) return
    expect(verified(service.posts[0]!, secret)).toMatchObject({
      type: 'host.trouble',
      data: {
        kind: 'trouble',
        headline: 'On the Go: Not recording: the history cannot be written',
        text: expect.stringContaining('not recorded'),
      },
    })
  })

  it('marks a session in quiet hours without notifying anybody', async () => {
    const { client, attention } = await withWebhook()
    await client.changeSettings({ quiet_hours: { from: '00:00', to: '00:00' } })
    const quiet = await client.create({ command: ['sh', '-c', `printf '\\033]9;hello\\a'; cat`] })
    await until(async () => await attention(quiet.session_id))
    expect(await attention(quiet.session_id)).toMatchObject({ text: 'hello', kind: 'message', silent: true })
    await client.changeSettings({ quiet_hours: null })
    await client.create({ title: 'loud', cwd: '/', command: ['sh', '-c', `printf '\\033]9;hello\\a'; cat`] })
    await until(() => service.posts.length === 1)
    expect(textsOf()).toEqual(['loud sent a message'])
  })

  it('case 66: sends no secret back, logs none, and keeps them in a file for its user only', async () => {
    const { host, client, secret } = await withWebhook()
    await expect(client.setNtfyToken(TOKEN)).rejects.toMatchObject({ code: 'settings_invalid' })
    await client.changeSettings({ ntfy: { server: `https://${service.name}/`, topic: 'canary-topic' } })
    await client.setNtfyToken(TOKEN)
    await expect(client.setNtfyToken('two words')).rejects.toMatchObject({ code: 'settings_invalid' })
    const settings = await client.settings()
    expect(settings.secrets).toEqual({ ntfy_token: true, webhook_secret: true })
    expect(JSON.stringify(settings)).not.toContain(TOKEN)
    expect(JSON.stringify(settings)).not.toContain(secret)
    service.answer(500)
    await client.testNotifications('ntfy').catch(() => {})
    await client.testNotifications('webhook')
    const file = join(host.dataDir, 'notify-secrets.json')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    await client.changeSettings({ ntfy: { server: 'https://ntfy.sh', topic: 'canary-topic' } })
    expect((await client.settings()).secrets.ntfy_token).toBe(false)
    await host.stop()
    const log = readFileSync(join(host.dataDir, 'host.log'), 'utf8')
    for (const canary of [TOKEN, secret, 'canary-topic', '/hook']) expect(log).not.toContain(canary)
    expect(readFileSync(join(host.dataDir, 'settings.json'), 'utf8')).not.toContain(TOKEN)
    const again = localClient(await startHost({ dataDir: host.dataDir }))
    expect((await again.settings()).secrets.webhook_secret).toBe(true)
  })

  it.each([
    ['a plain HTTP address', { webhook: { url: 'http://example.com/' } }, /^webhook.url: takes http/],
    ['a topic with a slash', { ntfy: { topic: 'a/b' } }, /^ntfy.topic/],
    ['a kind that does not exist', { notify_kinds: ['all'] }, /^notify_kinds/],
    ['a time that does not exist', { quiet_hours: { from: '24:00', to: '07:00' } }, /^quiet_hours.from: takes a time/],
    ['a day that does not exist', { quiet_hours: { from: '22:00', to: '07:00', days: ['day'] } }, /^quiet_hours.days/],
  ])('rejects %s by the setting’s name', async (_what, change, message) => {
    const client = localClient(await start())
    await expect(client.changeSettings(change)).rejects.toMatchObject({
      code: 'settings_invalid',
      message: expect.stringMatching(message),
    })
  })
})

/** Sends the same data whenever it was taken, until the socket closes. */
function endless({ socket }: ServerResponse, text: string): void {
  const more = () => {
    if (socket && !socket.destroyed) socket.write(text, () => setImmediate(more))
  }
  more()
}
