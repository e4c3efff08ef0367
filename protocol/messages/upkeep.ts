// Messages about the upkeep of the data folder, for clients on the host's own computer (role `local`): backups and checks.
import * as z from 'zod/mini'
import { offset, request_id, text } from './fields.ts'

/** As long as a path may be on Linux (PATH_MAX). */
const PATH_CHARACTERS = 4096

/** What is damaged in a history. `output` is gone; everything else is made again from the log, or from what is left. */
export const DamageKind = z.enum(['output', 'timing', 'keyframe', 'text', 'mark', 'record', 'unreadable'])

/** What a repair or a lost history left, what was there before a restore, and files of sessions that are gone. */
export const KeptKind = z.enum(['database', 'before_restore', 'uploads'])

export const CheckReport = () =>
  z.object({
    /** What SQLite finds wrong with the file. */
    database: z.array(z.string()),
    /** `from`, `to`: offsets in the session's output; of a keyframe, where it is. */
    damage: z.array(z.object({ kind: DamageKind, session_id: z.string(), from: offset, to: offset })),
    sessions: z.int(),
    /** Of output that is intact. */
    bytes: z.int(),
    /** Files of the data folder that nothing uses any more, and that only a person removes. */
    kept: z.array(z.object({ kind: KeptKind, name: z.string(), bytes: z.int() })),
  })
export type CheckReport = z.infer<ReturnType<typeof CheckReport>>

export const upkeepRequests = () =>
  [
    /** Writes a backup to a file, by its absolute path. */
    z.object({ type: z.literal('back_up'), request_id, file: text(PATH_CHARACTERS) }),
    /** Reads all of the history, and changes nothing. */
    z.object({ type: z.literal('check_history'), request_id }),
  ] as const

export const UPKEEP_MESSAGES = {
  backed_up: () =>
    z.object({
      type: z.literal('backed_up'),
      request_id,
      file: z.string(),
      bytes: z.int(),
      sessions: z.int(),
      /** Names of the files in it, besides the history. */
      files: z.array(z.string()),
      /** How much of the history is damaged, and was copied as it is. */
      damaged: z.int(),
    }),
  history_checked: () => z.object({ type: z.literal('history_checked'), request_id, report: CheckReport() }),
}
