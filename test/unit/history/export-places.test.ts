// Devices share the places for exports fairly, whatever some of them do (case 130 of docs/security-cases.md).
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type ExportPlace,
  ExportPlaces,
  MAX_DEVICE_EXPORTS,
  TURN_MS,
} from '../../../main/host/history/export/export-places.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Devices that want to export. */
function setUp() {
  const places = new ExportPlaces(() => Date.now())
  const holds = new Set<string>()
  const heartbeats: string[] = []
  const wants = (device: string) => {
    const gone = new AbortController()
    const taken = places
      .take(device, () => heartbeats.push(device), gone.signal)
      .then(place => {
        holds.add(device)
        return place
      })
    return { gone, taken }
  }
  /** A device that wants to export all the time, as long as it lives. */
  const greedy = async (device: string) => {
    for (;;) {
      const place = await wants(device).taken
      await new Promise<void>(resolve => place.signal.addEventListener('abort', () => resolve()))
      holds.delete(device)
      place.release()
    }
  }
  /** An export that takes `ms`, begun again whenever it had to give way. Resolves with how often it began. */
  const honest = async (device: string, ms: number) => {
    for (let begun = 1; ; begun++) {
      const place: ExportPlace = await wants(device).taken
      const isDone = await new Promise<boolean>(resolve => {
        place.signal.addEventListener('abort', () => resolve(false))
        setTimeout(() => resolve(true), ms)
      })
      holds.delete(device)
      place.release()
      if (isDone) return begun
    }
  }
  return { holds, heartbeats, wants, greedy, honest }
}

describe('case 130: the places for exports of devices', () => {
  it('are never all kept from a device, however many others want one all the time', async () => {
    const { holds, greedy, honest } = setUp()
    for (let n = 0; n < 10; n++) void greedy(`greedy ${n}`)
    await vi.advanceTimersByTimeAsync(10 * TURN_MS)
    let begun = 0
    void honest('mine', 50_000).then(count => (begun = count))
    await vi.advanceTimersByTimeAsync(TURN_MS)
    expect(holds).toContain('mine')
    await vi.advanceTimersByTimeAsync(TURN_MS)
    expect(begun).toBe(1)
    expect(holds.size).toBe(MAX_DEVICE_EXPORTS)
  })

  it('are kept undisturbed for a while, and for good while no other device waits', async () => {
    const { wants } = setUp()
    const running = await Promise.all(['a', 'b', 'c'].map(device => wants(device).taken))
    await vi.advanceTimersByTimeAsync(TURN_MS / 2)
    const { taken, gone } = wants('d')
    taken.catch(() => {})
    await vi.advanceTimersByTimeAsync(TURN_MS / 2 - 1)
    expect(running.map(({ signal }) => signal.aborted)).toEqual([false, false, false])
    gone.abort()
    await expect(taken).rejects.toMatchObject({ code: 'cancelled' })
    await vi.advanceTimersByTimeAsync(100 * TURN_MS)
    expect(running.map(({ signal }) => signal.aborted)).toEqual([false, false, false])
  })

  it('go to the device that had least, and a device that waits is told that it does', async () => {
    const { wants, greedy, heartbeats, holds } = setUp()
    void greedy('b')
    void greedy('c')
    const a = await wants('a').taken
    await vi.advanceTimersByTimeAsync(TURN_MS / 2)
    a.release()
    holds.delete('a')
    void greedy('d')
    await vi.advanceTimersByTimeAsync(0)
    void wants('a').taken
    await vi.advanceTimersByTimeAsync(9_000)
    expect(heartbeats).toEqual(['a', 'a', 'a'])
    void wants('e').taken
    await vi.advanceTimersByTimeAsync(TURN_MS / 2 - 9_000)
    // Two have had their minute by now.
    expect([...holds]).toEqual(['d', 'e', 'a'])
  })
})
