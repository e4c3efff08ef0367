// What a session's program is doing, in words, and its question as lines.
import type { ActivityState, Question, SessionInfo } from '../../../protocol/messages.ts'
import { printable } from './text-layout.ts'

/** `ended`: its process is gone. Null: a plain shell. */
export type SessionActivity = ActivityState | 'ended' | null

export function activityOf({ state, activity }: SessionInfo): SessionActivity {
  return state === 'running' ? (activity?.state ?? null) : 'ended'
}

/** The question, what it is about, and its options; safe to print. An ellipsis comes first if there is more. */
export function questionLines({ text, context, is_cut, options, accepts_text, kind }: Question): string[] {
  const lines = [...(is_cut ? ['  …'] : []), ...context.map(line => `  ${line}`), text, ...optionLines(options)]
  if (accepts_text) lines.push(kind === 'password' ? '  (a password: --text -)' : '  (a line of text: --text T)')
  return lines.map(printable)
}

export function optionLines(options: Question['options']): string[] {
  return options.map(({ key, label, detail }) =>
    printable(`  ${key === '' ? '-' : key}  ${label}${detail === undefined ? '' : `: ${detail}`}`),
  )
}
