import { expect, it } from 'vitest'
import { InputQueue } from '../../../main/host/session/input-queue.ts'

/** A kernel that takes what `room` allows. */
function queueOf(room: { bytes: number }): { queue: InputQueue; taken: () => string } {
  let taken = ''
  const write = (bytes: Uint8Array) => {
    if (room.bytes === 0) throw Object.assign(new Error('full'), { code: 'EAGAIN' })
    const part = bytes.subarray(0, room.bytes)
    room.bytes -= part.length
    taken += Buffer.from(part).toString()
    return part.length
  }
  return { queue: new InputQueue({ terminal: '', write }), taken: () => taken }
}

const add = (queue: InputQueue, text: string, owner: string, written = () => {}) =>
  queue.add(Buffer.from(text), owner, written)

it('drops the waiting units of one owner, and tells that there is room', async () => {
  const room = { bytes: 2 }
  const { queue, taken } = queueOf(room)
  let written = 0
  add(queue, 'mine', 'local', () => written++)
  add(queue, 'lost', 'phone', () => written++)
  add(queue, 'more', 'local', () => written++)
  await queue.drop('phone')
  expect({ written, taken: taken() }).toEqual({ written: 1, taken: 'mi' })
  room.bytes = 100
  add(queue, '!', 'local')
  await expect.poll(taken).toBe('minemore!')
  expect(written).toBe(3)
})

it('writes nothing while something is being dropped, and then everything in order', async () => {
  const { queue, taken } = queueOf({ bytes: 100 })
  add(queue, '1', 'phone')
  const dropped = queue.drop('phone')
  add(queue, '2', 'local')
  expect(taken()).toBe('1')
  await dropped
  add(queue, '3', 'phone')
  await expect.poll(taken).toBe('123')
})

it('ends a paste of which a part was written', async () => {
  const room = { bytes: 10 }
  const { queue, taken } = queueOf(room)
  add(queue, '\x1b[200~some text\x1b[201~', 'phone')
  room.bytes = 0
  await queue.drop('phone')
  room.bytes = 100
  add(queue, 'mine', 'local')
  await expect.poll(taken).toBe('\x1b[200~some\x1b[201~mine')
})

it('takes nothing after its end', async () => {
  const { queue, taken } = queueOf({ bytes: 100 })
  queue.end()
  expect(add(queue, 'late', 'local')).toBe(true)
  await queue.drop('local')
  expect(taken()).toBe('')
})
