// otg export -o: how it creates its file, and what a signal or an error leaves behind.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Context } from '../../../main/cli/command/command.ts'
import { exportSession } from '../../../main/cli/commands/export.ts'
import { CodedError } from '../../../protocol/errors.ts'

/** `isShort`: the host sends everything. */
const exporting = vi.hoisted(() => ({ begun: () => {}, isShort: false }))

// A host that sends one part and, if it is not short, then nothing until the export is canceled.
vi.mock('../../../main/cli/command/connect.ts', () => ({
  withHost: (_context: unknown, work: (client: object) => Promise<unknown>) =>
    work({
      history: {
        export: async (_id: string, { signal }: { signal: AbortSignal }, take: (bytes: Uint8Array) => unknown) => {
          await take(new Uint8Array(3))
          exporting.begun()
          if (exporting.isShort) return { bytes: 3, redacted: 0 }
          await new Promise(resolve => signal.addEventListener('abort', resolve))
          throw new CodedError('cancelled', 'the export was cancelled')
        },
      },
    }),
}))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otg-export-'))
  exporting.begun = () => {}
  exporting.isShort = false
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function exportTo(file: string) {
  const context = { json: false, output: { isTerminal: false } } as unknown as Context
  const given = { operands: ['id'], values: { output: file }, flags: {}, lists: {} }
  return exportSession(context, given as unknown as Parameters<typeof exportSession>[1])
}

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const)('leaves no unfinished file when %s ends it', async (signal, code) => {
  const begun = new Promise<void>(resolve => {
    exporting.begun = resolve
  })
  const done = exportTo(join(folder, 'session.txt'))
  await begun
  const [unfinished, ...others] = readdirSync(folder)
  expect(others).toEqual([])
  expect(unfinished).toMatch(/^\.session\.txt\.[0-9a-f]{16}\.part$/)
  expect(statSync(join(folder, unfinished!)).mode & 0o777).toBe(0o600)
  const listeners = process.listenerCount(signal)
  expect(listeners).toBeGreaterThan(0)
  process.emit(signal, signal)
  expect(await done).toBe(code)
  expect(readdirSync(folder)).toEqual([])
  expect(process.listenerCount(signal)).toBe(listeners - 1)
})

describe('case 107: a file that is exported', () => {
  beforeEach(() => {
    exporting.isShort = true
  })

  it("is written neither to another user's file nor through a link of the unfinished file's former name", async () => {
    const [file, victim] = [join(folder, 'session.txt'), join(folder, 'victim')]
    writeFileSync(victim, 'untouched')
    symlinkSync(victim, `${file}.part`)
    expect(await exportTo(file)).toBe(0)
    expect(readFileSync(victim, 'utf8')).toBe('untouched')
    rmSync(`${file}.part`)
    writeFileSync(`${file}.part`, 'foreign')
    chmodSync(`${file}.part`, 0o666)
    expect(await exportTo(file)).toBe(0)
    expect(readFileSync(`${file}.part`, 'utf8')).toBe('foreign')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder).sort()).toEqual(['session.txt', 'session.txt.part', 'victim'])
  })

  it('replaces a link and a readable file of its name', async () => {
    const [file, victim] = [join(folder, 'session.txt'), join(folder, 'victim')]
    writeFileSync(victim, 'untouched')
    for (const target of [victim, join(folder, 'missing')]) {
      symlinkSync(target, file)
      expect(await exportTo(file)).toBe(0)
      expect(readFileSync(victim, 'utf8')).toBe('untouched')
      expect(existsSync(join(folder, 'missing'))).toBe(false)
      expect(statSync(file)).toMatchObject({ size: 3 })
      rmSync(file)
    }
    writeFileSync(file, 'older')
    chmodSync(file, 0o644)
    expect(await exportTo(file)).toBe(0)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('has a temporary name that the file system accepts, however long its own is', async () => {
    const name = `${'n'.repeat(251)}.txt`
    expect(await exportTo(join(folder, name))).toBe(0)
    expect(readdirSync(folder)).toEqual([name])
  })

  it('is refused where a folder, a device or a pipe is, and leaves nothing', async () => {
    mkdirSync(join(folder, 'a'))
    execFileSync('mkfifo', [join(folder, 'b')])
    symlinkSync('/dev/null', join(folder, 'c'))
    for (const name of ['a', 'b', 'c', '/dev/null', 'missing/d'])
      await expect(exportTo(name.startsWith('/') ? name : join(folder, name))).rejects.toMatchObject({
        code: 'export_failed',
        message: expect.stringMatching(/^cannot write /),
      })
    expect(readdirSync(folder)).toEqual(['a', 'b', 'c'])
  })
})
