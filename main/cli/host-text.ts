// What is said of a host that is ready. Knows no host, only how to describe one.
import type { Output } from './output.ts'
import { qrLines } from './qr.ts'

export interface ReadyHost {
  /** The page's address with a one-time secret. */
  url: string
  pid: number
  data_dir: string
  port: number
  /** The usual port was taken. */
  other_port: boolean
}

/** Lines that are printed around the code and must stay in sight with it. */
const OTHER_LINES = 5

/** `stop`: what ends it. */
export function tellHost(output: Output, json: boolean, ready: ReadyHost, stop: string): void {
  const { url, pid, data_dir, port, other_port } = ready
  if (json) return output.json({ url, pid, data_dir })
  if (output.isTerminal)
    for (const line of qrLines(url, output.columns, output.rows - OTHER_LINES) ?? []) output.line(line)
  output.line(`On the Go runs: ${url}`)
  output.line('The address opens once (otg pair: a fresh one), and until devices can be paired')
  output.line('only on this computer: the host listens on loopback, phones do not reach it yet.')
  if (other_port) output.line(`The usual port was taken, so it is port ${port}.`)
  output.line(`Shells: otg run. Data: ${data_dir}. Stop: ${stop}; sessions end with it.`)
}
