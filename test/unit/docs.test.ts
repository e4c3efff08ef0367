// The documents: generated pages are up to date, links lead somewhere, the README stays short.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { commandsPage, redactionPage, settingsPage } from '../../docs/make-reference.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter(path => existsSync(join(ROOT, path)))
const pages = files.filter(path => path.endsWith('.md'))

/** As GitHub makes the anchor of a heading. */
const anchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-')

describe('the documents', () => {
  test('docs/commands.md describes the commands as the code defines them (npm run docs)', () => {
    expect(read('docs/commands.md')).toBe(commandsPage())
  })

  test('docs/redaction.md lists the secrets that the code recognizes (npm run docs)', () => {
    expect(read('docs/redaction.md')).toBe(redactionPage())
  })

  test('docs/settings.md describes the settings as the code defines them (npm run docs)', () => {
    expect(read('docs/settings.md')).toBe(settingsPage())
  })

  test('the README has at most 900 words', () => {
    expect(read('README.md').split(/\s+/).length).toBeLessThanOrEqual(900)
  })

  test.each(pages)('every link in %s leads to a file and a heading that exist', page => {
    const broken = [...read(page).matchAll(/\]\((?!https?:|mailto:)([^)\s]*)\)/g)]
      .map(([, target]) => target!)
      .filter(target => {
        const [path, fragment] = target.split('#') as [string, string?]
        const file = path === '' ? page : join(dirname(page), path)
        if (!existsSync(join(ROOT, file))) return true
        if (fragment === undefined) return false
        return ![...read(file).matchAll(/^#+ (.*)$/gm)].some(([, heading]) => anchor(heading!) === fragment)
      })
    expect(broken).toEqual([])
  })
  test.each(['ARCHITECTURE.md', 'docs/reliability.md', 'docs/field-reports.md'])(
    'every test that %s names exists',
    page => {
      const named = /`(?:test\/)?((?:unit|integration|faults|slow|browser|desktop)\/[\w./-]+)`/g
      const tests = [...read(page).matchAll(named)].map(([, path]) => path!)
      expect(tests.filter(path => !files.some(file => file.startsWith(`test/${path}`)))).toEqual([])
    },
  )

  test.each(['ARCHITECTURE.md', 'docs/reliability.md'])('every bound that %s names is a constant of the code', page => {
    const sources = files.filter(path => /^(main|protocol|web-client|ui)\/.*\.tsx?$/.test(path)).map(read)
    const bounds = [...read(page).matchAll(/`([A-Z]+(?:_[A-Z]+)*_(?:MS|BYTES|STREAMS|CODES))`/g)].map(
      ([, name]) => name!,
    )
    expect(bounds.length).toBeGreaterThan(3)
    expect(bounds.filter(name => !sources.some(source => source.includes(`const ${name} = `)))).toEqual([])
  })

  test.each(pages)('every source file that %s names exists', page => {
    const named = [...read(page).matchAll(/`([\w./-]+\.(?:tsx?|cts|css|mjs))`/g)]
      .map(([, path]) => path!)
      // NAME, FOLDER and the like are for the reader to fill in.
      .filter(path => !/[A-Z]{4}/.test(path))
    expect(named.filter(path => !files.some(file => file === path || file.endsWith(`/${path}`)))).toEqual([])
  })
})
