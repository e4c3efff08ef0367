// otg revoke: revokes the access of paired devices.
import type { Command } from '../command/command.ts'
import { withHost } from '../command/connect.ts'
import { forEachOperand } from '../command/for-each.ts'
import { findDevice } from '../pairing/device-names.ts'
import { quotedName } from '../pairing/pairing-text.ts'

export const revoke: Command = (context, { operands }) => {
  const { json, output } = context
  return withHost(context, client =>
    forEachOperand(operands, output, async text => {
      const { device_id, name } = findDevice(text, (await client.devices()).devices)
      await client.revokeDevice(device_id)
      if (json) output.json({ device_id, revoked: true })
      else output.line(`Revoked ${quotedName(name)}. Pair it again to give it access.`)
    }),
  )
}
