// What is said of a host that is ready. Knows no host, only how to describe one.
import type { AddressKind } from '../../../protocol/messages.ts'
import type { Context } from '../command/command.ts'
import { kindWords } from '../pairing/pairing-text.ts'

export interface ReadyHost {
  /** The page's addresses, the best first. Nothing in them is a secret. */
  pages: { url: string; kind: AddressKind }[]
  pid: number
  data_dir: string
  port: number
  /** The usual port was taken. */
  other_port: boolean
}

/** `stop`: what ends it. */
export function tellHost({ output, json, program, env, dataDirOption }: Context, ready: ReadyHost, stop: string): void {
  const { pages, pid, data_dir, port, other_port } = ready
  if (json) return output.json({ url: pages[0]!.url, pid, data_dir, port })
  // Another terminal has neither this command line nor, it may be, this environment.
  const option = dataDirOption || env.OTG_DATA_DIR ? ` --data-dir ${quoted(data_dir)}` : ''
  const width = Math.max(...pages.map(({ url }) => url.length))
  const lines = [
    ...pages.map(({ url, kind }) => `${url.padEnd(width)}   ${kindWords(kind)}`),
    ...(other_port ? [`The usual port was taken, so it is port ${port}.`] : []),
    `Pair a phone: ${program} pair${option}`,
    `Start a shell: ${program} run${option}`,
    `Stop: ${stop}; sessions end with it.`,
  ]
  for (const line of lines) output.line(line)
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  if (/^[\w./:\\~+@%,-]+$/.test(path)) return path
  return process.platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", "'\\''")}'`
}
