// otg check: reads everything that is stored, says what is damaged, and repairs it.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { CheckReport, Damage, DamageKind } from '../../host/upkeep/check.ts'
import { openOffline } from '../../host/upkeep/offline.ts'
import { checkHistory, type RepairReport, repairHistory } from '../../host/upkeep/repair.ts'
import type { Command, Context } from '../command/command.ts'
import { connectIfRunning } from '../command/connect.ts'
import { DAMAGED, LOST, OK } from '../command/exit-codes.ts'
import { formatBytes, printable } from '../command/text-layout.ts'

export const check: Command = async (context, { flags }) => {
  const isRepair = flags.repair === true
  const client = await connectIfRunning(context)
  if (client && isRepair) {
    client.close()
    throw new CodedError('host_running', `a host runs on ${context.dataDir}; stop it to repair its history`)
  }
  const report = client ? await online(client) : await offline(context.dataDir, isRepair)
  print(context, report, isRepair)
  const isDamaged = report.database.length > 0 || report.damage.length > 0
  if (!isDamaged) return OK
  if (!isRepair) return DAMAGED
  return isLost(report) ? LOST : OK
}

async function online(client: LocalClient): Promise<RepairReport> {
  try {
    return await client.checkHistory()
  } finally {
    client.close()
  }
}

async function offline(dataDir: string, isRepair: boolean): Promise<RepairReport> {
  const { database, release } = await openOffline(dataDir)
  try {
    return isRepair ? repairHistory(database, new Date()) : checkHistory(database)
  } finally {
    release()
  }
}

/** Something is gone that cannot be made again. */
function isLost({ damage, salvage }: RepairReport): boolean {
  return salvage !== undefined || damage.some(({ kind }) => kind !== 'keyframe' && kind !== 'text')
}

function print({ output, json }: Context, report: RepairReport, isRepair: boolean): void {
  if (json) return output.json({ ...report, repaired: isRepair })
  const { database, damage, sessions, bytes, salvage } = report
  for (const line of database) output.line(`database: ${printable(line)}`)
  for (const one of damage) output.line(`${one.session_id.slice(0, 8)}: ${describe(one)}`)
  if (salvage) {
    output.line(`The database could not be read as a whole. What is left was copied into a new one:`)
    output.line(
      `${salvage.rows.sessions} session records, ${salvage.rows.pieces} segments, ${salvage.rows.marks} marks.`,
    )
    if (salvage.lost_records > 0) output.line(`${salvage.lost_records} sessions lost their title, command and times.`)
    output.line(`The damaged file is kept: ${salvage.kept}`)
  }
  output.line(`${sessions} sessions, ${formatBytes(bytes)} of output: ${verdict(report, isRepair)}`)
}

function verdict(report: CheckReport, isRepair: boolean): string {
  if (report.database.length === 0 && report.damage.length === 0) return 'all intact.'
  if (!isRepair) return 'damaged. To repair it, stop the host and run: otg check --repair'
  const lost = report.damage.filter(({ kind }) => kind === 'output').reduce((sum, { from, to }) => sum + to - from, 0)
  return lost > 0 ? `repaired. ${formatBytes(lost)} of output are gone, as listed.` : 'repaired. No output is gone.'
}

const DESCRIPTIONS: Record<DamageKind, string> = {
  output: 'output is gone',
  timing: 'when the output arrived is gone',
  keyframe: 'a keyframe is damaged (nothing is lost)',
  text: 'rendered text is damaged (it is rendered again)',
  mark: 'a mark is gone',
  record: 'title, command and times may be wrong',
  unreadable: 'the database cannot read it',
}

function describe({ kind, from, to }: Damage): string {
  const where =
    kind === 'mark' || kind === 'record' ? '' : kind === 'keyframe' ? ` at byte ${from}` : ` of bytes ${from} to ${to}`
  return `${DESCRIPTIONS[kind]}${where && `:${where}`}`
}
