// What `otg host` prints when the host is ready.
import type { AddressKind } from '../../../protocol/messages.ts'
import type { Context } from '../command/command.ts'
import { addressKindText } from '../pairing/pairing-text.ts'

export interface ReadyHost {
  /** Addresses of the page, the best first. They contain no secret. */
  pages: { url: string; kind: AddressKind }[]
  pid: number
  data_dir: string
  port: number
  /** The default port was in use. */
  other_port: boolean
}

/** `stop` says how to stop it. */
export function printHostBanner(
  { output, json, program, env, dataDirOption }: Context,
  ready: ReadyHost,
  stop: string,
): void {
  const { pages, pid, data_dir, port, other_port } = ready
  if (json) return output.json({ url: pages[0]!.url, pid, data_dir, port })
  // Another terminal does not have this command line, and may not have this environment.
  const option = dataDirOption || env.OTG_DATA_DIR ? ` --data-dir ${quoted(data_dir)}` : ''
  const width = Math.max(...pages.map(({ url }) => url.length))
  const lines = [
    ...pages.map(({ url, kind }) => `${url.padEnd(width)}   ${addressKindText(kind)}`),
    ...(other_port ? [`The default port is in use, so the host uses port ${port}.`] : []),
    `Pair a phone: ${program} pair${option}`,
    `Start a shell: ${program} run${option}`,
    `Stop: ${stop} (ends all sessions)`,
  ]
  for (const line of lines) output.line(line)
}

/** Quoted for a shell where needed. */
function quoted(path: string): string {
  if (/^[\w./:\\~+@%,-]+$/.test(path)) return path
  return process.platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", "'\\''")}'`
}
