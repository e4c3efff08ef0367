// The troubles that stay until a person has read of them, in `health.json`: a restart does not make them unsaid.
import * as z from 'zod'
import { writeAtomically } from '../files/atomic-file.ts'
import { readPlainFile } from '../files/plain-file.ts'
import { DETAIL_CHARACTERS, MAX_SESSIONS, type Trouble } from './health.ts'
import { isTroubleKind, TROUBLES } from './troubles.ts'

const Stored = z.object({
  kind: z.string(),
  since: z.number(),
  sessions: z.array(z.string().max(64)).max(MAX_SESSIONS),
  bytes: z.number().optional(),
  path: z.string().max(DETAIL_CHARACTERS).optional(),
  message: z.string().max(DETAIL_CHARACTERS).optional(),
  told: z.boolean().optional(),
})

const File = z.object({ troubles: z.array(Stored) })

/** Empty if there is no such file. One that is damaged is empty too: a host whose disk is in trouble has to start. */
export function readStoredTroubles(file: string): Trouble[] {
  try {
    const { troubles } = File.parse(JSON.parse(readPlainFile(file)))
    return troubles.flatMap(({ kind, bytes, path, message, told, ...rest }) =>
      isTroubleKind(kind) && TROUBLES[kind].ends === 'person'
        ? [
            {
              kind,
              ...rest,
              ...(bytes !== undefined && { bytes }),
              ...(path !== undefined && { path }),
              ...(message !== undefined && { message }),
              ...(told && { told }),
            },
          ]
        : [],
    )
  } catch {
    return []
  }
}

/** Throws `data_dir_unusable`. */
export function writeStoredTroubles(file: string, troubles: readonly Trouble[]): void {
  const stored = troubles.filter(({ kind }) => TROUBLES[kind].ends === 'person')
  writeAtomically(file, `${JSON.stringify({ troubles: stored })}\n`)
}
