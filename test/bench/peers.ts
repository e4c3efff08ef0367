// Compares On the Go with similar tools, raw node-pty and tmux, interleaved in one run: A B C A B C.
//
//   cd /some/dir && npm install --ignore-scripts wetty vibetunnel && npm rebuild node-pty vibetunnel
//   OTG_PEERS=/some/dir npm run bench -- peers
//
// tmux, tty-share and shellinabox come from PATH (or from OTG_PEERS/usr/bin, where `dpkg-deb -x` puts them). Missing tools are
// listed and skipped; none is a dependency of this project. Versions are as the tools report them.
//
// What is measured: one client per tool, in this process, over loopback. It speaks the protocol of the tool's own page,
// acknowledges what the page acknowledges, and draws nothing. All tools get the same bash, prompt, terminal size and files;
// all commands are typed into that shell.
// - Echo: from a key until it comes back from `cat` in raw mode.
// - Cat: from Enter until a text printed after the file, while all output is read. The table says if a tool sent less.
// - History: from opening the connection until the last line printed before.
// - Reconnect: see peers/reconnect.ts.
// - CPU and memory: of the server process without shells. The client of raw node-pty is the server.
//
// What is not measured: painting, real networks, several clients. On the Go records all output, keeps it searchable and
// encrypts it end to end; VibeTunnel records it to a file; the others do neither. Only On the Go encrypts.

import { onTheGo } from './peers/on-the-go.ts'
import { OutputListener, waitForPrompt } from './peers/output-listener.ts'
import type { Missing, OnOutput, Peer, Terminal } from './peers/peer.ts'
import { processCost } from './peers/process-cost.ts'
import { raw } from './peers/raw.ts'
import { expectedScreen, type ReconnectResult, testReconnect } from './peers/reconnect.ts'
import { shellInABox } from './peers/shellinabox.ts'
import { tmux } from './peers/tmux.ts'
import { ttyShare } from './peers/tty-share.ts'
import { vibetunnel } from './peers/vibetunnel.ts'
import { wetty } from './peers/wetty.ts'
import { logFile, MB } from './support/files.ts'
import { wait } from './support/host.ts'
import { mb, mbs, median, ms, percentile, printTable, type Row, seconds, spread } from './support/table.ts'

const ROUNDS = 3
const KEYS = 150

/** A tool whose `cat` runs took this long in total skips the remaining ones, so that the benchmark ends within minutes. */
const CAT_BUDGET_MS = 25_000
const CAT_BYTES = Number(process.env.OTG_BENCH_MB ?? 50) * MB
const HISTORY_BYTES = 10 * MB

/** Letters that rarely occur in the escape sequences of tools that send screens. */
const ECHO_KEYS = 'qvwxyz'

class Figures {
  readonly echo: number[][] = []
  readonly rates: number[] = []
  /** Total of all rounds. */
  catMs = 0
  catReceived = 0
  readonly cpu: number[] = []
  readonly rss: number[] = []
  readonly peak: number[] = []
  readonly history: number[] = []
  historyReceived = 0
  readonly fullHistory: number[] = []
  fullHistoryReceived = 0
  reconnect?: ReconnectResult
  failed = false
}

export async function peers(): Promise<void> {
  const all: Record<string, Peer | Missing> = {
    'raw node-pty': raw(),
    'On the Go': onTheGo(),
    tmux: await tmux(),
    'tty-share': await ttyShare(),
    WeTTY: wetty(),
    'Shell In A Box': await shellInABox(),
    VibeTunnel: vibetunnel(),
  }
  const available = Object.values(all).filter(peer => typeof peer !== 'string')
  printTable(
    'tools in this run',
    Object.entries(all).map(([name, peer]) =>
      typeof peer === 'string' ? [name, 'MISSING', '', peer] : [name, peer.version],
    ),
  )
  // Created before anything is measured.
  for (const bytes of [CAT_BYTES, HISTORY_BYTES]) logFile(bytes, '\r\n')
  const expected = await expectedScreen(await raw().start())
  const figures = new Map(available.map(peer => [peer, new Figures()]))
  for (let round = 1; round <= ROUNDS; round++) {
    process.stdout.write(`\nround ${round}:`)
    for (const [peer, own] of figures) {
      if (own.failed) continue
      const start = performance.now()
      await measure(peer, own, expected).catch((error: Error) => {
        own.failed = true
        console.log(`\n${peer.name} FAILED and is skipped from now on: ${error.message}`)
      })
      process.stdout.write(` ${peer.name} ${((performance.now() - start) / 1000).toFixed(0)} s;`)
    }
  }
  console.log()
  printFigures(figures)
}

