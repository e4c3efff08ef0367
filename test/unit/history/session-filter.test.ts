import { describe, expect, it } from 'vitest'
import { matches } from '../../../main/host/history/search/filter.ts'
import type { SessionInfo } from '../../../protocol/messages.ts'

const session = (cwd: string) => ({ cwd, title: 'Ä title', command: ['make', 'all'], state: 'exited' }) as SessionInfo

describe('a filter by folder', () => {
  it.each(['/a/b', '/a/b/', '/a/b///'])('lets through what is in %s or below', cwd => {
    for (const path of ['/a/b', '/a/b/c']) expect(matches(session(path), { cwd })).toBe(true)
    for (const path of ['/a/bc', '/a', '/']) expect(matches(session(path), { cwd })).toBe(false)
  })

  it('lets through what is in a folder on Windows or below', () => {
    expect(matches(session('C:\\a\\b'), { cwd: 'C:\\a\\' })).toBe(true)
    expect(matches(session('C:\\ab'), { cwd: 'C:\\a\\' })).toBe(false)
  })

  it('case 166: takes no time that grows with the square of its length', () => {
    const cwd = `${'/'.repeat(200_000)}a`
    // Once per session of the history; with a pattern for the slashes at its end this takes minutes.
    const filter = { cwd }
    for (let n = 0; n < 1_000; n++) expect(matches(session('/x'), filter)).toBe(false)
  })
})

it('a filter by text finds it whatever its case', () => {
  for (const text of ['ä TIT', 'MAKE ALL']) expect(matches(session('/x'), { text })).toBe(true)
  expect(matches(session('/x'), { command: 'title' })).toBe(false)
})
