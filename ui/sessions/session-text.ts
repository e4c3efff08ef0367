// Sessions, sizes and durations as text. Text that programs chose is made safe to show in one line.
import type { HostMessageOf, SessionInfo } from '../../protocol/messages.ts'
import { oneLine } from '../../protocol/one-line.ts'
import { ATTENTION_TEXTS } from '../../protocol/session-attention.ts'
import { joinWords } from '../kit/shell-words.ts'

/** The text as it can be shown in one line. */
export const printable = (text: string): string => oneLine(text)

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** In one unit: `12 s`, `5 min`, `3 h`, `2 d`. */
export function formatRoughDuration(milliseconds: number): string {
  if (milliseconds < MINUTE) return `${Math.max(0, Math.floor(milliseconds / 1000))} s`
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`
  if (milliseconds < DAY) return `${Math.floor(milliseconds / HOUR)} h`
  return `${Math.floor(milliseconds / DAY)} d`
}

/** Without seconds: `now`, `5 min`. */
export function formatAge(milliseconds: number): string {
  return milliseconds < MINUTE ? 'now' : formatRoughDuration(milliseconds)
}

/** The command as a user would type it. */
export function commandLine(command: readonly string[]): string {
  return printable(joinWords(command))
}

/** Shortens a path at the start: its end says more. */
export function shortPath(path: string, maxLength = 32): string {
  const clean = printable(path)
  if (clean.length <= maxLength) return clean
  const parts = clean.split(/[/\\]/)
  let short = parts.pop() ?? ''
  while (parts.length > 0 && short.length + (parts.at(-1)?.length ?? 0) + 1 < maxLength - 2)
    short = `${parts.pop()}/${short}`
  return `…/${short}`
}

/** `900 bytes`, `12 KB`, `3.4 MB`. */
export function formatBytes(count: number): string {
  if (count < 1000) return count === 1 ? '1 byte' : `${count} bytes`
  if (count < 1_000_000) return `${Math.round(count / 1000)} KB`
  return `${(count / 1_000_000).toFixed(1)} MB`
}

type GapReason = HostMessageOf<'gap'>['reason']

/** What happened to a part of the output that is not shown. Without `bytes` the text names no amount. */
export function gapText(reason: GapReason, bytes?: number): string {
  const what = bytes === undefined ? 'The output here' : formatBytes(bytes)
  switch (reason) {
    case 'skipped':
      return `${what}${bytes === undefined ? '' : ' of output'} came too fast to be shown here and was skipped`
    case 'trimmed':
      return `${what} was deleted to make room for newer output`
    case 'damaged':
      return `${what} is damaged and cannot be read`
    case 'unrecorded':
      return `${what} could not be recorded`
  }
}

/** What a live terminal lacks: of each reason, how many bytes. What was skipped is not lost. */
export function gapNotice(gaps: ReadonlyMap<GapReason, number>): string {
  const lost = [...gaps].filter(([reason]) => reason !== 'skipped').map(([reason, bytes]) => gapText(reason, bytes))
  const skipped = gaps.get('skipped')
  const sentences: string[] = []
  if (lost.length > 0) sentences.push(`Part of the output is missing: ${lost.join(', ')}.`)
  if (skipped !== undefined) sentences.push(`${gapText('skipped', skipped)}. The session’s recording has it.`)
  return sentences.join(' ')
}

/** The notification's text, or that the bell rang. */
export function attentionText({ text }: { text: string }): string {
  return printable(text) || ATTENTION_TEXTS.bell
}

/** How a session ended, or that it is running. */
export function stateText({ state, exit_code, signal }: Pick<SessionInfo, 'state' | 'exit_code' | 'signal'>): string {
  switch (state) {
    case 'running':
      return 'running'
    case 'exited':
      if (signal) return `ended by ${signal}`
      return exit_code === 0 ? 'finished' : `failed (exit code ${exit_code ?? '?'})`
    case 'killed':
      return 'ended by user'
    case 'expired':
      return 'expired'
    case 'host_stopped':
      return 'ended when the host stopped'
    case 'host_crashed':
      return 'lost in a crash'
  }
}
