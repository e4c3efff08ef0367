// `cat` of a build log to an attached client that misses nothing, beside raw node-pty.
import { spawn } from 'node-pty'
import { logFile, MB } from './support/files.ts'
import { BenchHost, EVERYTHING, nextEvent, sink } from './support/host.ts'
import { mb, mbs, ms, printTable, ratio } from './support/table.ts'

export const CAT_BYTES = Number(process.env.OTG_BENCH_MB ?? 50) * MB

/** So much that the screen sets the pace: what it may lag is a tenth of it. */
const LONG_BYTES = 4 * CAT_BYTES

export async function cat(): Promise<void> {
  for (const bytes of [CAT_BYTES, LONG_BYTES]) {
    const raw = await rawCat(bytes)
    const host = await BenchHost.start()
    const { rate, got } = await stackCat(host, bytes)
    const stats = await host.request('stats')
    await host.stop()
    printTable(`cat of ${bytes / MB} MB to a client with the widest window`, [
      ['raw node-pty', mbs(raw)],
      [
        'recorded, through a WebSocket',
        mbs(rate),
        ratio(rate, raw),
        got < bytes ? `SKIPPED: got ${mb(got)}` : 'of raw',
      ],
      ['main loop, longest pause', ms(stats.longest_pause_ms)],
      ['screen, largest lag', mb(stats.screen_lag)],
      ['host memory after', mb(stats.rss), '', `peak ${mb(stats.peak_rss)}`],
    ])
  }
}

function rawCat(bytes: number): Promise<number> {
  const file = logFile(bytes)
  return new Promise(resolve => {
    const pty = spawn('cat', [file], { encoding: null, cols: 80, rows: 24 })
    let got = 0
    const start = performance.now()
    pty.onData(data => {
      got += data.length
    })
    pty.onExit(() => resolve(got / MB / ((performance.now() - start) / 1000)))
  })
}

export async function stackCat(host: BenchHost, bytes: number): Promise<{ rate: number; got: number }> {
  const client = await host.connect()
  const command = ['sh', '-c', `stty -opost; read go; exec cat ${logFile(bytes)}`]
  const { session_id } = await client.create({ command })
  let got = 0
  const attached = client.attach(
    session_id,
    sink(chunk => {
      got += chunk.length
    }),
    { window: EVERYTHING.window! },
  )
  await nextEvent(attached, 'caught_up')
  const exited = nextEvent(attached, 'exit')
  await host.request('reset')
  const start = performance.now()
  attached.type(Buffer.from('go\n'))
  await exited
  return { rate: bytes / MB / ((performance.now() - start) / 1000), got }
}
