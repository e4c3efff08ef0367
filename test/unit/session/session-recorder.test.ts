// What a session's log keeps in memory.
import { expect, it } from 'vitest'
import type { History } from '../../../main/host/history/write/history.ts'
import { birthKeyframe } from '../../../main/host/recording/initial-keyframe.ts'
import type { StoredKeyframe } from '../../../main/host/recording/types.ts'
import type { PooledScreen } from '../../../main/host/screen/pooled-screen.ts'
import { SessionLog, TAIL_BYTES } from '../../../main/host/session/log.ts'
import { SessionRecorder } from '../../../main/host/session/session-recorder.ts'
import { LOG_START, type Position } from '../../../protocol/position.ts'

const SIZE = { cols: 80, rows: 24 }
const BATCH = new Uint8Array(64 * 1024)

/** A recorder whose screen parses only when it is told to. */
function setup() {
  const log = new SessionLog()
  const waiting: (() => void)[] = []
  const screen = {
    position: LOG_START as Position,
    keyframe: () => {
      const position = log.end
      return new Promise<StoredKeyframe>(resolve =>
        waiting.push(() => {
          screen.position = position
          resolve({ ...birthKeyframe(SIZE), position })
        }),
      )
    },
  }
  const history = { append: () => {}, seal: () => {}, keyframe: () => {} } as unknown as History
  const recorder = new SessionRecorder(birthKeyframe(SIZE), {
    session_id: 's',
    log,
    screen: screen as unknown as PooledScreen,
    history,
  })
  const print = (bytes: number) => {
    for (let printed = 0; printed < bytes; printed += BATCH.length) {
      const { offset } = log.append(BATCH)
      recorder.output(offset, BATCH, 0)
      recorder.trim()
    }
  }
  const parse = async () => {
    for (const one of waiting.splice(0)) one()
    await recorder.settled()
  }
  const inMemory = () => log.end.offset - log.start.offset
  return { recorder, print, parse, inMemory }
}

it('is bounded again once the screen has parsed a flood, though nothing more is printed', async () => {
  const { print, parse, inMemory } = setup()
  print(2 * TAIL_BYTES)
  expect(inMemory()).toBe(2 * TAIL_BYTES)
  await parse()
  expect(inMemory()).toBeLessThanOrEqual(TAIL_BYTES)
})

it('is bounded again once nobody retains it', async () => {
  const { recorder, print, parse, inMemory } = setup()
  const release = recorder.retain()
  print(2 * TAIL_BYTES)
  await parse()
  expect(inMemory()).toBe(2 * TAIL_BYTES)
  release()
  expect(inMemory()).toBeLessThanOrEqual(TAIL_BYTES)
})
