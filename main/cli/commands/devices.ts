// otg devices: lists paired devices and pairing requests, and changes a device's name and permissions.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { MAX_PAGE } from '../../../protocol/limits.ts'
import type { DeviceInfo, PairingRequest } from '../../../protocol/messages.ts'
import { UsageError } from '../command/args.ts'
import type { Command, Context, ParsedArgs } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { cut, printable, table } from '../command/text-layout.ts'
import { formatAge, formatDay } from '../command/timestamps.ts'
import { findDevice } from '../pairing/device-names.ts'
import { addressText, formatCode, permissionText, quotedName, requesterText } from '../pairing/pairing-text.ts'

/** Longer names would push the other columns out of sight. */
const NAME_COLUMNS = 32

export const devices: Command = (context, parsed) => {
  const { operands } = parsed
  const change = readChange(parsed)
  return withHost(context, async client => {
    const [name] = operands
    if (name === undefined) {
      const { devices, requests } = await client.devices()
      list(context, devices, requests)
      return 0
    }
    const { device_id, name: before } = findDevice(name, (await client.devices()).devices)
    if (change) await client.updateDevice(device_id, await wholeIds(client, change))
    const { devices } = await client.devices()
    const device = findDevice(device_id, devices)
    if (!change || context.json) list(context, [device], [])
    else context.output.line(changeText(before, device))
    return 0
  })
}

interface Change {
  name?: string
  read_only?: boolean
  sessions?: string[] | null
}

/** Undefined if the options change nothing. Throws UsageError. */
function readChange({ flags, values, operands }: ParsedArgs): Change | undefined {
  if (flags['read-only'] && flags.full) throw new UsageError('--read-only and --full cannot be combined', 'devices')
  const read_only = flags['read-only'] ? true : flags.full ? false : undefined
  const name = values.rename
  if (values.sessions !== undefined && flags['all-sessions'])
    throw new UsageError('--sessions and --all-sessions cannot be combined', 'devices')
  const sessions = flags['all-sessions'] ? null : values.sessions?.split(',').filter(id => id !== '')
  if (read_only === undefined && name === undefined && sessions === undefined) return undefined
  if (operands.length === 0) throw new UsageError('NAME is missing: which device?', 'devices')
  return {
    ...(name === undefined ? {} : { name }),
    ...(read_only === undefined ? {} : { read_only }),
    ...(sessions === undefined ? {} : { sessions }),
  }
}

/** Sessions may be named by the beginning of their IDs. Throws `session_unknown`, `session_ambiguous`. */
async function wholeIds(client: LocalClient, change: Change): Promise<Change> {
  if (!change.sessions) return change
  const { sessions: known } = await client.history.sessions({ limit: MAX_PAGE })
  const sessions = change.sessions.map(start => {
    const found = known.filter(({ session_id }) => session_id.startsWith(start))
    if (found.length > 1) throw new CodedError('session_ambiguous', `more than one session id begins with ${start}`)
    if (found.length === 0) throw new CodedError('session_unknown', `no session has the id ${start}`)
    return found[0]!.session_id
  })
  return { ...change, sessions }
}

function list({ json, output, program }: Context, devices: DeviceInfo[], requests: PairingRequest[]): void {
  if (json) return [...devices, ...requests].forEach(one => void output.json(one))
  if (devices.length > 0) for (const line of lines(devices, output.columns)) output.line(line)
  else output.note(`no paired devices; pair one with: ${program} pair`)
  for (const request of requests)
    output.line(
      `${requesterText(request)} wants to pair. Digits ${formatCode(request.code)}; answer with: ${program} pair`,
    )
}

function lines(devices: DeviceInfo[], width: number): string[] {
  const now = Date.now()
  const rows = devices.map(device => [
    cut(printable(device.name), NAME_COLUMNS),
    device.connected > 0 ? 'connected' : `${formatAge(now - device.last_seen)} ago`,
    permissionText(device),
    formatDay(device.created_at),
    addressText(device.address),
  ])
  return table([['NAME', 'LAST SEEN', 'CAN', 'PAIRED', 'ADDRESS'], ...rows], width)
}

function changeText(before: string, device: DeviceInfo): string {
  const was = before === device.name ? '' : ` (was ${quotedName(before)})`
  const what = device.read_only ? 'only watch' : 'type'
  const where = device.sessions ? ` in ${device.sessions.length} of the sessions, and in those that it starts` : ''
  return `${quotedName(device.name)}${was} can ${what}${where}.`
}
