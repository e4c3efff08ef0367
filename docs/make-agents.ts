// Writes docs/agents.md from the recordings of programs: `npm run docs`. A test fails when it is out of date.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RecordingScore, scoreRecordings } from '../test/support/agents/score.ts'

const row = (...cells: (string | number)[]) => `| ${cells.join(' | ')} |`

function duration(seconds: number): string {
  const whole = Math.round(seconds)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

function figures(recordings: RecordingScore[]): (string | number)[] {
  const scores = recordings.flatMap(one => one.scores)
  const right = scores.filter(({ isRight }) => isRight).length
  const mistaken = scores.filter(({ found, moment }) => found === 'blocked' && moment.state !== 'blocked').length
  return [
    recordings.length,
    scores.length,
    `${right} (${((100 * right) / scores.length).toFixed(1)} %)`,
    mistaken + recordings.reduce((sum, { falseAlarms }) => sum + falseAlarms.length, 0),
    duration(recordings.reduce((sum, { seconds }) => sum + seconds, 0)),
  ]
}

/** The text of docs/agents.md. */
export function agentsPage(recordings: RecordingScore[]): string {
  const programs = [...new Set(recordings.map(({ title }) => title))].sort((a, b) => a.localeCompare(b, 'en'))
  const of = (title: string) => recordings.filter(one => one.title === title)
  const sizes = (title: string) => [...new Set(of(title).map(({ size }) => size))].sort().join(', ')
  return [
    '# What is recognized',
    '',
    '<!-- Written by `npm run docs`. Edit docs/make-agents.ts, the rules or the recordings instead. -->',
    '',
    'On the Go knows what the program in a session is doing: it works, it asks something, or its turn is over. Programs can report',
    'this themselves ([hooks](hooks.md)). Without hooks it is recognized by the screen and the title, with rules in',
    '`main/host/agents/rules`. The rules are tested against recordings of the real programs in `test/data/agents`. In each recording,',
    'moments are marked with the state that is right there, and with the question and its options if there is one.',
    '',
    row('program', 'columns × rows', 'recordings', 'moments', 'right', 'false alarms', 'minutes recorded'),
    row('---', '---', '--:', '--:', '--:', '--:', '--:'),
    ...programs.map(title => row(title, sizes(title), ...figures(of(title)))),
    row('all', '', ...figures(recordings)),
    '',
    '- **Right**: the state is the one that was marked, the question contains the marked words, and its options are the marked ones.',
    '- **False alarms**: questions that were seen where there is none, at a marked moment, or in a recording of an agent after any',
    '  single output between two moments without a question. Among those moments are answers of an agent that quote its own dialogs.',
    '',
    'The rules were written with these recordings at hand, so the table shows that they are kept, not how they do with versions,',
    'dialogs and sizes that were not recorded. A screen that no rule recognizes is never a question. The rules for aider were',
    'written from its source; no recording proves them yet.',
    '',
    '## Record anew',
    '',
    '```sh',
    'node test/agents/record.ts claude      # or codex, gemini, opencode, copilot; names of films after it record only those',
    'npm run docs',
    '```',
    '',
    'With `OTG_VERSION=1` the recordings of earlier versions are kept. The script installs the version in `test/agents/install.ts` into a',
    'cache folder (`OTG_AGENTS_CACHE`), runs it with a stand-in for its model on loopback, and needs no account and no internet besides npm. `npm run test:agents` tries the same programs in sessions of a real host.',
    '',
  ].join('\n')
}

if (process.argv[1] === import.meta.filename) {
  const recordings = scoreRecordings().map(({ recording }) => recording)
  writeFileSync(join(import.meta.dirname, 'agents.md'), agentsPage(recordings))
}
