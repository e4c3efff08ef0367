// How it stands with updates, asked of the main process. Knows nothing of how they are fetched or installed.

/** As main/desktop/updates/updates.ts has it, with what this package is. */
export type UpdateState = {
  /** It can replace itself. */
  able: boolean
  version_now: string
} & (
  | { name: 'off' | 'checking' }
  | { name: 'newest'; checked_at: number }
  | { name: 'newer' | 'ready'; version: string }
  | { name: 'downloading'; version: string; percent: number }
  | { name: 'failed'; message: string }
)

export async function appUpdates(
  wanted: 'state' | 'check' | 'download' | 'install' = 'state',
): Promise<UpdateState | undefined> {
  return (await globalThis.otg?.updates(wanted)) as UpdateState | undefined
}
