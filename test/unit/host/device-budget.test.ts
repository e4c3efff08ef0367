// What one device may use of the host, over however many connections.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import {
  type BudgetLimits,
  type BudgetMember,
  Budgets,
  DEVICE_LIMITS,
  DeviceBudget,
  LOCAL_LIMITS,
} from '../../../main/host/budget/device-budget.ts'
import { PacedTransport } from '../../../main/host/budget/paced-transport.ts'
import { TURN_MS, Turns } from '../../../main/host/budget/turns.ts'
import type { CodedError } from '../../../protocol/errors.ts'
import { Inbox, type Transport } from '../../../protocol/transport.ts'
import { until } from '../../support/host.ts'

class Member implements BudgetMember {
  unsent = 0
  lastReceived = performance.now()
  events: string[] = []
  pause = () => void this.events.push('pause')
  resume = () => void this.events.push('resume')
  roomToSend = () => void this.events.push('room')
  giveWay = (error: CodedError) => void this.events.push(error.code)
}

/** A budget that never refills, so that no clock decides. */
const ENDLESS: BudgetLimits = { ...DEVICE_LIMITS, per_second: 1e-9, burst: 1e9 }

function budget(limits: Partial<BudgetLimits> = {}, turns = new Turns()) {
  const device = new DeviceBudget({ ...ENDLESS, ...limits }, turns)
  const member = new Member()
  device.join(member)
  return { device, member }
}

/** Keeps the loop busy for longer than a turn. */
function work(): void {
  const until = performance.now() + TURN_MS * 1.5
  while (performance.now() < until);
}

describe('a device’s jobs', () => {
  it('run at once while the device has time left', () => {
    const { device } = budget()
    const done: number[] = []
    for (let n = 0; n < 3; n++) device.run(() => done.push(n))
    expect(done).toEqual([0, 1, 2])
  })

  it('case 97: alternate with another device’s when both have much to do', async () => {
    const turns = new Turns()
    const done: string[] = []
    const jobs = (name: string) => {
      const { device } = budget({}, turns)
      for (let n = 0; n < 5; n++)
        device.run(() => {
          work()
          done.push(name)
        })
    }
    jobs('a')
    jobs('b')
    await until(() => done.length === 10)
    // The first of each ran at once.
    expect(done.join('')).toBe('abababab' + 'ab')
  })

  it('keep their order, also those that are added by another', async () => {
    const { device } = budget()
    const done: string[] = []
    device.run(() => work())
    device.run(() => {
      done.push('first')
      device.run(() => done.push('third'))
    })
    device.run(() => done.push('second'))
    await until(() => done.length === 3)
    expect(done).toEqual(['first', 'second', 'third'])
  })

  it('case 97: wait while the device is over its budget, and its connections are not read', async () => {
    const { device, member } = budget({ per_second: 1_000, burst: 10 })
    const other = new Member()
    device.join(other)
    let done = 0
    device.run(() => done++)
    device.charge(50)
    device.run(() => done++)
    expect(done).toBe(1)
    expect(device.isSlowed).toBe(true)
    expect([member.events, other.events]).toEqual([['pause'], ['pause']])
    await until(() => done === 2)
    await until(() => member.events.at(-1) === 'resume' && other.events.at(-1) === 'resume')
  })

  it('case 98: wait until the device has read what it was sent', async () => {
    const { device, member } = budget({ unsent_bytes: 100 })
    const other = new Member()
    device.join(other)
    member.unsent = 60
    other.unsent = 60
    let isDone = false
    device.run(() => {
      isDone = true
    })
    expect(device.hasRoomToSend()).toBe(false)
    await nextTurn()
    expect(isDone).toBe(false)
    other.unsent = 0
    await until(() => isDone)
    await until(() => member.events.includes('room') && other.events.includes('room'))
    expect(device.hasRoomToSend()).toBe(true)
  })

  it('case 163: that take longer than the table says cost what they took', () => {
    const { device } = budget({ per_second: 1e-9, burst: 30 })
    // Such as JSON that is slow to parse.
    const slow = () => {
      device.charge(1)
      for (const until = performance.now() + 40; performance.now() < until; );
    }
    device.run(slow)
    let isDone = false
    device.run(() => (isDone = true))
    expect([isDone, device.isSlowed]).toEqual([false, true])
  })

  it('are owed for two seconds at most', () => {
    const { device } = budget({ per_second: 1e-9, burst: 10 })
    device.charge(1e9)
    expect(device.isIdle).toBe(false)
  })
})

