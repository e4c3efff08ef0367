// Throughput of `cat` of a build log to an attached client that receives every byte, compared with raw node-pty.
import { spawn } from 'node-pty'
import { logFile, MB } from './support/files.ts'
import { BenchHost, EVERYTHING, nextEvent, sink } from './support/host.ts'
import { mb, mbs, ms, printTable, ratio } from './support/table.ts'

export const CAT_BYTES = Number(process.env.OTG_BENCH_MB ?? 50) * MB

/** Large enough that the screen sets the pace: its allowed lag is a tenth of this. */
const LONG_BYTES = 4 * CAT_BYTES

export async function cat(): Promise<void> {
  for (const bytes of [CAT_BYTES, LONG_BYTES]) {
    const raw = await rawCat(bytes)
    const host = await BenchHost.start()
    const { rate, received } = await stackCat(host, bytes)
    const stats = await host.request('stats')
    await host.stop()
    printTable(`cat of ${bytes / MB} MB to a client with the largest window`, [
      ['raw node-pty', mbs(raw)],
      [
        'recorded, through a WebSocket',
        mbs(rate),
        ratio(rate, raw),
        received < bytes ? `OUTPUT SKIPPED: received ${mb(received)}` : 'of raw',
      ],
      ['CPU of the host', ms(stats.cpu_ms)],
      ['longest pause of the main loop', ms(stats.longest_pause_ms)],
      ['largest lag of the screen', mb(stats.screen_lag)],
      ['host memory afterwards', mb(stats.rss), '', `peak ${mb(stats.peak_rss)}`],
    ])
  }
}

function rawCat(bytes: number): Promise<number> {
  const file = logFile(bytes)
  return new Promise(resolve => {
    const pty = spawn('cat', [file], { encoding: null, cols: 80, rows: 24 })
    let received = 0
    const start = performance.now()
    pty.onData(data => {
      received += data.length
    })
    pty.onExit(() => resolve(received / MB / ((performance.now() - start) / 1000)))
  })
}

export async function stackCat(host: BenchHost, bytes: number): Promise<{ rate: number; received: number }> {
  const client = await host.connect()
  const command = ['sh', '-c', `stty -opost; read go; exec cat ${logFile(bytes)}`]
  const { session_id } = await client.create({ command })
  let received = 0
  const attachment = client.attach(
    session_id,
    sink(chunk => {
      received += chunk.length
    }),
    { window: EVERYTHING.window! },
  )
  await nextEvent(attachment, 'caught_up')
  const exited = nextEvent(attachment, 'exit')
  await host.request('reset')
  const start = performance.now()
  attachment.type(Buffer.from('go\n'))
  await exited
  return { rate: bytes / MB / ((performance.now() - start) / 1000), received }
}
