// The places of a client's requests about the history (case 125 of docs/security-cases.md).
import { describe, expect, it } from 'vitest'
import { EVERY_SESSION } from '../../../main/host/access/session-scope.ts'
import { DEVICE_LIMITS, DeviceBudget } from '../../../main/host/budget/device-budget.ts'
import { Turns } from '../../../main/host/budget/turns.ts'
import { type HistoryMessage, HistoryRequests } from '../../../main/host/clients/history-requests.ts'
import type { HistoryService } from '../../../main/host/clients/history-service.ts'
import { CodedError } from '../../../protocol/errors.ts'

/** Work that goes on after it was canceled, until `end`. */
function setUp() {
  const running: { signal: AbortSignal; end(): void }[] = []
  let most = 0
  const work = (signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) => {
      const one = {
        signal,
        end: () => {
          running.splice(running.indexOf(one), 1)
          reject(new CodedError('cancelled', ''))
        },
      }
      running.push(one)
      most = Math.max(most, running.length)
    })
  const refused: string[] = []
  const history = {
    export: async (...given: unknown[]) => ({ chunkTaken: () => {}, done: work(given.at(-1) as AbortSignal) }),
    search: (_client: string, _request: object, signal: AbortSignal) => work(signal),
  } as unknown as HistoryService
  const outlet = {
    send: () => {},
    inTurn: (job: () => void) => job(),
    refuse: ({ code }: CodedError, request_id: number) => void refused.push(`${request_id} ${code}`),
  }
  const requests = new HistoryRequests(history, outlet, 'device')
  requests.admitted('phone', { budget: new DeviceBudget(DEVICE_LIMITS, new Turns()), scope: EVERY_SESSION })
  const settled = () => new Promise<void>(resolve => setImmediate(resolve))
  return { requests, running, refused, settled, most: () => most }
}

const KINDS: [string, number, (request_id: number) => HistoryMessage][] = [
  ['an export', 1, request_id => ({ type: 'export', request_id, session_id: 's', format: 'raw' })],
  ['a search', 8, request_id => ({ type: 'search', request_id, query: 'x' })],
]
describe.each(KINDS)('case 125: the place of %s that was canceled', (_name, limit, message) => {
  it('is free when its work has ended, and the next request waits for that', async () => {
    const { requests, running, refused, settled, most } = setUp()
    for (let id = 1; id <= limit; id++) requests.take(message(id))
    await settled()
    expect(running).toHaveLength(limit)
    requests.take({ type: 'cancel', request_id: 1 })
    requests.take(message(100))
    await settled()
    expect([running.length, most(), refused]).toEqual([limit, limit, []])
    running[0]!.end()
    await settled()
    expect([running.length, running.at(-1)!.signal.aborted, refused]).toEqual([limit, false, ['1 cancelled']])
  })

  it('does not let a client have more at once, however often it cancels', async () => {
    const { requests, running, refused, settled, most } = setUp()
    for (let id = 1; id <= 1_000; id++) {
      try {
        requests.take(message(id))
      } catch (error) {
        expect(error).toMatchObject({ code: 'history_busy' })
      }
      requests.take({ type: 'cancel', request_id: id })
    }
    await settled()
    expect(most()).toBe(limit)
    expect(running.every(({ signal }) => signal.aborted)).toBe(true)
    while (running.length > 0) running[0]!.end()
    await settled()
    // None is left over.
    expect(running).toHaveLength(0)
    expect(refused.length).toBeGreaterThanOrEqual(limit)
    requests.take(message(2_000))
    await settled()
    expect(running).toHaveLength(1)
  })

  it('is refused to more requests than places that become free', async () => {
    const { requests, settled } = setUp()
    for (let id = 1; id <= limit; id++) requests.take(message(id))
    requests.take({ type: 'cancel', request_id: 1 })
    requests.take(message(100))
    await settled()
    expect(() => requests.take(message(101))).toThrow(expect.objectContaining({ code: 'history_busy' }))
  })
})