async function measure(peer: Peer, own: Figures, expected: string[]): Promise<void> {
  const server = await peer.start()
  try {
    // If the client holds the PTY, there is no session to reconnect to.
    if (server.pid !== undefined) own.reconnect ??= await testReconnect(server, expected)
    let output = new OutputListener()
    let terminal = await server.attach(output.onOutput)
    await waitForPrompt(terminal, output)
    await command(terminal, output, 'clear')
    own.echo.push(await echo(terminal, output))
    if (own.reconnect?.showsLastOutput) {
      await command(terminal, output, catOf(HISTORY_BYTES))
      // The end marker: once it is there, all output before it is.
      await command(terminal, output, 'echo the log ends $((6 * 7))', 'the log ends 42')
      terminal.drop()
      await wait(500)
      if (server.attachAll) {
        const one = await openSession(onOutput => server.attachAll!(onOutput))
        one.terminal.drop()
        own.fullHistory.push(one.ms)
        own.fullHistoryReceived = one.bytes
        await wait(500)
      }
      const one = await openSession(onOutput => server.attach(onOutput))
      own.history.push(one.ms)
      own.historyReceived = one.bytes
      ;({ terminal, output } = one)
      await command(terminal, output, ':')
    }
    // A slow tool is slow in every round.
    if (own.catMs < CAT_BUDGET_MS) {
      const before = processCost(server.pid)
      const from = output.bytes
      const start = performance.now()
      await command(terminal, output, catOf(CAT_BYTES))
      const took = performance.now() - start
      own.catMs += took
      own.rates.push(CAT_BYTES / MB / (took / 1000))
      own.catReceived = output.bytes - from
      const after = processCost(server.pid)
      if (before && after) {
        own.cpu.push(after.cpuSeconds - before.cpuSeconds)
        own.rss.push(after.bytes)
        own.peak.push(after.peakBytes)
      }
    }
    terminal.drop()
  } finally {
    await server.stop()
  }
}

/** Prints the bytes of the file unchanged, then completes a sequence that its end may have cut. */
const catOf = (bytes: number) => `stty -opost; cat ${logFile(bytes, '\r\n')}; printf '\\033[m\\r\\n'; stty opost`

let commands = 0

/** Types a command and waits for its end: for an output that does not occur in the typed text. */
async function command(terminal: Terminal, output: OutputListener, line: string, marker?: string): Promise<void> {
  const id = ++commands
  const ended = output.until(marker ?? `ended-${id}-42`)
  terminal.type(marker ? `${line}\r` : `${line}; echo ended-${id}-$((6 * 7))\r`)
  await ended
}

async function openSession(attach: (onOutput: OnOutput) => Promise<Terminal>) {
  const output = new OutputListener()
  const start = performance.now()
  const found = output.until('the log ends 42').then(() => performance.now() - start)
  const [took, terminal] = await Promise.all([found, attach(output.onOutput)])
  await output.quiet()
  return { ms: took, bytes: output.bytes, terminal, output }
}

async function echo(terminal: Terminal, output: OutputListener): Promise<number[]> {
  const ready = output.until('echo-42')
  terminal.type('stty -icanon -echo min 1; echo echo-$((6 * 7)); cat\r')
  await ready
  await output.quiet()
  const times: number[] = []
  for (let i = 0; i < KEYS; i++) {
    const key = ECHO_KEYS[i % ECHO_KEYS.length]!
    const start = performance.now()
    const echoed = output.until(key)
    terminal.type(key)
    await echoed
    times.push(performance.now() - start)
    // People pause between keys; without a pause, caches and threads would be warm for the next one.
    await wait(6)
  }
  terminal.type('\x03')
  await waitForPrompt(terminal, output)
  await command(terminal, output, 'stty sane')
  return times
}

function printFigures(figures: Map<Peer, Figures>): void {
  const table = (title: string, row: (own: Figures) => [string, string?, string?] | undefined) => {
    const rows: Row[] = []
    for (const [{ name }, own] of figures) {
      const cells = row(own)
      if (cells) rows.push([name, ...cells])
    }
    printTable(title, rows)
  }
  const p99 = (values: number[]) => percentile(values, 0.99)
  table(`keystroke to echo, ${ROUNDS} × ${KEYS} keys: p50 of all (range of the rounds)`, ({ echo }) => {
    if (echo.length === 0) return undefined
    const [, extremes] = spread(echo.map(median), ms)
    const [worst, worstExtremes] = [ms(p99(echo.flat())), spread(echo.map(p99), ms)[1]]
    return [ms(median(echo.flat())), extremes, `p99 ${worst} (${worstExtremes})`]
  })
  table(
    `cat of ${CAT_BYTES / MB} MB, ${ROUNDS} times; fewer if that takes longer than ${CAT_BUDGET_MS / 1000} s`,
    ({ rates, catReceived }) => {
      if (rates.length === 0) return undefined
      return [...spread(rates, mbs), catReceived < CAT_BYTES ? `only ${mb(catReceived)} received` : '']
    },
  )
  table('CPU time of the server process for it', ({ cpu }) => (cpu.length > 0 ? spread(cpu, seconds) : undefined))
  table('memory of the server process afterwards', ({ rss, peak }) => {
    return rss.length > 0 ? [...spread(rss, mb), `peak ${mb(Math.max(...peak))}`] : undefined
  })
  table(
    `opened with ${HISTORY_BYTES / MB} MB of history: until its last line is there`,
    ({ history, historyReceived }) => {
      return history.length > 0 ? [...spread(history, ms), `${mb(historyReceived)} received`] : undefined
    },
  )
  table('the whole history', ({ fullHistory, fullHistoryReceived }) =>
    fullHistory.length > 0 ? [...spread(fullHistory, ms), `${mb(fullHistoryReceived)} received`] : undefined,
  )
  table('reopened after the connection was cut', ({ reconnect }) =>
    reconnect ? ['', '', reconnect.description] : undefined,
  )
}
