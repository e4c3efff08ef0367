// otg status: how the host is, and what is wrong with it.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { type CodedError, toCoded } from '../../../protocol/errors.ts'
import type { HostMessageOf, Trouble } from '../../../protocol/messages.ts'
import type { Command, Context } from '../command/command.ts'
import { connectHost } from '../command/connect.ts'
import { IN_TROUBLE, NOT_RUNNING, OK } from '../command/exit-codes.ts'
import { formatBytes, printable, wrap } from '../command/text-layout.ts'
import { formatAge, formatTime } from '../command/timestamps.ts'

/** The width of the first column. */
const LABEL_COLUMNS = 12
/** Sentences are easier to read when they are not as wide as a large terminal. */
const TEXT_COLUMNS = 72

const ENVIRONMENT = {
  login: 'of your login shell',
  minimal: 'minimal, because your login shell did not tell its own',
  host: 'of the program that started the host',
}

export const status: Command = async (context, parsed) => {
  let client: LocalClient
  try {
    client = await connectHost(context)
  } catch (error) {
    if (toCoded(error).code !== 'host_not_running') throw error
    showStopped(context, toCoded(error))
    return NOT_RUNNING
  }
  try {
    if (parsed.flags.dismiss) await dismissAll(client)
    const about = await client.status({ renew_environment: parsed.flags['renew-environment'] === true })
    const troubles = await client.troubles()
    show(context, client.host!.host, about, troubles)
    return troubles.length > 0 ? IN_TROUBLE : OK
  } finally {
    client.close()
  }
}

async function dismissAll(client: LocalClient): Promise<void> {
  for (const { kind, dismissible } of await client.troubles()) if (dismissible) await client.dismissTrouble(kind)
}

function showStopped({ json, output, dataDir }: Context, { message }: CodedError): void {
  if (json) return output.json({ running: false, data_dir: dataDir })
  for (const line of row('host', ['not running'])) output.line(line)
  for (const line of row('data', [printable(dataDir)])) output.line(line)
  output.note(`otg: ${message}`)
}

function show(
  { json, output, dataDir }: Context,
  { pid, version }: HostMessageOf<'welcome'>['host'],
  { type: _, request_id: __, ...about }: HostMessageOf<'status'>,
  troubles: readonly Trouble[],
): void {
  if (json) return output.json({ running: true, pid, version, data_dir: dataDir, ...about, troubles })
  const { started_at, addresses, sessions, devices, recording, environment } = about
  const rows = [
    row('host', [`running for ${formatAge(Date.now() - started_at)} (pid ${pid}, version ${printable(version)})`]),
    row('data', [printable(dataDir)]),
    row('addresses', addresses.length > 0 ? addresses.map(({ url, kind }) => `${printable(url)} (${kind})`) : ['none']),
    row('sessions', [`${sessions} running`]),
    row('phones', [`${devices.paired} paired, ${devices.connected} connected`]),
    row('recording', [recordingText(recording)]),
    row('environment', [ENVIRONMENT[environment]]),
    troubles.length === 0 ? row('trouble', ['none']) : troubles.flatMap(trouble => row('trouble', textOf(trouble))),
  ]
  for (const line of rows.flat()) output.line(line)
}

function recordingText({ state, waiting_bytes, database }: HostMessageOf<'status'>['recording']): string {
  const waiting = waiting_bytes > 0 ? `, ${formatBytes(waiting_bytes)} not written yet` : ''
  return `${state}${database ? `, history of ${formatBytes(database.bytes)}` : ', the history does not answer'}${waiting}`
}

function textOf({ title, happens, todo, since, sessions, bytes, path, message, past }: Trouble): string[] {
  const age = formatAge(Date.now() - since)
  return [
    `${title} (${past ? `${formatTime(since)}, ${age} ago` : `since ${formatTime(since)}, for ${age}`})`,
    ...wrap(happens, TEXT_COLUMNS),
    ...wrap(todo, TEXT_COLUMNS),
    ...(bytes ? [`${past ? 'Lost' : 'Lost so far'}: ${formatBytes(bytes)}`] : []),
    ...(sessions.length > 0 ? wrap(`Sessions: ${sessions.map(id => id.slice(0, 8)).join(' ')}`, TEXT_COLUMNS) : []),
    ...(path ? [`File: ${printable(path)}`] : []),
    ...(message ? [`Cause: ${printable(message)}`] : []),
  ]
}

function row(label: string, lines: string[]): string[] {
  return lines.map((line, at) => `${(at === 0 ? label : '').padEnd(LABEL_COLUMNS)}${line}`)
}
