// otg check: reads everything that is stored, says what is damaged, and repairs it.
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { CheckReport, Damage, DamageKind } from '../../host/upkeep/check.ts'
import { type KeptKind, removeKeptFiles } from '../../host/upkeep/kept-files.ts'
import { openOffline } from '../../host/upkeep/offline.ts'
import { checkHistory, type RepairReport, repairHistory } from '../../host/upkeep/repair.ts'
import type { Command, Context } from '../command/command.ts'
import { connectIfRunning } from '../command/connect.ts'
import { DAMAGED, LOST, OK } from '../command/exit-codes.ts'
import { formatBytes, printable } from '../command/text-layout.ts'

export const check: Command = async (context, { flags }) => {
  const isRepair = flags.repair === true
  const isRemoval = flags['remove-kept'] === true
  const client = await connectIfRunning(context)
  if (client && (isRepair || isRemoval)) {
    client.close()
    const why = isRepair ? 'repair its history' : 'remove files of its data folder'
    throw new CodedError('host_running', `a host runs on ${context.dataDir}; stop it to ${why}`)
  }
  const report = client ? await online(client) : await offline(context.dataDir, isRepair, isRemoval)
  print(context, report, isRepair)
  if (!isDamaged(report)) return OK
  if (!isRepair) return DAMAGED
  return isLost(report) ? LOST : OK
}

interface Report extends RepairReport {
  /** What was kept is removed. */
  removed?: true
}

function isDamaged({ database, damage }: RepairReport): boolean {
  return database.length > 0 || damage.length > 0
}

async function online(client: LocalClient): Promise<Report> {
  try {
    return await client.checkHistory()
  } finally {
    client.close()
  }
}

async function offline(dataDir: string, isRepair: boolean, isRemoval: boolean): Promise<Report> {
  const { database, release } = await openOffline(dataDir)
  try {
    const report = isRepair ? repairHistory(database, new Date()) : checkHistory(database)
    // What is missing here may be in what was kept.
    if (!isRemoval || isDamaged(report)) return report
    removeKeptFiles(dataDir, report.kept)
    return { ...report, removed: true }
  } finally {
    release()
  }
}

/** Something is gone that cannot be made again. */
function isLost({ damage, salvage }: RepairReport): boolean {
  return salvage !== undefined || damage.some(({ kind }) => kind !== 'keyframe' && kind !== 'text')
}

function print({ output, json }: Context, report: Report, isRepair: boolean): void {
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
  printKept(output, report)
}

function printKept(output: Context['output'], { removed, kept, ...report }: Report): void {
  if (kept.length === 0) return
  const total = formatBytes(kept.reduce((sum, { bytes }) => sum + bytes, 0))
  output.line(removed ? `Removed, ${total}:` : `Kept, but no longer used, ${total}:`)
  for (const { kind, name, bytes } of kept)
    output.line(`  ${printable(name)}: ${formatBytes(bytes)}, ${KEPT_DESCRIPTIONS[kind]}`)
  if (removed) return
  output.line(
    isDamaged({ ...report, kept })
      ? 'Keep them until the history is intact: what it lacks may be there.'
      : 'If you do not need them, stop the host and run: otg check --remove-kept',
  )
}

const KEPT_DESCRIPTIONS: Record<KeptKind, string> = {
  database: 'a history that was damaged or lost',
  before_restore: 'what was there before a restore',
  uploads: 'files uploaded to a session that is gone',
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
