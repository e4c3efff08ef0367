// otg backup: writes history, devices, keys and settings to one file, whether a host runs or not.
import { resolve } from 'node:path'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { toCoded } from '../../../protocol/errors.ts'
import { packageRoot } from '../../host/package-root.ts'
import { type BackupResult, backUp, readBackupFiles } from '../../host/upkeep/backup.ts'
import { openOffline } from '../../host/upkeep/offline.ts'
import type { Command, Context } from '../command/command.ts'
import { connectIfRunning } from '../command/connect.ts'
import { OK } from '../command/exit-codes.ts'
import { formatBytes } from '../command/text-layout.ts'

export const backup: Command = async (context, { operands }) => {
  const { output, json } = context
  const to = resolve(operands[0]!)
  const client = await connectIfRunning(context)
  const result = client ? await online(client, to) : await offline(context, to)
  const { file, bytes, sessions, files, damaged } = result
  if (json) output.json({ file, bytes, sessions, files, damaged })
  else
    output.line(
      `Wrote ${file}: ${sessions} sessions and ${files.join(', ')} (${formatBytes(bytes)}), and read it back.`,
    )
  output.note(
    'otg: this file holds the keys of this computer and of your phones, and is not encrypted: keep it where you keep passwords',
  )
  if (damaged > 0) output.note('otg: a part of the history is damaged, and so it is in the backup; see otg check')
  return OK
}

async function online(client: LocalClient, to: string): Promise<BackupResult> {
  try {
    return await client.backUp(to)
  } finally {
    client.close()
  }
}

async function offline({ dataDir }: Context, to: string): Promise<BackupResult> {
  const { database, files, release } = await openOffline(dataDir)
  try {
    return backUp({
      database,
      to,
      files: readBackupFiles(dataDir, files),
      header: { made_at: Date.now(), version: packageRoot().version },
    })
  } catch (error) {
    throw toCoded(error)
  } finally {
    release()
  }
}
