import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { soak } from '../soak/soak.ts'
import { cleanUp, onCleanUp, temporaryFolder } from '../support/host.ts'

afterEach(cleanUp)

it.skipIf(process.platform !== 'linux')(
  'a minute of sessions and phones with faults loses, doubles and changes nothing',
  async () => {
    const folder = join(temporaryFolder(), 'soak')
    mkdirSync(folder)
    const seed = Number(process.env.OTG_SEED ?? Math.floor(Math.random() * 2 ** 31))
    const lines: string[] = []
    // Says which seed failed.
    onCleanUp(() => console.log(lines.join('\n')))
    const result = await soak({ minutes: 1, sessions: 20, phones: 6, seed, folder, log: line => void lines.push(line) })
    const { typed, screens, lost, doubled, wrong_screens, wrong_recordings, problems } = result
    expect(problems).toEqual([])
    expect({ lost, doubled, wrong_screens, wrong_recordings }).toEqual({
      ...{ lost: 0, doubled: 0, wrong_screens: 0, wrong_recordings: [] },
    })
    expect(typed).toBeGreaterThan(0)
    expect(screens).toBeGreaterThan(0)
  },
)
