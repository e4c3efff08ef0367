// What the rules say of recorded programs at each marked moment, and that they see no question anywhere else.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { questionsIn, scoreRecording } from '../../support/agents/score.ts'

const DATA = join(import.meta.dirname, '..', '..', 'data', 'agents')

/** Of the moments of one program. */
const RIGHT = 0.97

const files = globSync('*/*.cast', { cwd: DATA }).sort()

describe('a recorded program', () => {
  for (const program of [...new Set(files.map(file => file.split('/')[0]!))])
    it(`${program} is in the state that the rules say, and never blocked by mistake`, () => {
      const recordings = files
        .filter(file => file.startsWith(`${program}/`))
        .map(file => ({ file, ...scoreRecording(join(DATA, file)) }))
      const moments = recordings.flatMap(({ file, scores }) => scores.map(one => ({ file, ...one })))
      const wrong = moments.filter(({ isRight }) => !isRight)
      expect(wrong.filter(({ found, moment }) => found === 'blocked' && moment.state !== 'blocked')).toEqual([])
      const alarms = recordings.flatMap(({ file, falseAlarms }) => falseAlarms.map(one => ({ file, ...one })))
      expect(alarms).toEqual([])
      expect(1 - wrong.length / moments.length, JSON.stringify(wrong, null, 1)).toBeGreaterThanOrEqual(RIGHT)
    })

  it.each(globSync('programs/work-*.cast', { cwd: DATA }))('of ordinary work asks nothing at any time: %s', file => {
    expect(questionsIn(join(DATA, file))).toEqual([])
  })
})
