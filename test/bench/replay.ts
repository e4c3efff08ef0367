// Full replay and cold attach with a protocol client that draws nothing.
import { type FilledHost, filledHost, LARGEST_MB } from './support/filled-host.ts'
import { coldAttach, EVERYTHING } from './support/host.ts'
import { mb, mbs, median, ms, printTable, type Row, spread } from './support/table.ts'

const TIMES = 5

export async function replay(): Promise<void> {
  const { host, sessions, compressed } = await filledHost()
  const rows: Row[] = []
  for (const { megabytes, session_id } of [...sessions, compressed]) {
    const attaches = []
    for (let i = 0; i < TIMES; i++) attaches.push(await coldAttach(host, session_id, EVERYTHING))
    const times = spread(
      attaches.map(each => each.ms),
      ms,
    )
    const { wire, bytes } = attaches.at(-1)!
    const note = `${mbs(median(attaches.map(each => each.rate)))}; ${mb(bytes)} received as ${mb(wire)} on the wire`
    const what = session_id === compressed.session_id ? '5 MB compressed: ' : ''
    rows.push([`${what}${megabytes} MB`, ...times, note])
  }
  printTable(`full replay to a protocol client, from the open socket to caught_up, ${TIMES} times`, rows)
}

export async function cold(): Promise<void> {
  const { host, sessions }: FilledHost = await filledHost()
  const rows: Row[] = []
  for (const { megabytes, session_id } of sessions) {
    const attaches = []
    for (let i = 0; i < 2 * TIMES; i++) attaches.push(await coldAttach(host, session_id, {}))
    const times = spread(
      attaches.map(each => each.ms),
      ms,
    )
    rows.push([`with ${megabytes} MB of history`, ...times, `${mb(attaches[0]!.bytes)} of it received`])
  }
  printTable(
    `cold attach with the default budget, protocol client, ${2 * TIMES} times (${LARGEST_MB} MB is the reference)`,
    rows,
  )
}
