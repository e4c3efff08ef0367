// What clients learn of the trouble of a host, and what a person does about it.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { Host } from '../../../main/host/host.ts'
import type { HostClient } from '../../../protocol/client/client.ts'
import type { Trouble } from '../../../protocol/messages.ts'
import {
  approvingDesktop,
  cleanUp,
  newPhone,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'

afterEach(cleanUp)

/** What a client was told, list by list. */
function listen(client: HostClient): Trouble[][] {
  const heard: Trouble[][] = []
  client.on('troubles', troubles => heard.push(troubles))
  client.watchHealth()
  return heard
}

const kinds = (troubles: readonly Trouble[] | undefined) => troubles?.map(({ kind }) => kind)

const LOST = {
  kind: 'history_lost',
  since: 1_700_000_000_000,
  sessions: [],
  path: '/somewhere/otg.db',
  message: 'the file was replaced',
}

/** A host that an earlier one left a trouble to be read. */
function startWithLostHistory(): Promise<Host> {
  const dataDir = temporaryFolder()
  writeFileSync(join(dataDir, 'health.json'), JSON.stringify({ troubles: [LOST, { ...LOST, kind: 'disk_full' }] }))
  return startHost({ dataDir })
}

describe('a trouble that has happened already', () => {
  it('stays after a restart until a person has read of it', async () => {
    const host = await startWithLostHistory()
    const desk = await approvingDesktop(host)
    const phone = webClient(host)
    const told = [listen(desk), listen(phone)]
    await until(() => told.every(heard => heard.length > 0))
    for (const heard of told) expect(heard[0]).toMatchObject([{ ...LOST, dismissible: true }])
    await phone.dismissTrouble('history_lost')
    await until(() => told.every(heard => heard.at(-1)!.length === 0))
    const stored = JSON.parse(readFileSync(join(host.dataDir, 'health.json'), 'utf8')) as object
    expect(stored).toEqual({ troubles: [] })
  })
})

describe('case 146: a device that may only look, or is limited to sessions', () => {
  it.each([{ read_only: true }, { sessions: [] as string[] }])(
    'learns neither paths nor messages of the system, and dismisses nothing: %o',
    async change => {
      const host = await startWithLostHistory()
      const desk = await approvingDesktop(host)
      const phone = await newPhone(host)
      const [device] = (await desk.devices()).devices
      await desk.updateDevice(device!.device_id, change)
      const client = webClient(host, { phone })
      const [trouble] = await client.troubles()
      expect(trouble).toMatchObject({ kind: 'history_lost', dismissible: false })
      expect(trouble).not.toHaveProperty('path')
      expect(trouble).not.toHaveProperty('message')
      const code = 'read_only' in change ? 'device_read_only' : 'forbidden'
      await expect(client.dismissTrouble('history_lost')).rejects.toMatchObject({ code })
      expect(kinds(await desk.troubles())).toEqual(['history_lost'])
    },
  )
})
