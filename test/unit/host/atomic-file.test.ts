// Small files that are replaced atomically, and their temporary file.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { writeAtomically } from '../../../main/host/files/atomic-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otg-whole-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('replaces the file and leaves no temporary file', () => {
  const file = join(folder, 'a.json')
  writeFileSync(file, 'old')
  writeFileSync(`${file}.new`, 'left by a crash')
  writeAtomically(file, 'new')
  expect(readFileSync(file, 'utf8')).toBe('new')
  expect(readdirSync(folder)).toEqual(['a.json'])
})

it('leaves no temporary file if it cannot replace the file', () => {
  const file = join(folder, 'a.json')
  // A folder cannot be replaced by a file.
  mkdirSync(file)
  expect(() => writeAtomically(file, 'new')).toThrow(expect.objectContaining({ code: 'data_dir_unusable' }))
  expect(readdirSync(folder)).toEqual(['a.json'])
})
