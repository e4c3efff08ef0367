// The app's own preferences, asked of the main process. Knows nothing of what they do.
import { CodedError, isErrorCode } from '../../protocol/errors.ts'

export interface AppPreferences {
  theme: 'system' | 'light' | 'dark'
  keep_awake: boolean
  /** Where newer versions are looked for; empty: nowhere. */
  update_feed: string
  start_at_login: boolean
  /** The computer is kept awake at this moment. */
  awake: boolean
}

/** Changes what is named and returns all. Rejects with a CodedError. */
export async function appPreferences(change: Partial<Omit<AppPreferences, 'awake'>> = {}): Promise<AppPreferences> {
  if (!globalThis.otg) throw new CodedError('unreachable', 'this page works in the app only')
  const answer = (await globalThis.otg.preferences(change)) as AppPreferences | { error: Record<string, string> }
  if (!('error' in answer)) return answer
  const { code = '', message = '' } = answer.error
  throw new CodedError(isErrorCode(code) ? code : 'internal', message)
}
