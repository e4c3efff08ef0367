// otg restore: puts a backup into a data folder.
import { realpathSync } from 'node:fs'
import { resolve } from 'node:path'
import { restore as restoreBackup } from '../../host/upkeep/restore.ts'
import type { Command } from '../command/command.ts'
import { OK } from '../command/exit-codes.ts'
import { formatTime } from '../command/timestamps.ts'

export const restore: Command = async ({ output, json, dataDir, program, dataDirOption }, { operands, flags }) => {
  const result = restoreBackup({
    backup: resolve(operands[0]!),
    folder: realFolder(dataDir),
    force: flags.force === true,
    now: new Date(),
  })
  const { folder, made_at, sessions, damaged, kept } = result
  if (json) {
    output.json(result)
    return OK
  }
  output.line(`Restored ${sessions} sessions, devices, keys and settings of ${formatTime(made_at)} into ${folder}.`)
  if (kept) output.line(`What was there before is in ${kept}.`)
  if (damaged > 0) output.note('otg: a part of the history in the backup is damaged; see otg check')
  const option = dataDirOption ? ` --data-dir ${dataDir}` : ''
  output.note(`otg: start the host with: ${program} host --detach${option}`)
  output.note(
    'otg: do not run this host and the one that was backed up at the same time: phones cannot tell them apart',
  )
  return OK
}

/** A link to the folder stays one. */
function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
