// What it costs to know what 20 working agents do, beyond what their screens cost.
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { builtInRules } from '../../main/host/agents/rule-files.ts'
import { ScreenRules } from '../../main/host/agents/screen-rules.ts'
import { Screen } from '../../main/host/screen/screen.ts'
import { Foreground } from '../../main/host/session/activity/foreground.ts'
import { readRecording } from '../support/agents/recording.ts'
import { printTable } from './support/table.ts'

const AGENTS = 20

/** LOOK_MS in screen-worker.ts and FOREGROUND_MS in session-activity.ts, as times a second. */
const LOOKS = 4
const FOREGROUND_READS = 2

const ROUNDS = 2_000

const DATA = join(import.meta.dirname, '..', 'data', 'agents')

export async function activity(): Promise<void> {
  const rules = new ScreenRules(builtInRules())
  const rows = []
  for (const program of ['claude', 'codex', 'gemini', 'opencode']) {
    const screens = globSync(`${program}/*.cast`, { cwd: DATA }).map(file => screenOf(join(DATA, file)))
    if (screens.length === 0) continue
    const look = await costOf(at => rules.match(screens[at % screens.length]!.view(), program))
    rows.push([`a look at ${program}`, us(look), '', `${share(look, LOOKS)} of a core for ${AGENTS} agents`])
  }
  const foreground = new Foreground(process.pid, () => '')
  const read = await costOf(() => foreground.refresh())
  rows.push([
    'the process in the foreground',
    us(read),
    '',
    `${share(read, FOREGROUND_READS)} of a core for ${AGENTS} agents`,
  ])
  printTable(`what ${AGENTS} working agents do: CPU time`, rows as never)
}

/** The screen in the middle of a recording. */
function screenOf(file: string): Screen {
  const { cols, rows, steps } = readRecording(file)
  const screen = new Screen({ cols, rows })
  for (const step of steps.slice(0, steps.length / 2)) if ('output' in step) screen.write(Buffer.from(step.output))
  return screen
}

/** CPU microseconds of one call, threads of this process included. */
async function costOf(call: (at: number) => unknown): Promise<number> {
  for (let at = 0; at < ROUNDS / 4; at++) await call(at)
  const before = process.cpuUsage()
  for (let at = 0; at < ROUNDS; at++) await call(at)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / ROUNDS
}

const us = (microseconds: number) => `${microseconds.toFixed(0)} µs`
const share = (microseconds: number, perSecond: number) =>
  `${((microseconds * perSecond * AGENTS) / 10_000).toFixed(2)} %`
