// What is said of a host that is ready. Knows no host, only how to describe one.
import type { Context } from './command.ts'
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

/** `stop`: what ends it. */
export function tellHost({ output, json, program }: Context, ready: ReadyHost, stop: string): void {
  const { url, pid, data_dir, port, other_port } = ready
  if (json) return output.json({ url, pid, data_dir })
  const lines = [
    url,
    'It opens once. The host listens on this computer only, until pairing exists.',
    ...(other_port ? [`The usual port was taken, so it is port ${port}.`] : []),
    `A shell: ${program} run. A fresh address: ${program} pair.`,
    `Stop: ${stop}; sessions end with it.`,
  ]
  // The code comes first and stays in sight with the rest and the cursor: on 80 x 24 that is just so.
  const room = output.rows - lines.length - 1
  if (output.isTerminal) for (const line of qrLines(url, output.columns, room) ?? []) output.line(line)
  for (const line of lines) output.line(line)
}
