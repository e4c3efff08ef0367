// How long it takes to open a recorded session of 50 MB and to seek to its middle.
import { Screen } from '../../main/host/screen/screen.ts'
import { filledHost, LARGEST_MB } from './support/filled-host.ts'
import { mb, median, ms, printTable, type Row, spread } from './support/table.ts'

const TIMES = 9

export async function seek(): Promise<void> {
  const { host, sessions } = await filledHost()
  const { session_id } = sessions.at(-1)!
  const client = await host.connect()
  await client.list()
  const steps = { timeline: [] as number[], keyframe: [] as number[], chunk: [] as number[], drawn: [] as number[] }
  let note = ''
  for (let i = 0; i < TIMES; i++) {
    const begin = performance.now()
    const { to, end } = await client.history.timeline(session_id, 1000)
    steps.timeline.push(performance.now() - begin)
    // A different time on each run, like dragging the slider.
    const at = to * (0.5 + (i - TIMES / 2) / 50)
    const state = await client.history.seek(session_id, { at })
    steps.keyframe.push(performance.now() - begin)
    const screen = new Screen({ cols: state.cols, rows: state.rows })
    screen.write(state.bytes)
    const chunk = await client.history.readChunk(session_id, state.position)
    steps.chunk.push(performance.now() - begin)
    if (chunk.kind !== 'output') throw new Error('no output at this time')
    let size = 0
    for (let run = 0; run < chunk.runs.length && chunk.runs[run]! <= at; run += 2) size += chunk.runs[run + 1]!
    screen.write(chunk.bytes.subarray(0, size))
    steps.drawn.push(performance.now() - begin)
    screen.dispose()
    note = `at ${mb(state.position.offset + size)} of ${mb(end.offset)}`
  }
  client.close()
  const rows: Row[] = [
    ['timeline', ...spread(steps.timeline, ms)],
    ['plus the state before the middle', ...spread(steps.keyframe, ms)],
    ['plus the segment around the middle', ...spread(steps.chunk, ms), 'target 150 ms'],
    ['plus drawing it', ...spread(steps.drawn, ms), `${note}; target 150 ms`],
    ['of which parsing up to 1 MB', ms(median(steps.drawn) - median(steps.chunk))],
  ]
  printTable(`opening a session of ${LARGEST_MB} MB and seeking to its middle, over WebSocket, ${TIMES} times`, rows)
}
