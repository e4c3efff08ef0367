// Ids of sessions come from the database, which may be a backup that somebody else has made: case 153.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { Uploads } from '../../../main/host/uploads/uploads.ts'
import { cleanUp, onCleanUp, temporaryFolder } from '../../support/host.ts'

afterEach(cleanUp)

it.each(['../../precious', '..', '.', '', '/etc', 'a/../../..', 'a\\..\\..', '..%2f..', 'x\0y'])(
  'an id like %j leads nowhere',
  async session_id => {
    const top = temporaryFolder()
    const folder = join(top, 'data', 'uploads')
    const precious = join(top, 'precious')
    for (const one of [folder, precious]) mkdirSync(one, { recursive: true })
    writeFileSync(join(precious, 'file'), 'kept')
    writeFileSync(join(folder, 'file'), 'kept')
    const failures: string[] = []
    const limits = () => ({ file_bytes: 1_000, total_bytes: 1_000 })
    const uploads = new Uploads({ folder, limits, log: { error: (_, what) => void failures.push(what) } })
    onCleanUp(() => uploads.close())
    await uploads.removeSession(session_id)
    await expect(uploads.begin(session_id, 'file', 1)).rejects.toMatchObject({ code: 'session_unknown' })
    expect(existsSync(join(precious, 'file'))).toBe(true)
    expect(existsSync(join(folder, 'file'))).toBe(true)
    expect(failures).toEqual([])
  },
)
