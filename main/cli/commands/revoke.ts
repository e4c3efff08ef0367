// otg revoke: takes back what a phone was allowed. Knows no other command.
import { toCoded } from '../../../protocol/errors.ts'
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { findDevice } from '../pairing/device-names.ts'
import { quotedName } from '../pairing/pairing-text.ts'

export const revoke: Command = (context, given) => {
  const { json, output } = context
  return withHost(context, async client => {
    let failed = false
    // One after the other, and all of them, like otg kill.
    for (const text of given.operands) {
      try {
        const { device_id, name } = findDevice(text, (await client.devices()).devices)
        await client.revokeDevice(device_id)
        if (json) output.json({ device_id, revoked: true })
        else output.line(`${quotedName(name)} is revoked: its connections are closed, and it has to be paired anew.`)
      } catch (error) {
        failed = true
        const { code, message } = toCoded(error)
        output.error(code, message)
      }
    }
    return failed ? 1 : 0
  })
}
