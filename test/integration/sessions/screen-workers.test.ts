// What happens to screens whose worker thread dies.
import { afterEach, expect, it } from 'vitest'
import { birthKeyframe } from '../../../main/host/recording/initial-keyframe.ts'
import type { ScreenLog } from '../../../main/host/screen/pooled-screen.ts'
import { ScreenPool } from '../../../main/host/screen/screen-pool.ts'
import { until } from '../../support/history.ts'
import { cleanUp, onCleanUp } from '../../support/host.ts'

/** A heap has to fill up a few times. */
const SLOW_MS = 100_000

afterEach(cleanUp)

const bytesOf = (text: string) => new TextEncoder().encode(text)

/** Fills every cell with a cluster of its own: more than a small heap holds. */
const TOO_MUCH = bytesOf(`a${'\u0301'.repeat(31)}`.repeat(4000))

function openPool(heapMB: number) {
  const pool = new ScreenPool('0', new Map(), { maxWorkers: 1, heapMB })
  onCleanUp(() => pool.close())
  /** A screen with a log of everything that was written to it. */
  return (cols = 80, rows = 24) => {
    const entries: { kind: 'output'; offset: number; bytes: Uint8Array }[] = []
    const heard = { answers: [] as string[], bells: 0, titles: [] as string[], failed: [] as string[], rebuilt: 0 }
    let end = 0
    const screen = pool.open(cols, rows, {
      parsed: () => {},
      answer: text => void heard.answers.push(text),
      title: title => void heard.titles.push(title),
      cwd: () => {},
      bell: () => void heard.bells++,
      notice: () => {},
      rebuild: (): ScreenLog => {
        heard.rebuilt++
        return { keyframe: birthKeyframe({ cols, rows }), entries }
      },
      failed: error => void heard.failed.push(error.code),
    })
    const write = (bytes: Uint8Array) => {
      entries.push({ kind: 'output', offset: end, bytes })
      end += bytes.length
      screen.write(bytes)
    }
    return { screen, heard, write, forget: () => entries.splice(0) }
  }
}

it('case 94: a worker that dies takes no other screen along, and nothing is answered or reported twice', {
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

it('case 94: a request that a dying worker had not answered is repeated', { timeout: SLOW_MS }, async () => {
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
