// Reads and changes the app's own preferences, which the main process keeps.
import { CodedError, isErrorCode } from '../../protocol/errors.ts'

export interface AppPreferences {
  theme: 'system' | 'light' | 'dark'
  keep_awake: boolean
  /** URL of the update feed; empty turns updates off. */
  update_feed: string
  start_at_login: boolean
  /** Whether the computer is kept awake right now. */
  awake: boolean
}

/** Applies `change` and returns all preferences. Rejects with a CodedError. */
export async function appPreferences(change: Partial<Omit<AppPreferences, 'awake'>> = {}): Promise<AppPreferences> {
  if (!globalThis.otg) throw new CodedError('unreachable', 'this page works in the app only')
  const answer = (await globalThis.otg.preferences(change)) as AppPreferences | { error: Record<string, string> }
  if (!('error' in answer)) return answer
  const { code = '', message = '' } = answer.error
  throw new CodedError(isErrorCode(code) ? code : 'internal', message)
}
