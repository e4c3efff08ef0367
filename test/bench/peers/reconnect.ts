// What a user sees who reopens the page after the connection was cut while the shell kept printing. The expected screen is
// that of a terminal that stayed connected.
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Screen } from '../../../main/host/screen/screen.ts'
import { folder } from '../support/files.ts'
import { wait } from '../support/host.ts'
import { OutputListener, waitForPrompt } from './output-listener.ts'
import { COLS, type OnOutput, ROWS, type Server, type Terminal } from './peer.ts'

export interface ReconnectResult {
  /** A short text for the table. */
  description: string
  /** It shows at least the last output. */
  showsLastOutput: boolean
}

const DONE_FILE = join(folder, 'away')
const SCRIPT = `marker=4711; for i in $(seq 30); do printf '\\033[3%dm%s\\033[m %d\\n' $((i % 8)) line $i; done; printf 'cut-%d\\n' $((6*7)); sleep 1; echo printed while disconnected; touch ${DONE_FILE}\r`

/** Enough for the one-second sleep of the script; a shell that ended with its page never creates the file. */
const TIMEOUT_MS = 3000

/** The screen of a terminal that stays connected. */
export async function expectedScreen(server: Server): Promise<string[]> {
  const { screen, onOutput, output } = newScreen()
  const terminal = await server.attach(onOutput)
  await startScript(terminal, output)
  await waitWhileDisconnected()
  await output.quiet()
  terminal.drop()
  return rows(screen)
}

export async function testReconnect(server: Server, expected: string[]): Promise<ReconnectResult> {
  const before = new OutputListener()
  const terminal = await server.attach(before.onOutput)
  await startScript(terminal, before)
  terminal.drop()
  await waitWhileDisconnected()
  await wait(200) // for tools that save output with a delay
  const { screen, onOutput, output } = newScreen()
  const again = await server.attach(onOutput)
  await output.quiet()
  const seen = rows(screen)
  again.type('echo "shell-$marker-"\r')
  const same = await output.until('shell-4711-', 2000).then(
    () => true,
    () => false,
  )
  again.drop()
  await wait(200)
  const matching = expected.filter((row, y) => row === seen[y]).length
  const shows = same && seen.some(row => row.includes('while disconnected'))
  if (!same) return { description: 'new shell', showsLastOutput: shows }
  if (matching === expected.length) return { description: 'exact screen', showsLastOutput: shows }
  return {
    description: `same shell, ${shows ? `${matching} of ${expected.length} rows right` : 'output missing'}`,
    showsLastOutput: shows,
  }
}

async function startScript(terminal: Terminal, output: OutputListener): Promise<void> {
  await waitForPrompt(terminal, output)
  rmSync(DONE_FILE, { force: true })
  const cut = output.until('cut-42')
  terminal.type(SCRIPT)
  await cut
}

async function waitWhileDisconnected(): Promise<void> {
  const start = performance.now()
  while (!existsSync(DONE_FILE) && performance.now() - start < TIMEOUT_MS) await wait(20)
}

function newScreen(): { screen: Screen; onOutput: OnOutput; output: OutputListener } {
  const [screen, output] = [new Screen({ cols: COLS, rows: ROWS }), new OutputListener()]
  const onOutput: OnOutput = data => {
    screen.write(typeof data === 'string' ? Buffer.from(data) : data)
    output.onOutput(data)
  }
  return { screen, onOutput, output }
}

/** The text and colors of each row, and the cursor position. */
function rows(screen: Screen): string[] {
  const { active } = screen.terminal.buffer
  const lines = screen.lines().map((text, y) => {
    const line = active.getLine(active.baseY + y)
    return `${text.trimEnd()} ${[...text.trimEnd()].map((_, x) => line?.getCell(x)?.getFgColor()).join()}`
  })
  return [...lines, `${active.cursorX} ${active.cursorY}`]
}
