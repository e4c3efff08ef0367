// Texts and filters of the history pages, and the window's location. No browser.
import { describe, expect, it } from 'vitest'
import { INITIAL_LOCATION, readLocation, storeLocation, type WindowLocation } from '../../../renderer/location.ts'
import { countFilters, formatWhen, NO_FILTERS, toFilter, toSearchQuery } from '../../../ui/history/history-text.ts'
import { fileName } from '../../../ui/kit/save-file.ts'

describe('history filters', () => {
  it('are undefined when nothing is set', () => {
    expect(toFilter(NO_FILTERS)).toBe(undefined)
    expect(toFilter({ ...NO_FILTERS, command: '  ', folder: '' })).toBe(undefined)
    expect(countFilters(NO_FILTERS)).toBe(0)
  })

  it('are sent in the form that the host expects', () => {
    expect(toFilter({ ...NO_FILTERS, state: 'killed', command: ' vim ', folder: '/home/me' })).toEqual({
      state: ['killed'],
      command: 'vim',
      cwd: '/home/me',
    })
    expect(toFilter({ ...NO_FILTERS, state: 'ended' })?.state).not.toContain('running')
  })

  it('include whole days, even the last one, in local time', () => {
    const filter = toFilter({ ...NO_FILTERS, from: '2026-03-29', to: '2026-03-29' })!
    expect(new Date(filter.after!).toString()).toContain('Mar 29 2026 00:00:00')
    expect(new Date(filter.before!).toString()).toContain('Mar 30 2026 00:00:00')
    expect(countFilters({ ...NO_FILTERS, from: '2026-03-29', to: '2026-03-30' })).toBe(1)
  })
})

describe('a typed search query', () => {
  it('ends with a prefix', () => {
    expect(toSearchQuery('exit cod')).toBe('exit cod*')
    expect(toSearchQuery('größ')).toBe('größ*')
  })

  it('is unchanged otherwise', () => {
    for (const typed of ['exit code ', 'a', '"exit cod', '"exit code"', 'cod*', 'src/', '   '])
      expect(toSearchQuery(typed)).toBe(typed.trim())
  })
})

describe('times in lists', () => {
  it('have as much of the date as is needed', () => {
    const now = new Date(2026, 2, 29, 12, 0).getTime()
    const clock = (at: Date) => formatWhen(at.getTime(), now)
    expect(clock(new Date(2026, 2, 29, 9, 5))).toMatch(/^0?9:05/)
    expect(clock(new Date(2026, 2, 28, 9, 5))).toMatch(/^Yesterday 0?9:05/)
    expect(clock(new Date(2026, 0, 3, 9, 5))).toMatch(/Jan.* 0?9:05/)
    expect(clock(new Date(2025, 0, 3, 9, 5))).toMatch(/2025 0?9:05/)
  })
})

describe('the name of an export', () => {
  const at = Date.UTC(2026, 2, 29, 12)

  it('is valid on every file system', () => {
    expect(fileName('make: all <now>', at, 'cast')).toBe('make all now 2026-03-29.cast')
    expect(fileName('../../etc/passwd', at, 'txt')).toBe('etc passwd 2026-03-29.txt')
    expect(fileName('..', undefined, 'raw')).toBe('session.raw')
    expect(fileName('\u202etxt.exe\n', undefined, 'txt')).toBe('txt.exe.txt')
    expect(fileName('ü'.repeat(200), undefined, 'txt')).toBe(`${'ü'.repeat(80)}.txt`)
  })
})

describe('the location of the window', () => {
  it('is what the fragment says, based on the previous location', () => {
    const history: WindowLocation = { session: 's', phone: false, history: true, recording: 'r' }
    expect(readLocation('#history', INITIAL_LOCATION)).toEqual({ phone: false, history: true })
    expect(readLocation('#session=a', history)).toEqual({ session: 'a', phone: false, history: false })
    expect(readLocation('#history', history)).toEqual({ session: 's', phone: false, history: true })
    expect(readLocation('#phone', history)).toEqual({ ...history, phone: true })
    expect(readLocation('', history)).toEqual(history)
  })

  it('is stored so that a reloaded page returns to it', () => {
    const kept: string[] = []
    Object.assign(globalThis, {
      history: { replaceState: (_state: unknown, _title: string, url: string) => kept.push(url) },
      location: { pathname: '/index.html' },
    })
    for (const place of [
      INITIAL_LOCATION,
      { session: 'a b&c', phone: true, history: false },
      { session: 'a', phone: false, history: true, recording: 'r' },
      { phone: false, history: true },
    ] satisfies WindowLocation[]) {
      storeLocation(place)
      expect(readLocation(kept.at(-1)!.replace('/index.html', ''), INITIAL_LOCATION)).toEqual(place)
    }
  })
})
