// otg devices: the paired phones, and what they may do. Knows no other command.
import type { DeviceInfo, PairingRequest } from '../../../protocol/messages.ts'
import { UsageError } from '../command/args.ts'
import type { Command, Context, Given } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { age, cut, plain, table } from '../command/output.ts'
import { findDevice } from '../pairing/device-names.ts'
import { askedWords, codeWords, mayWords, placeWords, quotedName } from '../pairing/pairing-text.ts'

/** Longer names would push the rest of the line out of sight. */
const NAME_COLUMNS = 32

export const devices: Command = (context, given) => {
  const { operands } = given
  const change = changeOf(given)
  return withHost(context, async client => {
    const [name] = operands
    if (name === undefined) {
      const { devices, requests } = await client.devices()
      list(context, devices, requests)
      return 0
    }
    const { device_id, name: before } = findDevice(name, (await client.devices()).devices)
    if (change) await client.updateDevice(device_id, change)
    const { devices } = await client.devices()
    const device = findDevice(device_id, devices)
    if (!change || context.json) list(context, [device], [])
    else context.output.line(changedWords(before, device))
    return 0
  })
}

/** Undefined: nothing is to be changed. Throws UsageError. */
function changeOf({ flags, values, operands }: Given): { name?: string; read_only?: boolean } | undefined {
  const wrong = (message: string) => new UsageError(message, 'devices')
  if (flags['read-only'] && flags.full) throw wrong('--read-only and --full exclude each other')
  const may = flags['read-only'] ? true : flags.full ? false : undefined
  const name = values.rename
  if (may === undefined && name === undefined) return undefined
  if (operands.length === 0) throw wrong('which device? NAME is missing')
  return { ...(name === undefined ? {} : { name }), ...(may === undefined ? {} : { read_only: may }) }
}

function list({ json, output, program }: Context, devices: DeviceInfo[], requests: PairingRequest[]): void {
  if (json) return [...devices, ...requests].forEach(one => void output.json(one))
  if (devices.length > 0) for (const line of lines(devices, output.columns)) output.line(line)
  else output.note(`no device is paired; pair one with: ${program} pair`)
  for (const request of requests)
    output.line(`${askedWords(request)} waits to be let in. Code ${codeWords(request.code)}; answer: ${program} pair`)
}

function lines(devices: DeviceInfo[], width: number): string[] {
  const now = Date.now()
  const rows = devices.map(device => [
    cut(plain(device.name), NAME_COLUMNS),
    device.connected > 0 ? 'connected' : `${age(now - device.last_seen)} ago`,
    mayWords(device),
    day(device.created_at),
    placeWords(device.address),
  ])
  return table([['NAME', 'LAST SEEN', 'MAY', 'SINCE', 'FROM'], ...rows], width)
}

/** The day here, as ISO 8601 writes it. */
function day(milliseconds: number): string {
  const date = new Date(milliseconds)
  const two = (number: number) => `${number}`.padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

function changedWords(before: string, { name, read_only }: DeviceInfo): string {
  const was = before === name ? '' : `, which was ${quotedName(before)},`
  return `${quotedName(name)}${was} may ${read_only ? 'only look' : 'type'}.`
}
