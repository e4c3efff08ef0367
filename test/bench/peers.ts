// On the Go beside other tools of its kind, raw node-pty and tmux, in one run: A B C A B C.
//
//   cd /some/dir && npm install --ignore-scripts wetty vibetunnel && npm rebuild node-pty vibetunnel
//   OTG_PEERS=/some/dir npm run bench -- peers
//
// tmux, tty-share and shellinabox are taken from PATH (or from OTG_PEERS/usr/bin, where `dpkg-deb -x` puts them). What is not there is
// named and left out; nobody's package is a dependency of this project. Versions are what the tools say of themselves.
//
// What is measured: one client per tool, in this process, on loopback, that speaks as the tool's own page does, acknowledges
// what that acknowledges, and draws nothing. The same bash, prompt, terminal size and files for everybody; everything is
// typed into that shell. Echo: a key until it comes back from `cat` in raw mode. Cat: from Enter to a word printed behind
// the file, while all of it is read; where less came than was printed, it says so. History: from opening the connection to
// the last words of what was printed before. Back: see peers/back.ts. CPU and memory: of the server's process, without
// shells; the client of raw node-pty is the server.
//
// What is not: painting, real networks, more than one client. On the Go records all of it, keeps it searchable and encrypts
// it end to end; VibeTunnel keeps a file of it; the others do neither, and all but On the Go send it as it is.

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

/** After that much time with its `cat`, a tool is not asked for it again: nobody waits longer than four minutes. */
const CAT_BUDGET_MS = 25_000
const CAT_BYTES = Number(process.env.OTG_BENCH_MB ?? 50) * MB
const HISTORY_BYTES = 10 * MB

/** Letters that hardly stand in the escape sequences of who draws screens. */
const ECHO_KEYS = 'qvwxyz'

class Figures {
  readonly echo: number[][] = []
  readonly rates: number[] = []
  /** That `cat` took in all rounds. */
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
  const there = Object.values(all).filter(peer => typeof peer !== 'string')
  printTable(
    'measured side by side',
    Object.entries(all).map(([name, peer]) =>
      typeof peer === 'string' ? [name, 'MISSING', '', peer] : [name, peer.version],
    ),
  )
  // Made before anything is measured.
  for (const bytes of [CAT_BYTES, HISTORY_BYTES]) logFile(bytes, '\r\n')
  const right = await expectedScreen(await raw().start())
  const figures = new Map(there.map(peer => [peer, new Figures()]))
  for (let round = 1; round <= ROUNDS; round++) {
    process.stdout.write(`\nround ${round}:`)
    for (const [peer, own] of figures) {
      if (own.failed) continue
      const start = performance.now()
      await measure(peer, own, right).catch((error: Error) => {
        own.failed = true
        console.log(`\n${peer.name} FAILED and is left out from here on: ${error.message}`)
      })
      process.stdout.write(` ${peer.name} ${((performance.now() - start) / 1000).toFixed(0)} s;`)
    }
  }
  console.log()
  printFigures(figures)
}

