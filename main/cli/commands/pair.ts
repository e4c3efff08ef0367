// otg pair: a fresh address of the page. Knows no other command.
import type { Command } from '../command.ts'
import { withHost } from '../connect.ts'
import { qrLines } from '../qr.ts'

export const pair: Command = async (context, _given) => {
  const { json, output } = context
  const url = await withHost(context, async client => {
    const pairing = new Promise<string>(resolve => client.on('pairing', ({ addresses }) => resolve(addresses[0]!.url)))
    client.showPairing()
    return pairing
  })
  if (json) output.json({ url })
  else {
    output.line(url)
    if (!output.isTerminal) return 0
    for (const line of qrLines(url, output.columns, output.rows) ?? []) output.line(line)
    output.note('It opens once, and only on this computer until devices can be paired.')
  }
  return 0
}
