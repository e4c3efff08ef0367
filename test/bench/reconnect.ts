// Time to reconnect after a connection drop during which little output was missed.
import { logFile } from './support/files.ts'
import { BenchHost, nextEvent, sink, wait } from './support/host.ts'
import { mb, ms, percentile, printTable, spread } from './support/table.ts'

const TIMES = 20
const MISSED_BYTES = 60_000

export async function reconnect(): Promise<void> {
  const host = await BenchHost.start()
  const observer = await host.connect()
  const script = `stty -opost -echo; echo ready; while read line; do cat ${logFile(MISSED_BYTES, '\r\n')}; done`
  const { session_id } = await observer.create({ command: ['sh', '-c', script] })
  let printed = 0
  const observed = observer.attach(
    session_id,
    sink(bytes => {
      printed += bytes.length
    }),
  )
  await nextEvent(observed, 'caught_up')

  const { times, missed } = await dropAndReconnect()
  const figure = spread(times, ms)
  await host.stop()
  printTable(`reconnect after a drop, from the open socket to caught_up, ${TIMES} times`, [
    [`${mb(missed)} missed`, ...figure, `p90 ${ms(percentile(times, 0.9))}`],
  ])

  async function dropAndReconnect(): Promise<{ times: number[]; missed: number }> {
    const phone = await host.newClient()
    let received = 0
    const attachment = phone.client.attach(
      session_id,
      sink(bytes => {
        received += bytes.length
      }),
    )
    await Promise.all([nextEvent(attachment, 'caught_up'), phone.client.connect()])
    const times: number[] = []
    let before = 0
    for (let i = 0; i < TIMES; i++) {
      const dropped = new Promise<void>(resolve => {
        const off = phone.client.on('state', state => {
          if (state.name !== 'waiting') return
          off()
          resolve()
        })
      })
      phone.socket!.terminate()
      await dropped
      const end = printed + MISSED_BYTES
      observed.type(Buffer.from('\n'))
      while (printed < end) await wait(5)
      await wait(20)
      before = received
      const caughtUp = nextEvent(attachment, 'caught_up')
      phone.client.retry()
      await caughtUp
      times.push(performance.now() - phone.openedAt)
    }
    return { times, missed: received - before }
  }
}