async function measure(peer: Peer, own: Figures, right: string[]): Promise<void> {
  const server = await peer.start()
  try {
    // There is nothing to come back to where the client holds the PTY.
    if (server.pid !== undefined) own.reconnect ??= await testReconnect(server, right)
    let ears = new OutputListener()
    let terminal = await server.attach(ears.onOutput)
    await waitForPrompt(terminal, ears)
    await command(terminal, ears, 'clear')
    own.echo.push(await echo(terminal, ears))
    if (own.reconnect?.showsLastOutput) {
      await command(terminal, ears, catOf(HISTORY_BYTES))
      // What is to be found: the last words, and so all that stands before them.
      await command(terminal, ears, 'echo the log ends $((6 * 7))', 'the log ends 42')
      terminal.drop()
      await wait(500)
      if (server.attachAll) {
        const one = await openSession(heard => server.attachAll!(heard))
        one.terminal.drop()
        own.fullHistory.push(one.ms)
        own.fullHistoryReceived = one.bytes
        await wait(500)
      }
      const one = await openSession(heard => server.attach(heard))
      own.history.push(one.ms)
      own.historyReceived = one.bytes
      ;({ terminal, ears } = one)
      await command(terminal, ears, ':')
    }
    // Who is slow is so every time.
    if (own.catMs < CAT_BUDGET_MS) {
      const before = processCost(server.pid)
      const from = ears.bytes
      const start = performance.now()
      await command(terminal, ears, catOf(CAT_BYTES))
      const took = performance.now() - start
      own.catMs += took
      own.rates.push(CAT_BYTES / MB / (took / 1000))
      own.catReceived = ears.bytes - from
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

/** Bytes as they stand in the file; what begins at its end in the middle of a sequence is ended. */
const catOf = (bytes: number) => `stty -opost; cat ${logFile(bytes, '\r\n')}; printf '\\033[m\\r\\n'; stty opost`

let commands = 0

/** Types a command and waits until it has ended: until words that are not in what is typed. */
async function command(terminal: Terminal, ears: OutputListener, line: string, words?: string): Promise<void> {
  const id = ++commands
  const ended = ears.until(words ?? `ended-${id}-42`)
  terminal.type(words ? `${line}\r` : `${line}; echo ended-${id}-$((6 * 7))\r`)
  await ended
}

async function openSession(attach: (heard: OnOutput) => Promise<Terminal>) {
  const ears = new OutputListener()
  const start = performance.now()
  const words = ears.until('the log ends 42').then(() => performance.now() - start)
  const [took, terminal] = await Promise.all([words, attach(ears.onOutput)])
  await ears.quiet()
  return { ms: took, bytes: ears.bytes, terminal, ears }
}

async function echo(terminal: Terminal, ears: OutputListener): Promise<number[]> {
  const ready = ears.until('echo-42')
  terminal.type('stty -icanon -echo min 1; echo echo-$((6 * 7)); cat\r')
  await ready
  await ears.quiet()
  const times: number[] = []
  for (let i = 0; i < KEYS; i++) {
    const key = ECHO_KEYS[i % ECHO_KEYS.length]!
    const start = performance.now()
    const back = ears.until(key)
    terminal.type(key)
    await back
    times.push(performance.now() - start)
    // A person's keys are apart; without a pause the next one would find everything warm and awake.
    await wait(6)
  }
  terminal.type('\x03')
  await waitForPrompt(terminal, ears)
  await command(terminal, ears, 'stty sane')
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
  table(`keystroke → echo, ${ROUNDS} times ${KEYS} keys: p50 of all (of each round)`, ({ echo }) => {
    if (echo.length === 0) return undefined
    const [, extremes] = spread(echo.map(median), ms)
    const [worst, worstExtremes] = [ms(p99(echo.flat())), spread(echo.map(p99), ms)[1]]
    return [ms(median(echo.flat())), extremes, `p99 ${worst} (${worstExtremes})`]
  })
  table(
    `cat of ${CAT_BYTES / MB} MB, ${ROUNDS} times; fewer where that takes longer than ${CAT_BUDGET_MS / 1000} s`,
    ({ rates, catReceived: came }) => {
      if (rates.length === 0) return undefined
      return [...spread(rates, mbs), came < CAT_BYTES ? `not all of it: ${mb(came)} came` : '']
    },
  )
  table("CPU of the server's process for it", ({ cpu }) => (cpu.length > 0 ? spread(cpu, seconds) : undefined))
  table("memory of the server's process after it", ({ rss, peak }) => {
    return rss.length > 0 ? [...spread(rss, mb), `at its peak ${mb(Math.max(...peak))}`] : undefined
  })
  table(
    `opened with ${HISTORY_BYTES / MB} MB of history: until the last words are there`,
    ({ history, historyReceived: historyCame }) => {
      return history.length > 0 ? [...spread(history, ms), `${mb(historyCame)} came`] : undefined
    },
  )
  table('all of that history', ({ fullHistory: all, fullHistoryReceived: allCame }) =>
    all.length > 0 ? [...spread(all, ms), `${mb(allCame)} came`] : undefined,
  )
  table('opened again after its connection was cut', ({ reconnect: back }) =>
    back ? ['', '', back.description] : undefined,
  )
}
