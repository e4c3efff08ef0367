// A host that is killed while it encrypts or decrypts its history (case 137).
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { convertDatabase, isEncrypted } from '../../main/host/at-rest/convert-database.ts'
import { buildLog, cleanUpHistories, databaseFile, openHistory, Recording, readAll } from '../support/history.ts'

afterEach(cleanUpHistories)

/** What SQLite and the conversion have in the folder. */
const databasesBeside = (path: string) => readdirSync(dirname(path)).filter(name => name.startsWith('otg.db'))

const ROUNDS = Number(process.env.OTG_FAULT_ROUNDS ?? 12)

/** A conversion of this database takes about as long. */
const LONGEST_MS = 400

it('leaves one complete history at every moment that the process is killed', async () => {
  const path = databaseFile()
  const key = randomBytes(32)
  const first = await openHistory(path)
  const recording = new Recording(first)
  recording.print(buildLog(3_000_000))
  recording.seal()
  await first.close()
  let leftBehind = 0
  const states = new Set<boolean>()
  for (let round = 0; round < ROUNDS; round++) {
    const program = join(import.meta.dirname, '../support/convert-process.ts')
    const child = spawn(process.execPath, [program, path, key.toString('hex')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    await new Promise(resolve => setTimeout(resolve, (LONGEST_MS * round) / ROUNDS))
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    expect((await gone)[1]).toBe('SIGKILL')
    if (readdirSync(dirname(path)).some(name => name.includes('converting'))) leftBehind++
    states.add(isEncrypted(path))
    // As the next start: what is wanted may be either.
    const { file, error } = convertDatabase(path, key, round % 3 === 0 ? 'plain' : 'encrypted')
    expect(error).toBeUndefined()
    const history = await openHistory(file)
    expect((await readAll(history, recording.session_id)).bytes.equals(recording.bytes)).toBe(true)
    await history.close()
    expect(databasesBeside(path)).toEqual(['otg.db'])
  }
  console.log(`${ROUNDS} kills: ${leftBehind} in the middle of a copy; states seen: ${[...states].join(', ')}`)
})
