// Coming back after a drop with little missed. Knows nothing of why connections drop.
import { logFile } from './support/files.ts'
import { BenchHost, nextEvent, sink, wait } from './support/host.ts'
import { mb, ms, percentile, printTable, spread } from './support/table.ts'

const TIMES = 20
const MISSED_BYTES = 60_000

export async function reconnect(): Promise<void> {
  const host = await BenchHost.start()
  const watcher = await host.connect()
  const script = `stty -opost -echo; echo ready; while read line; do cat ${logFile(MISSED_BYTES, '\r\n')}; done`
  const { session_id } = await watcher.create({ command: ['sh', '-c', script] })
  let printed = 0
  const watched = watcher.attach(
    session_id,
    sink(bytes => {
      printed += bytes.length
    }),
  )
  await nextEvent(watched, 'caught_up')

  const { times, missed } = await dropAndReturn()
  const figure = spread(times, ms)
  await host.stop()
  printTable(`return after a drop, from the open socket to caught_up, ${TIMES} times`, [
    [`${mb(missed)} missed`, ...figure, `p90 ${ms(percentile(times, 0.9))}`],
  ])

  async function dropAndReturn(): Promise<{ times: number[]; missed: number }> {
    const one = await host.newClient()
    let got = 0
    const attached = one.client.attach(
      session_id,
      sink(bytes => {
        got += bytes.length
      }),
    )
    await Promise.all([nextEvent(attached, 'caught_up'), one.client.connect()])
    const times: number[] = []
    let before = 0
    for (let i = 0; i < TIMES; i++) {
      const lost = new Promise<void>(resolve => {
        const off = one.client.on('state', state => {
          if (state.name !== 'waiting') return
          off()
          resolve()
        })
      })
      one.socket!.terminate()
      await lost
      const end = printed + MISSED_BYTES
      watched.type(Buffer.from('\n'))
      while (printed < end) await wait(5)
      await wait(20)
      before = got
      const back = nextEvent(attached, 'caught_up')
      one.client.retry()
      await back
      times.push(performance.now() - one.openedAt)
    }
    return { times, missed: got - before }
  }
}
