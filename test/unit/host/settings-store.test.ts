// Changes of the settings that are in progress when the host stops.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { parseSettings } from '../../../main/host/settings/settings.ts'
import { SettingsStore } from '../../../main/host/settings/settings-store.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'otg-settings-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('writes nothing after the host has stopped while a change was applied', async () => {
  const file = join(folder, 'settings.json')
  let applied = () => {}
  const applying = new Promise<void>(resolve => {
    applied = resolve
  })
  let reached = () => {}
  const begun = new Promise<void>(resolve => {
    reached = resolve
  })
  const store = new SettingsStore(parseSettings({}), {
    file,
    fixed: [],
    check: () => {},
    apply: async () => {
      reached()
      await applying
      return async () => {}
    },
    changed: () => expect.unreachable('nothing has changed'),
    log: { info: () => {}, error: () => {} },
  })
  const change = store.change({ push: false })
  const next = store.change({ push: true })
  await begun
  store.close()
  applied()
  await expect(change).rejects.toMatchObject({ code: 'host_stopping' })
  await expect(next).rejects.toMatchObject({ code: 'host_stopping' })
  expect(existsSync(file)).toBe(false)
})
