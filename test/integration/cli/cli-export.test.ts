// otg export, ended by a signal while it writes its file.
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Context } from '../../../main/cli/command/command.ts'
import { exportSession } from '../../../main/cli/commands/export.ts'
import { CodedError } from '../../../protocol/errors.ts'

const exporting = vi.hoisted(() => ({ begun: () => {} }))

// A host that sends one part and then nothing, until the export is canceled.
vi.mock('../../../main/cli/command/connect.ts', () => ({
  withHost: (_context: unknown, work: (client: object) => Promise<unknown>) =>
    work({
      history: {
        export: async (_id: string, { signal }: { signal: AbortSignal }, take: (bytes: Uint8Array) => unknown) => {
          await take(new Uint8Array(3))
          exporting.begun()
          await new Promise(resolve => signal.addEventListener('abort', resolve))
          throw new CodedError('cancelled', 'the export was cancelled')
        },
      },
    }),
}))

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otg-export-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGQUIT', 131],
] as const)('leaves no unfinished file when %s ends it', async (signal, code) => {
  const begun = new Promise<void>(resolve => {
    exporting.begun = resolve
  })
  const file = join(folder, 'session.txt')
  const context = { json: false, output: { isTerminal: false } } as unknown as Context
  const given = { operands: ['id'], values: { output: file }, flags: {}, lists: {} }
  const done = exportSession(context, given as unknown as Parameters<typeof exportSession>[1])
  await begun
  expect(existsSync(`${file}.part`)).toBe(true)
  const listeners = process.listenerCount(signal)
  expect(listeners).toBeGreaterThan(0)
  process.emit(signal, signal)
  expect(await done).toBe(code)
  expect(readdirSync(folder)).toEqual([])
})
