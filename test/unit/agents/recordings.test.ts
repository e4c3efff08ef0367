// What the rules say of recorded programs at each marked moment, and that they see no question anywhere else.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { agentsPage } from '../../../docs/make-agents.ts'
import { DATA, questionsIn, scoreRecordings } from '../../support/agents/score.ts'

/** Of the moments of one program. */
const RIGHT = 0.97

const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'agents.md')

const all = scoreRecordings()

describe('a recorded program', () => {
  it.each([...new Set(all.map(({ file }) => file.split('/')[0]!))])(
    '%s is in the state that the rules say, and never blocked by mistake',
    program => {
      const recordings = all.filter(({ file }) => file.startsWith(`${program}/`))
      const moments = recordings.flatMap(({ file, recording }) => recording.scores.map(one => ({ file, ...one })))
      const wrong = moments.filter(({ isRight }) => !isRight)
      expect(wrong.filter(({ found, moment }) => found === 'blocked' && moment.state !== 'blocked')).toEqual([])
      const alarms = recordings.flatMap(({ file, recording }) => recording.falseAlarms.map(one => ({ file, ...one })))
      expect(alarms).toEqual([])
      expect(1 - wrong.length / moments.length, JSON.stringify(wrong, null, 1)).toBeGreaterThanOrEqual(RIGHT)
    },
  )

  it.each(all.map(({ file }) => file).filter(file => file.startsWith('programs/work-')))(
    'of ordinary work asks nothing at any time: %s',
    file => {
      expect(questionsIn(join(DATA, file))).toEqual([])
    },
  )

  it('is in docs/agents.md with these figures (npm run docs)', () => {
    expect(readFileSync(PAGE, 'utf8')).toBe(agentsPage(all.map(({ recording }) => recording)))
  })
})
