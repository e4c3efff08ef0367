// Asks the main process for the state of updates, and to check, download or install.

/** Mirrors main/desktop/updates/updates.ts. */
export type UpdateState = {
  /** Whether this package can replace itself. */
  can_install: boolean
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