describe('what a device may hold at once', () => {
  it.each(['attachments', 'history_requests', 'searches', 'exports', 'uploads'] as const)(
    'case 98: is bounded: %s',
    kind => {
      const { device } = budget()
      const held = Array.from({ length: DEVICE_LIMITS.held[kind] }, () => device.hold(kind))
      expect(() => device.hold(kind)).toThrow()
      held[0]!()
      held[0]!()
      device.hold(kind)
      expect(() => device.hold(kind)).toThrow()
    },
  )

  it('bounds attachments to one session more tightly', () => {
    const { device } = budget()
    const held = Array.from({ length: DEVICE_LIMITS.attachments_per_session }, () => device.holdAttachment('a'))
    expect(() => device.holdAttachment('a')).toThrow(/attached to this session 8 times/)
    device.holdAttachment('b')
    held[0]!()
    device.holdAttachment('a')
  })

  it('refuses a connection too many, unless a lost one gives way', () => {
    const { device, member } = budget()
    for (let n = 1; n < DEVICE_LIMITS.held.connections; n++) device.join(new Member())
    expect(() => device.join(new Member())).toThrow(/16 connections/)
    member.lastReceived = performance.now() - 60_000
    device.join(new Member())
    expect(member.events).toEqual(['too_many_connections'])
  })

  it('case 97: lets two lookups run, makes the next ones wait, and refuses more than wait', async () => {
    const { device } = budget()
    const ends: (() => void)[] = []
    let started = 0
    const lookUp = () =>
      device.lookUp(() => {
        started++
        return new Promise<void>(resolve => ends.push(resolve))
      })
    const lookups = Array.from({ length: 66 }, lookUp)
    await nextTurn()
    expect(started).toBe(2)
    await expect(lookUp()).rejects.toMatchObject({ code: 'too_many_requests' })
    for (let n = 0; n < 66; n++) {
      await until(() => ends.length > 0)
      ends.shift()!()
    }
    await Promise.all(lookups)
    expect(started).toBe(66)
  })

  it('case 98: does not forget a device whose lookups still run, and drops those that wait when it leaves', async () => {
    const { device, member } = budget()
    const ends: (() => void)[] = []
    const lookups = Array.from({ length: 10 }, () =>
      device.lookUp(() => new Promise<void>(resolve => ends.push(resolve))),
    )
    const results = Promise.allSettled(lookups)
    await nextTurn()
    device.leave(member)
    expect(device.isIdle).toBe(false)
    for (const end of ends) end()
    expect((await results).filter(({ status }) => status === 'rejected')).toHaveLength(8)
    expect(ends).toHaveLength(2)
    expect(device.isIdle).toBe(true)
  })

  it('case 164: bounds what all clients on this computer leave unread, and lets those go on that read', () => {
    const budgets = new Budgets()
    const connect = (unsent: number) => {
      const [device, member] = [budgets.local(), new Member()]
      device.join(member)
      member.unsent = unsent
      return { device, member }
    }
    const MB = 1024 * 1024
    const hogs = Array.from({ length: 70 }, () => connect(MB))
    const reader = connect(1_000)
    expect(hogs.some(({ device }) => device.hasRoomToSend())).toBe(false)
    expect(reader.device.hasRoomToSend()).toBe(true)
    for (const { device, member } of hogs.slice(10)) device.leave(member)
    expect(hogs[0]!.device.hasRoomToSend()).toBe(true)
  })

  it('gives a client on this computer more, and time without end', () => {
    expect(LOCAL_LIMITS.per_second).toBeGreaterThan(1_000)
    expect(LOCAL_LIMITS.held.exports).toBeGreaterThan(DEVICE_LIMITS.held.exports)
  })
})

describe('a paced transport', () => {
  function paced(limits: Partial<BudgetLimits> = {}) {
    const inbox = new Inbox()
    const inner: Transport = {
      start: handlers => inbox.start(handlers),
      send: () => {},
      buffered: 0,
      close: reason => void inbox.close(reason),
    }
    const transport = new PacedTransport(inner)
    const { device } = budget(limits)
    const received: (number | string)[] = []
    transport.start({ frame: bytes => received.push(bytes[0]!), close: ({ code }) => received.push(code) })
    const frame = (n: number) => inbox.frame(Uint8Array.of(n))
    const lost = () => void inbox.close({ code: 'connection_lost', reason: '' })
    return { transport, device, received, frame, lost }
  }

  it('case 34: is closed by too many messages before its client is let in', () => {
    const { received, frame } = paced()
    for (let n = 1; n <= 100; n++) frame(n)
    expect(received).toEqual([...Array.from({ length: 16 }, (_, at) => at + 1), 'bad_frame'])
  })

  it('delivers what the client sent before it closed', async () => {
    const { transport, device, received, frame, lost } = paced()
    transport.takeTurns(device)
    device.run(work)
    frame(1)
    frame(2)
    lost()
    expect(received).toEqual([])
    await until(() => received.length === 3)
    expect(received).toEqual([1, 2, 'connection_lost'])
  })

  it('case 97: drops what a device over its budget had sent before it closed', async () => {
    const { transport, device, received, frame, lost } = paced({ per_second: 1_000, burst: 1 })
    transport.takeTurns(device)
    device.charge(20)
    frame(1)
    lost()
    expect(received).toEqual(['connection_lost'])
    await until(() => !device.isSlowed)
    expect(received).toEqual(['connection_lost'])
  })

  it('case 21: delivers nothing that waits when the host closes the connection', async () => {
    const { transport, device, received, frame } = paced()
    transport.takeTurns(device)
    device.run(work)
    frame(1)
    transport.close({ code: 'device_revoked', reason: '' })
    let isDone = false
    device.run(() => {
      isDone = true
    })
    await until(() => isDone)
    expect(received).toEqual(['device_revoked'])
  })
})
