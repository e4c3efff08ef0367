// What somebody sees whose connection was cut while the shell went on printing, when the page is opened again. The right
// screen is what a terminal shows that was there all the time. Knows no tool.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Screen } from '../../../main/host/screen/screen.ts'
import { folder } from '../support/files.ts'
import { wait } from '../support/host.ts'
import { OutputListener, waitForPrompt } from './output-listener.ts'
import { COLS, type OnOutput, ROWS, type Server, type Terminal } from './peer.ts'

export interface ReconnectResult {
  description: string
  /** It shows at least what was printed last. */
  showsLastOutput: boolean
}

const DONE_FILE = join(folder, 'away')
const SCRIPT = `marker=4711; for i in $(seq 30); do printf '\\033[3%dm%s\\033[m %d\\n' $((i % 8)) line $i; done; printf 'cut-%d\\n' $((6*7)); sleep 1; echo printed while nobody looked; touch ${DONE_FILE}\r`

/** Long enough for the script's second; a shell that ended with its page never gets there. */
const TIMEOUT_MS = 3000

/** What a terminal shows that stays. */
export async function expectedScreen(server: Server): Promise<string[]> {
  const { screen, heard, ears } = watch()
  const terminal = await server.attach(heard)
  await startScript(terminal, ears)
  await waitWhileDisconnected()
  await ears.quiet()
  terminal.drop()
  return rows(screen)
}

export async function testReconnect(server: Server, right: string[]): Promise<ReconnectResult> {
  const before = new OutputListener()
  const terminal = await server.attach(before.onOutput)
  await startScript(terminal, before)
  terminal.drop()
  await waitWhileDisconnected()
  await wait(200) // for what is written down late
  const { screen, heard, ears } = watch()
  const again = await server.attach(heard)
  await ears.quiet()
  const seen = rows(screen)
  again.type('echo "shell-$marker-"\r')
  const same = await ears.until('shell-4711-', 2000).then(
    () => true,
    () => false,
  )
  again.drop()
  await wait(200)
  const agree = right.filter((row, y) => row === seen[y]).length
  const shows = same && seen.some(row => row.includes('while nobody looked'))
  if (!same) return { description: 'new shell', showsLastOutput: shows }
  if (agree === right.length) return { description: 'exact screen', showsLastOutput: shows }
  return {
    description: `same shell, ${shows ? `${agree} of ${right.length} rows right` : 'nothing on its screen'}`,
    showsLastOutput: shows,
  }
}

async function startScript(terminal: Terminal, ears: OutputListener): Promise<void> {
  await waitForPrompt(terminal, ears)
  rmSync(DONE_FILE, { force: true })
  const cut = ears.until('cut-42')
  terminal.type(SCRIPT)
  await cut
}

async function waitWhileDisconnected(): Promise<void> {
  const start = performance.now()
  while (!existsSync(DONE_FILE) && performance.now() - start < TIMEOUT_MS) await wait(20)
}

function watch(): { screen: Screen; heard: OnOutput; ears: OutputListener } {
  const [screen, ears] = [new Screen({ cols: COLS, rows: ROWS }), new OutputListener()]
  const heard: OnOutput = data => {
    screen.write(typeof data === 'string' ? Buffer.from(data) : data)
    ears.onOutput(data)
  }
  return { screen, heard, ears }
}

/** Text and colour of each row, and where the cursor is. */
function rows(screen: Screen): string[] {
  const { active } = screen.terminal.buffer
  const lines = screen.lines().map((text, y) => {
    const line = active.getLine(active.baseY + y)
    return `${text.trimEnd()} ${[...text.trimEnd()].map((_, x) => line?.getCell(x)?.getFgColor()).join()}`
  })
  return [...lines, `${active.cursorX} ${active.cursorY}`]
}
