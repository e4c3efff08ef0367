// Prints how fast the product is, beside raw node-pty in the same run. Judges nothing: figures are for people.
import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawn } from 'node-pty'
import { WebSocket } from 'ws'
import { inflate } from '../../main/host/net/inflate.ts'
import { socketTransport } from '../../main/host/net/websocket.ts'
import type { TerminalSink } from '../../protocol/attached.ts'
import { HostClient } from '../../protocol/client.ts'
import { MAX_WINDOW_BYTES } from '../../protocol/limits.ts'

const MB = 1e6
const KEYS = 500
const CAT_BYTES = Number(process.env.OTG_BENCH_MB ?? 50) * MB

const folder = mkdtempSync(join(tmpdir(), 'otg-bench-'))
const big = join(folder, 'build.log')
const webRoot = join(folder, 'web')
writeFileSync(big, buildLog(CAT_BYTES))
rmSync(webRoot, { recursive: true, force: true })
await import('node:fs').then(fs => fs.mkdirSync(webRoot))
writeFileSync(join(webRoot, 'index.html'), '')

try {
  const raw = { echo: await rawEcho(), throughput: await rawCat() }
  const host = await startHost()
  try {
    const stack = { echo: await stackEcho(host), throughput: await stackCat(host, 'device') }
    const stats = await ask<{ longest_pause_ms: number; screen_lag: number; rss: number }>(host.process, 'stats')
    const echoInFlood = await stackEchoInFlood(host)
    console.log(
      `${CAT_BYTES / MB} MB of build log, ${KEYS} keys; host, client and programs share this machine's cores\n`,
    )
    row('', 'raw node-pty', 'through a WebSocket', 'ratio')
    row('echo p50', ms(raw.echo.p50), ms(stack.echo.p50), ratio(stack.echo.p50, raw.echo.p50))
    row('echo p99', ms(raw.echo.p99), ms(stack.echo.p99), ratio(stack.echo.p99, raw.echo.p99))
    row(
      'echo p50 while another session floods',
      '',
      ms(echoInFlood.p50),
      `${ratio(echoInFlood.p50, stack.echo.p50)} of quiet`,
    )
    row('echo p99 while another session floods', '', ms(echoInFlood.p99), '')
    row(
      'cat, lossless client',
      mbs(raw.throughput),
      mbs(stack.throughput.rate),
      ratio(stack.throughput.rate, raw.throughput),
    )
    row('main loop, longest pause', '', ms(stats.longest_pause_ms), '')
    row('screen, largest lag', '', `${(stats.screen_lag / MB).toFixed(1)} MB`, '')
    row('host memory after', '', `${(stats.rss / MB).toFixed(0)} MB`, '')
  } finally {
    await stopHost(host)
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

// --- raw node-pty ---

function rawCat(): Promise<number> {
  return new Promise(resolve => {
    const pty = spawn('cat', [big], { encoding: null, cols: 80, rows: 24 })
    let bytes = 0
    const start = performance.now()
    pty.onData(data => {
      bytes += data.length
    })
    pty.onExit(() => resolve(bytes / MB / ((performance.now() - start) / 1000)))
  })
}

async function rawEcho(): Promise<Percentiles> {
  const pty = spawn('sh', ['-c', 'stty raw -echo; echo ready; exec cat'], { encoding: null, cols: 80, rows: 24 })
  let heard: (text: string) => void = () => {}
  pty.onData(data => heard(data.toString()))
  await new Promise<void>(resolve => {
    heard = text => text.includes('ready') && resolve()
  })
  const result = await measureKeys(
    key => pty.write(key),
    listener => {
      heard = listener
    },
  )
  pty.kill()
  return result
}

// --- the whole stack ---

interface BenchHost {
  process: ChildProcess
  port: number
  clients: HostClient[]
}

async function startHost(): Promise<BenchHost> {
  const child = fork(fileURLToPath(new URL('./host-process.ts', import.meta.url)), [join(folder, 'data'), webRoot], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { port } = await message<{ port: number }>(child)
  return { process: child, port, clients: [] }
}

async function stopHost(host: BenchHost): Promise<void> {
  for (const client of host.clients) client.close()
  const gone = new Promise(resolve => host.process.once('exit', resolve))
  host.process.send('stop')
  await gone
}

async function connect(host: BenchHost): Promise<HostClient> {
  const { address } = await ask<{ address: string }>(host.process, 'address')
  const client = new HostClient({
    connect: async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${host.port}/ws`, { perMessageDeflate: false })
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
      return socketTransport(socket)
    },
    client: { kind: 'script', name: 'bench' },
    credentials: { secret: address.split('#v1.')[1] },
    reconnect: false,
    inflate,
  })
  host.clients.push(client)
  await client.connect()
  return client
}

/** Counts and forwards output; parses nothing, so that the host is measured and not this process. */
function sink(heard: (bytes: Uint8Array) => void): TerminalSink {
  return {
    write: (bytes, done) => {
      heard(bytes)
      done()
    },
    resize: () => {},
    reset: () => {},
  }
}

async function stackEcho(host: BenchHost): Promise<Percentiles> {
  const client = await connect(host)
  const { session_id } = await client.create({ command: ['sh', '-c', 'stty raw -echo; echo ready; exec cat'] })
  let heard: (text: string) => void = () => {}
  const attached = client.attach(
    session_id,
    sink(bytes => heard(Buffer.from(bytes).toString())),
  )
  await new Promise<void>(resolve => {
    heard = text => text.includes('ready') && resolve()
  })
  const result = await measureKeys(
    key => attached.type(Buffer.from(key)),
    listener => {
      heard = listener
    },
  )
  await client.kill(session_id)
  client.close()
  return result
}

async function stackCat(host: BenchHost, _role: 'device'): Promise<{ rate: number }> {
  const client = await connect(host)
  const { session_id } = await client.create({ command: ['sh', '-c', `stty -opost; read go; exec cat ${big}`] })
  let bytes = 0
  const attached = client.attach(
    session_id,
    sink(chunk => {
      bytes += chunk.length
    }),
    { window: MAX_WINDOW_BYTES },
  )
  const exited = new Promise<void>(resolve => void attached.on('exit', () => resolve()))
  await new Promise<void>(resolve => void attached.on('caught_up', () => resolve()))
  await ask(host.process, 'reset')
  const start = performance.now()
  attached.type(Buffer.from('go\n'))
  await exited
  const seconds = (performance.now() - start) / 1000
  if (bytes < CAT_BYTES) console.log(`(the client was skipped: it got ${bytes} bytes)`)
  client.close()
  return { rate: CAT_BYTES / MB / seconds }
}

async function stackEchoInFlood(host: BenchHost): Promise<Percentiles> {
  const client = await connect(host)
  const { session_id } = await client.create({ command: ['sh', '-c', `while :; do cat ${big}; done`] })
  const result = await stackEcho(host)
  await client.kill(session_id)
  client.close()
  return result
}

// --- measuring ---

interface Percentiles {
  p50: number
  p99: number
}

async function measureKeys(
  type: (key: string) => void,
  listen: (listener: (text: string) => void) => void,
): Promise<Percentiles> {
  const times: number[] = []
  for (let i = 0; i < KEYS; i++) {
    const start = performance.now()
    await new Promise<void>(resolve => {
      listen(() => resolve())
      type('x')
    })
    times.push(performance.now() - start)
    // A person's keys are apart; without a pause the next one would find everything warm and awake.
    await new Promise(resolve => setTimeout(resolve, 6))
  }
  times.sort((a, b) => a - b)
  return { p50: times[Math.floor(KEYS * 0.5)]!, p99: times[Math.floor(KEYS * 0.99)]! }
}

function ask<T>(child: ChildProcess, what: string): Promise<T> {
  const answer = message<T>(child)
  child.send(what)
  return answer
}

function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const gone = () => reject(new Error('the host process ended'))
    child.once('exit', gone)
    child.once('message', value => {
      child.off('exit', gone)
      resolve(value as T)
    })
  })
}

/** Text as compilers print it: lines that differ, with some colour. */
function buildLog(size: number): Buffer {
  const lines: string[] = []
  let length = 0
  for (let i = 0; length < size; i++) {
    const line = `\x1b[32m[${String(i % 997).padStart(3)}/997]\x1b[m Building CXX object src/core/CMakeFiles/core.dir/module_${(i * 7919) % 10007}.cpp.o -O2 -Wall hash=${((i * 2654435761) >>> 0).toString(16)}\n`
    lines.push(line)
    length += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, size)
}

function row(...cells: string[]): void {
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(40) : cell.padStart(20))).join(''))
}
function ms(value: number): string {
  return `${value.toFixed(2)} ms`
}
function mbs(value: number): string {
  return `${value.toFixed(1)} MB/s`
}
function ratio(a: number, b: number): string {
  return `${(a / b).toFixed(2)} x`
}
