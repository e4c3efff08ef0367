// Finds a paired device by its name or ID, or any unique prefix of them.
import { CodedError } from '../../../protocol/errors.ts'
import type { DeviceInfo } from '../../../protocol/messages.ts'
import { printable } from '../command/text-layout.ts'
import { quotedName } from './pairing-text.ts'

/** Throws `device_unknown`, `device_ambiguous`. */
export function findDevice(text: string, devices: readonly DeviceInfo[]): DeviceInfo {
  const wanted = folded(text)
  // A full ID comes first: a device can choose its name, but not its ID.
  const exact =
    devices.find(({ device_id }) => device_id === wanted) ?? devices.find(({ name }) => folded(name) === wanted)
  if (exact) return exact
  const begin = devices.filter(({ device_id, name }) =>
    [device_id, folded(name)].some(one => wanted !== '' && one.startsWith(wanted)),
  )
  const [device, ...more] = begin
  if (!device)
    throw new CodedError(
      'device_unknown',
      `no device is named ${printable(text) || 'that'}; list them with: otg devices`,
    )
  if (more.length === 0) return device
  const names = begin.map(one => `${quotedName(one.name)} (${one.device_id})`).join(', ')
  throw new CodedError('device_ambiguous', `${printable(text)} matches ${names}; enter more of it`)
}

function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}
