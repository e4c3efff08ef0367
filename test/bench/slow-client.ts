// A client that receives 64 KB/s while its session floods: how much it slows the program, and when it shows the right screen.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Screen } from '../../main/host/screen/screen.ts'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { folder, logFile, MB } from './support/files.ts'
import { BenchHost, nextEvent, wait } from './support/host.ts'
import { mb, mbs, median, printTable, ratio, seconds } from './support/table.ts'
import { throttle } from './support/throttle.ts'

const BYTES = 50 * MB
const BYTES_PER_SECOND = 64_000
const END_MARKER = 'the flood is over'

interface Flood {
  /** MB/s. */
  rate: number
  /** Peak growth of the host's memory, in bytes. */
  growth: number
  /** From the end of the flood until the client shows the final screen. */
  secondsLate?: number
  right?: boolean
  /** Bytes that the client parsed. */
  received?: number
}

export async function slowClient(): Promise<void> {
  const host = await BenchHost.start()
  const client = await host.connect()
  const alone: Flood[] = []
  const withClient: Flood[] = []
  // Alternating, so that a machine that is busy for a while does not look like a slow client. The first run warms up.
  await flood(host, client, false)
  for (let i = 0; i < 2; i++) {
    alone.push(await flood(host, client, false))
    withClient.push(await flood(host, client, true))
  }
  await host.stop()
  const [base, rate] = [alone, withClient].map(all => median(all.map(one => one.rate))) as [number, number]
  const [before, growth] = [alone, withClient].map(all => median(all.map(one => one.growth))) as [number, number]
  printTable(`a flood of ${BYTES / MB} MB with a client that receives ${BYTES_PER_SECOND / 1000} KB/s`, [
    ['PTY without a client', mbs(base)],
    ['PTY with the slow client', mbs(rate), ratio(rate, base), 'of without'],
    ['peak growth of host memory without a client', mb(before)],
    ['with the slow client', mb(growth), `${growth < before ? '' : '+'}${mb(growth - before)}`],
    ...withClient
      .map(
        ({ secondsLate, right, received }) =>
          [
            'right screen after the end of the flood',
            seconds(secondsLate!),
            right ? '' : 'WRONG SCREEN',
            `${mb(received!)} parsed`,
          ] as const,
      )
      .map(row => [...row] as [string, string, string, string]),
  ])
}

let floods = 0

async function flood(host: BenchHost, client: LocalClient, withSlowClient: boolean): Promise<Flood> {
  const times = join(folder, `flood-${++floods}`)
  // The program writes when it began and ended to a file, so that no client has to read its output for that.
  const script = `stty -opost -echo; echo ready; read go; date +%s%N > ${times}; cat ${logFile(BYTES, '\r\n')}; printf '\\033[m\\r\\n${END_MARKER}'; date +%s%N >> ${times}; exec sleep 100000`
  const { session_id } = await client.create({ command: ['sh', '-c', script] })
  // This attachment only types; its window of 0 receives no output.
  const keys = client.attach(session_id, { write: (_, done) => done(), resize() {}, reset() {} }, { window: 0 })
  await nextEvent(keys, 'session')
  const slow = withSlowClient ? await attachSlowly(host, session_id) : undefined
  await wait(300)
  const { rss } = await host.request('settle')
  await host.request('reset')
  keys.type(Buffer.from('\n'))
  const seen = await slow?.seen
  while (!(await client.screen(session_id)).lines.some(line => line.includes(END_MARKER))) await wait(50)
  const { peak_rss } = await host.request('stats')
  const { lines } = await client.screen(session_id)
  const [begin, end] = readFileSync(times, 'utf8')
    .trim()
    .split('\n')
    .map(line => Number(line) / 1e6) as [number, number]
  await client.kill(session_id)
  slow?.close()
  await wait(1500) // until the history has caught up
  const one: Flood = { rate: BYTES / MB / ((end - begin) / 1000), growth: peak_rss - rss }
  if (!seen) return one
  const right = seen.lines.join('\n').trimEnd() === lines.join('\n').trimEnd()
  return { ...one, secondsLate: (seen.at - end) / 1000, right, received: seen.received }
}

async function attachSlowly(host: BenchHost, session_id: string) {
  const proxy = await throttle(host.port, BYTES_PER_SECOND)
  const { client } = await host.newClient(proxy.port)
  let screen = new Screen({ cols: 80, rows: 24 })
  let received = 0
  let report = (_: { at: number; lines: string[]; received: number }) => {}
  const seen = new Promise<{ at: number; lines: string[]; received: number }>(resolve => {
    report = resolve
  })
  const attachment = client.attach(session_id, {
    write: (bytes, done) => {
      received += bytes.length
      screen.write(bytes)
      done()
      if (screen.lines().some(line => line.includes(END_MARKER)))
        report({ at: Date.now(), lines: screen.lines(), received })
    },
    resize: (cols, rows) => screen.resize(cols, rows),
    reset: (cols, rows) => {
      screen.dispose()
      screen = new Screen({ cols, rows })
    },
  })
  await Promise.all([nextEvent(attachment, 'caught_up'), client.connect()])
  return {
    seen,
    close: () => {
      client.close()
      proxy.close()
    },
  }
}
