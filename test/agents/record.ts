// Records real agents in every state, as test data: `node test/agents/record.ts claude [FILM…]`. OTG_SIZES=phone records one size,
// OTG_VERSION=1 keeps earlier versions' recordings: the new ones have the version in their names.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ProgramRecorder } from '../support/agents/recording.ts'
import { makeAgentHome } from './agent-home.ts'
import { claudeFilms } from './films/claude.ts'
import { codexFilms } from './films/codex.ts'
import { copilotFilms } from './films/copilot.ts'
import { Director, type Film } from './films/film.ts'
import { geminiFilms } from './films/gemini.ts'
import { opencodeFilms } from './films/opencode.ts'
import { AGENTS, type AgentName } from './install.ts'
import { startModel } from './stub-model.ts'

const DATA = join(import.meta.dirname, '..', 'data', 'agents')

/** Recordings hold these paths, so they are the same on every machine. */
const ROOT = '/tmp/agents'

/** `keyboard`: a phone whose on-screen keyboard is open. */
const SIZES = { phone: [45, 40], keyboard: [45, 18], terminal: [80, 24], desktop: [120, 36] } as const

const FILMS: Record<AgentName, { title: string; films: Film[] }> = {
  claude: { title: 'Claude Code', films: claudeFilms },
  codex: { title: 'Codex', films: codexFilms },
  gemini: { title: 'Gemini CLI', films: geminiFilms },
  opencode: { title: 'opencode', films: opencodeFilms },
  copilot: { title: 'GitHub Copilot CLI', films: copilotFilms },
}

/** Codex would leave a background server behind. */
const ARGUMENTS: Record<AgentName, string[]> = {
  claude: [],
  codex: ['--no-daemon'],
  gemini: [],
  opencode: [],
  copilot: [],
}

const [agent, ...names] = process.argv.slice(2)
if (!agent || !Object.hasOwn(FILMS, agent)) throw new Error(`choose one of ${Object.keys(FILMS).join(', ')}`)
const name = agent as AgentName
const { title, films } = FILMS[name]
const sizes = Object.entries(SIZES).filter(([size]) => !process.env.OTG_SIZES || process.env.OTG_SIZES === size)

const part = process.env.OTG_VERSION ? `${AGENTS[name].version}-` : ''

for (const film of films) {
  if (names.length > 0 && !names.includes(film.name)) continue
  for (const [size, [cols, rows]] of sizes) {
    const file = join(DATA, name, `${film.name}-${part}${size}.cast`)
    console.log(`${film.name} ${cols}x${rows}`)
    await record(film, join(ROOT, name, size), file, cols, rows)
  }
}
process.exit()

async function record(film: Film, root: string, file: string, cols: number, rows: number): Promise<void> {
  mkdirSync(root, { recursive: true })
  const model = await startModel()
  const { env, cwd } = makeAgentHome(name, root, model.port, film.fresh)
  process.env.STUB_FOLDER = cwd
  const recorder = new ProgramRecorder({
    file,
    title: `${title} ${AGENTS[name].version}`,
    command: [name, ...ARGUMENTS[name], ...(film.args ?? [])],
    name,
    cols,
    rows,
    cwd,
    env: { ...env, ...film.env },
  })
  try {
    await film.run(new Director(recorder))
  } catch (error) {
    console.error(`${film.name} ${cols}x${rows}: ${(error as Error).message}`)
    process.exitCode = 1
  }
  await recorder.save()
  model.close()
  // Nothing that names the machine: its user is in listings of files.
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('root', 'user'))
}
