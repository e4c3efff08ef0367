// How often previews are refreshed, and when a change is reported.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Previews } from '../../../main/host/session/previews.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp({ watched = true } = {}) {
  const state = { watched, looks: 0, pushes: 0 }
  let answer = () => {}
  let news = false
  let isNew = true
  const session = {
    refreshPreview: () => {
      if (!isNew) return undefined
      state.looks++
      return new Promise<void>(resolve => {
        answer = () => {
          answer = () => {}
          isNew = false
          news = true
          resolve()
        }
      })
    },
    takePreviewChange: () => {
      const had = news
      news = false
      return had
    },
  }
  const previews = new Previews(() => [session], { isWatched: () => state.watched, changed: () => state.pushes++ })
  const prints = () => {
    isNew = true
  }
  return { previews, state, prints, answer: () => answer() }
}

it('reports a change that came too late for its own refresh with the next one', async () => {
  const { previews, state, answer } = setUp()
  const fresh = previews.refresh()
  await vi.advanceTimersByTimeAsync(100)
  await fresh
  expect(state.pushes).toBe(0)
  answer()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(state).toMatchObject({ looks: 1, pushes: 1 })
})

it('refreshes once a second, however often the list is requested', async () => {
  const { previews, state, prints, answer } = setUp()
  for (let i = 0; i < 50; i++) {
    prints()
    void previews.refresh()
    answer()
    await vi.advanceTimersByTimeAsync(100)
  }
  expect(state.looks).toBeGreaterThan(3)
  expect(state.looks).toBeLessThanOrEqual(6)
  expect(state.pushes).toBeLessThanOrEqual(6)
})

it('does not refresh while no client watches, or when nothing was printed', async () => {
  const { previews, state, prints, answer } = setUp({ watched: false })
  void previews.refresh()
  answer()
  await vi.advanceTimersByTimeAsync(10_000)
  prints()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(state.looks).toBe(1)
  expect(vi.getTimerCount()).toBe(0)
})
