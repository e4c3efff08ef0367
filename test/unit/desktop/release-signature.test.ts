// Signatures of the update feed: minisign's own, ours, and what is refused.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { newKey, readKey, signContent, signFolder, VALID_DAYS } from '../../../assets/sign-release.ts'
import { parseReleaseKey, verifiedComment, verifyFeed } from '../../../main/desktop/updates/signature.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const DAY_MS = 24 * 3600_000

/** Of the tests of https://github.com/jedisct1/rust-minisign-verify: signatures of "test". */
const MINISIGN = {
  key: 'RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3',
  prehashed: `untrusted comment: signature from minisign secret key
RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=
trusted comment: timestamp:1556193335\tfile:test
y/rUw2y8/hOUYjZU71eHp/Wo1KZ40fGy2VJEDl34XMJM+TX48Ss/17u3IvIfbVR1FkZZSNCisQbuQY+bHwhEBg==
`,
  legacy: `untrusted comment: signature from minisign secret key
RWQf6LRCGA9i59SLOFxz6NxvASXDJeRtuZykwQepbDEGt87ig1BNpWaVWuNrm73YiIiJbq71Wi+dP9eKL8OC351vwIasSSbXxwA=
trusted comment: timestamp:1555779966\tfile:test
QtKMXWyYcwdpZAlPF7tE2ENJkRd1ujvKjlj1m9RtHTBnZPa5WKU5uWRs5GoP5M/VqE81QFuMKI5k/SfNQUaOAA==
`,
}

const [one, two, foreign] = [newKey(), newKey(), newKey()]
const keys = [one, two].map(({ publicKey }) => parseReleaseKey(publicKey))
const now = Date.parse('2026-12-01T00:00:00Z')
const statement = { file: 'latest.yml', version: '1.2.3', signed: new Date(now), expires: new Date(now + DAY_MS) }
const content = Buffer.from('version: 1.2.3\n')
const signed = signContent(content, readKey(one.secret), statement)
const verifies = (signature: string, changes: Partial<Parameters<typeof verifyFeed>[2]> = {}, text = content) =>
  verifyFeed(text, signature, { file: 'latest.yml', keys, now, ...changes })

describe('case 108: a signature', () => {
  it.each(['prehashed', 'legacy'] as const)('of minisign is verified: %s', kind => {
    const key = parseReleaseKey(MINISIGN.key)
    expect(verifiedComment(Buffer.from('test'), MINISIGN[kind], [key])).toMatch(/^timestamp:\d+\tfile:test$/)
    expect(verifiedComment(Buffer.from('Test'), MINISIGN[kind], [key])).toBeUndefined()
    expect(
      verifiedComment(Buffer.from('test'), MINISIGN[kind].replace('file:test', 'file:best'), [key]),
    ).toBeUndefined()
  })

  it('of either built-in key is accepted, and of no other', () => {
    expect(verifies(signed)).toEqual({ version: '1.2.3' })
    expect(verifies(signContent(content, readKey(two.secret), statement))).toEqual({ version: '1.2.3' })
    expect(() => verifies(signContent(content, readKey(foreign.secret), statement))).toThrow(/not signed with a key/)
    expect(() => verifies(signed, { keys: [] })).toThrow(/not signed with a key/)
  })

  it('is refused if any character of it or of the content is changed', () => {
    const lines = signed.split('\n')
    // The first line says nothing that is used.
    const [begin, end] = [lines[0]!.length + 1, signed.trimEnd().length]
    fc.assert(
      fc.property(fc.integer({ min: begin, max: end - 1 }), fc.constantFrom('A', 'b', '/', ' ', '\n', ''), (at, to) => {
        const changed = signed.slice(0, at) + to + signed.slice(at + 1)
        if (changed !== signed)
          expect(() => verifies(changed)).toThrow(expect.objectContaining({ code: 'update_unavailable' }))
      }),
      { numRuns: 500 },
    )
    for (const [text, changed] of [
      [content.subarray(1), signed],
      [Buffer.concat([content, content]), signed],
      [content, `${signed}${signed}`],
      [content, ''],
    ] as const)
      expect(() => verifies(changed, {}, Buffer.from(text))).toThrow(/not signed with a key/)
  })

  it('does not vouch for another file, another program, or a time after it expired', () => {
    expect(() => verifies(signed, { file: 'latest-linux.yml' })).toThrow(/for another file/)
    expect(() => verifies(signed, { now: now + DAY_MS })).toThrow(/has expired/)
    expect(() => verifies(signed, { now: Number.NaN })).toThrow(/has expired/)
  })

  it('is of a key that is in package.json twice, for now and for later', () => {
    const { releaseKeys } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { releaseKeys: string[] }
    expect(releaseKeys).toHaveLength(2)
    const ids = releaseKeys.map(text => parseReleaseKey(text).id.toString('hex'))
    expect(new Set(ids).size).toBe(2)
  })
})

describe('signing a release', () => {
  function release(version: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'otg-release-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    writeFileSync(join(folder, 'on-the-go.deb'), 'a package')
    const sha512 = createHash('sha512').update('a package').digest('base64')
    const feed = `version: ${version}\nfiles:\n  - url: on-the-go.deb\n    sha512: ${sha512}\n    size: 9\npath: on-the-go.deb\nsha512: ${sha512}\n`
    for (const name of ['latest.yml', 'latest-linux.yml', 'latest-mac.yml']) writeFileSync(join(folder, name), feed)
    return folder
  }
  const key = readKey(one.secret)
  const expected = { version: '1.2.3', releaseKeys: [two.publicKey, one.publicKey] }

  it('signs the feed of every system, for its name and version', () => {
    const folder = release('1.2.3')
    const feeds = signFolder(folder, key, expected, new Date(now))
    expect(feeds.sort()).toEqual(['latest-linux.yml', 'latest-mac.yml', 'latest.yml'])
    for (const file of feeds) {
      const signature = readFileSync(join(folder, `${file}.minisig`), 'utf8')
      const text = readFileSync(join(folder, file))
      expect(verifies(signature, { file }, text)).toEqual({ version: '1.2.3' })
      expect(() => verifies(signature, { file, now: now + VALID_DAYS * DAY_MS }, text)).toThrow(/has expired/)
    }
  })

  it('refuses a key that is not built in, another version, and packages that are not what the feed says', () => {
    expect(() => signFolder(release('1.2.3'), readKey(foreign.secret), expected)).toThrow(/not in package.json/)
    expect(() => signFolder(release('1.2.4'), key, expected)).toThrow(/not of version 1.2.3/)
    const folder = release('1.2.3')
    writeFileSync(join(folder, 'on-the-go.deb'), 'b package')
    expect(() => signFolder(folder, key, expected)).toThrow(/is not the file that/)
    rmSync(join(folder, 'on-the-go.deb'))
    expect(() => signFolder(folder, key, expected)).toThrow(/ENOENT/)
    expect(readdirSync(folder).filter(name => name.endsWith('.minisig'))).toEqual([])
    expect(() => readKey('nonsense')).toThrow(/not a secret key/)
  })

  it('makes a key in a file that only its owner reads, and replaces no other', () => {
    const folder = mkdtempSync(join(tmpdir(), 'otg-release-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'secret.key')
    const make = () =>
      execFileSync(process.execPath, [join(root, 'assets', 'sign-release.ts'), 'new-key', file], { stdio: 'pipe' })
    const publicKey = make().toString().trim()
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readKey(readFileSync(file, 'utf8')).publicKey).toBe(publicKey)
    expect(make).toThrow(/EEXIST/)
  })
})
