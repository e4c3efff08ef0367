// Keystroke to echo: with raw node-pty, through the host, and through the host while another session floods.
import { spawn } from 'node-pty'
import { logFile, MB } from './support/files.ts'
import { BenchHost, sink } from './support/host.ts'
import { median, ms, percentile, printTable, ratio } from './support/table.ts'

const KEYS = 400

export async function typing(): Promise<void> {
  const raw = await rawEcho()
  const host = await BenchHost.start()
  const quiet = await stackEcho(host)
  const client = await host.connect()
  await client.create({ command: ['sh', '-c', `while :; do cat ${logFile(50 * MB)}; done`] })
  const flood = await stackEcho(host)
  await host.stop()
  printTable(`keystroke to echo, ${KEYS} keys`, [
    ['raw node-pty, p50', ms(median(raw)), '', `p99 ${ms(percentile(raw, 0.99))}`],
    ['through a WebSocket, p50', ms(median(quiet)), ratio(median(quiet), median(raw)), 'of raw'],
    ['p99', ms(percentile(quiet, 0.99)), ratio(percentile(quiet, 0.99), percentile(raw, 0.99)), 'of raw'],
    ['while another session floods, p50', ms(median(flood)), ratio(median(flood), median(quiet)), 'of quiet'],
    ['p99', ms(percentile(flood, 0.99)), ratio(percentile(flood, 0.99), percentile(quiet, 0.99)), 'of quiet'],
  ])
}

const CAT = ['-c', 'stty raw -echo; echo ready; exec cat']

async function rawEcho(): Promise<number[]> {
  const pty = spawn('sh', CAT, { encoding: null, cols: 80, rows: 24 })
  let onOutput: (text: string) => void = () => {}
  pty.onData(data => onOutput(data.toString()))
  await new Promise<void>(resolve => {
    onOutput = text => text.includes('ready') && resolve()
  })
  const times = await measureKeys(
    key => pty.write(key),
    listener => {
      onOutput = listener
    },
  )
  pty.kill()
  return times
}

export async function stackEcho(host: BenchHost): Promise<number[]> {
  const client = await host.connect()
  const { session_id } = await client.create({ command: ['sh', ...CAT] })
  let onOutput: (text: string) => void = () => {}
  const attachment = client.attach(
    session_id,
    sink(bytes => onOutput(Buffer.from(bytes).toString())),
  )
  await new Promise<void>(resolve => {
    onOutput = text => text.includes('ready') && resolve()
  })
  const times = await measureKeys(
    key => attachment.type(Buffer.from(key)),
    listener => {
      onOutput = listener
    },
  )
  await client.kill(session_id)
  client.close()
  return times
}

async function measureKeys(
  type: (key: string) => void,
  listen: (listener: (text: string) => void) => void,
): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < KEYS; i++) {
    const start = performance.now()
    await new Promise<void>(resolve => {
      listen(() => resolve())
      type('x')
    })
    times.push(performance.now() - start)
    // People pause between keys; without a pause, caches and threads would be warm for the next one.
    await new Promise(resolve => setTimeout(resolve, 6))
  }
  return times
}
