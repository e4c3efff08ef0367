// How long it takes to open a session of 50 MB and see its middle. Knows nothing of who plays on from there.
import { Screen } from '../../main/host/screen/screen.ts'
import { filledHost, LARGEST_MB } from './support/filled-host.ts'
import { mb, median, ms, printTable, type Row, spread } from './support/table.ts'

const TIMES = 9

export async function seek(): Promise<void> {
  const { host, sessions } = await filledHost()
  const { session_id } = sessions.at(-1)!
  const client = await host.connect()
  await client.list()
  const steps = { timeline: [] as number[], state: [] as number[], piece: [] as number[], drawn: [] as number[] }
  let words = ''
  for (let i = 0; i < TIMES; i++) {
    const begin = performance.now()
    const { to, end } = await client.history.timeline(session_id, 1000)
    steps.timeline.push(performance.now() - begin)
    // Each time another place, as somebody who drags a slider.
    const at = to * (0.5 + (i - TIMES / 2) / 50)
    const moment = await client.history.seek(session_id, { at })
    steps.state.push(performance.now() - begin)
    const screen = new Screen({ cols: moment.cols, rows: moment.rows })
    screen.write(moment.bytes)
    const stretch = await client.history.readChunk(session_id, moment.position)
    steps.piece.push(performance.now() - begin)
    if (stretch.kind !== 'output') throw new Error('there is nothing to play')
    let size = 0
    for (let run = 0; run < stretch.runs.length && stretch.runs[run]! <= at; run += 2) size += stretch.runs[run + 1]!
    screen.write(stretch.bytes.subarray(0, size))
    steps.drawn.push(performance.now() - begin)
    screen.dispose()
    words = `at ${mb(moment.position.offset + size)} of ${mb(end.offset)}`
  }
  client.close()
  const rows: Row[] = [
    ['the timeline', ...spread(steps.timeline, ms)],
    ['and the state before the middle', ...spread(steps.state, ms)],
    ['and the piece that the middle is in', ...spread(steps.piece, ms), 'target 150 ms'],
    ['and all of it drawn', ...spread(steps.drawn, ms), `${words}; target 150 ms`],
    ['of this a terminal that parses up to 1 MB', ms(median(steps.drawn) - median(steps.piece))],
  ]
  printTable(`opening a session of ${LARGEST_MB} MB and seeking to its middle, over WebSocket, ${TIMES} times`, rows)
}
