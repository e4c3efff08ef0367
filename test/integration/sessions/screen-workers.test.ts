// What happens to screens whose worker thread dies.
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { openPool, TOO_MUCH } from '../../support/broken-screens.ts'
import { until } from '../../support/history.ts'
import { bytesOf, cleanUp, localClient, onCleanUp, Recorder, startHost, webClient } from '../../support/host.ts'

/** A heap has to fill up a few times. */
const SLOW_MS = 100_000

afterEach(cleanUp)

it('case 93: a worker that dies takes no other screen along, and nothing is answered or reported twice', {
  timeout: 60_000,
}, async () => {
  const open = openPool(16)
  const good = open()
  const bad = open(1000, 500)
  good.write(bytesOf('\x1b]2;a title\x07\x07\x1b[ckept \x1b[31min red'))
  await good.screen.text()
  for (let i = 0; i < 200 && bad.heard.failed.length === 0; i++) bad.write(TOO_MUCH)
  await until(() => bad.heard.failed.length > 0, SLOW_MS)
  expect(bad.heard.failed).toEqual(['screen_failed'])
  await expect(bad.screen.keyframe()).rejects.toMatchObject({ code: 'screen_failed' })
  expect(good.heard.rebuilt).toBeGreaterThan(0)
  expect((await good.screen.text()).lines[0]).toBe('kept in red')
  good.write(bytesOf(', and goes on\x07\x1b[c'))
  expect((await good.screen.text()).lines[0]).toBe('kept in red, and goes on')
  expect(good.heard).toMatchObject({ bells: 2, titles: ['a title'], failed: [] })
  expect(good.heard.answers).toHaveLength(2)
})

it('case 93: a request that a dying worker had not answered is repeated', { timeout: SLOW_MS }, async () => {
  const open = openPool(16)
  const bad = open(1000, 500)
  const good = open()
  good.write(bytesOf('still here'))
  for (let i = 0; i < 200; i++) bad.write(TOO_MUCH)
  const asked = good.screen.text()
  const [text] = await Promise.all([asked, until(() => good.heard.rebuilt > 0, SLOW_MS)])
  expect(text.lines[0]).toBe('still here')
  expect((await good.screen.text()).lines[0]).toBe('still here')
})

describe('case 93: in a host whose screens’ worker dies', () => {
  /** Ends the thread that has the screens of a host that starts now. */
  function screensOf(): () => Promise<unknown> {
    const workers: Worker[] = []
    const listen = (worker: Worker) => void workers.push(worker)
    process.on('worker', listen)
    onCleanUp(() => process.off('worker', listen))
    // `threadName`: what screen-pool.ts gives them.
    const isScreens = (worker: Worker) => (worker as Worker & { threadName?: string | null }).threadName === 'screens'
    return () =>
      Promise.all(workers.splice(0).map(worker => (isScreens(worker) ? worker.terminate() : workers.push(worker))))
  }

  it('a session is shown and attached as before, and answers each query once', async () => {
    const endScreens = screensOf()
    const host = await startHost()
    const client = localClient(host)
    const { session_id } = await client.create({
      command: ['sh', '-c', 'stty raw -echo; printf "\\033[31mfirst\\033[m\\033[c"; exec cat -v'],
    })
    const show = async () => (await client.screen(session_id)).lines.join('\n').trimEnd()
    const answer = '^[[?1;2c'
    await until(async () => (await show()) === `first${answer}`)
    const watching = new Recorder()
    const attached = webClient(host).attach(session_id, watching)
    await watching.shows(answer)
    await endScreens()
    expect(await show()).toBe(`first${answer}`)
    attached.type(new TextEncoder().encode(' typed'))
    await watching.shows('typed')
    expect(await show()).toBe(`first${answer} typed`)
    const late = new Recorder()
    webClient(host).attach(session_id, late, { history_bytes: 0 })
    await late.shows('typed')
    expect(late.text).toMatch(/31m.*first/s)
  })

  it('a session whose screen failed for good is recorded, typed into and attached without one', async () => {
    const endScreens = screensOf()
    const host = await startHost()
    const client = localClient(host)
    const { session_id } = await client.create({ command: ['sh', '-c', 'stty raw -echo; echo first; exec cat'] })
    await until(async () => (await client.screen(session_id)).lines[0] === 'first')
    for (let death = 0; death < 10; death++) {
      await endScreens()
      await client.screen(session_id).catch(() => {})
    }
    await expect(client.screen(session_id)).rejects.toMatchObject({ code: 'screen_failed' })
    expect((await client.list())[0]).toMatchObject({ session_id, screen_failed: true })
    const shown = new Recorder()
    const attached = webClient(host).attach(session_id, shown)
    await shown.shows('first')
    attached.type(new TextEncoder().encode('typed'))
    await shown.shows('typed')
    await until(async () => (await client.history.read(session_id)).lines.some(({ text }) => text.includes('typed')))
    const other = await client.create({ command: ['sh', '-c', 'echo another; exec cat'] })
    await until(async () => (await client.screen(other.session_id)).lines[0] === 'another')
  })
})
