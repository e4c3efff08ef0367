// What the rules say of recorded programs at each marked moment.
import { globSync } from 'node:fs'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { scoreRecording } from '../../support/agents/score.ts'

const DATA = join(import.meta.dirname, '..', '..', 'data', 'agents')

/** Of the moments of one program. */
const RIGHT = 0.97

const files = globSync('*/*.cast', { cwd: DATA }).sort()

describe('a recorded program', () => {
  for (const program of [...new Set(files.map(file => file.split('/')[0]!))])
    it(`${program} is in the state that the rules say, and never blocked by mistake`, () => {
      const moments = files
        .filter(file => file.startsWith(`${program}/`))
        .flatMap(file =>
          scoreRecording(join(DATA, file)).map(one => ({ file: relative(DATA, join(DATA, file)), ...one })),
        )
      const wrong = moments.filter(({ isRight }) => !isRight)
      expect(wrong.filter(({ found, moment }) => found === 'blocked' && moment.state !== 'blocked')).toEqual([])
      expect(1 - wrong.length / moments.length, JSON.stringify(wrong, null, 1)).toBeGreaterThanOrEqual(RIGHT)
    })
})
