// How sessions are put into words. Knows no DOM; what programs chose is made fit to be read in one line.
import type { HostMessageOf, SessionInfo } from '../../protocol/messages.ts'
import { oneLine } from '../../protocol/one-line.ts'
import { joinWords } from '../kit/shell-words.ts'

/** As it is shown in one line. */
export const printable = (text: string): string => oneLine(text)

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `milliseconds` as people say it: `12 s`, `5 min`, `3 h`, `2 d`. */
export function formatRoughDuration(milliseconds: number): string {
  if (milliseconds < MINUTE) return `${Math.max(0, Math.floor(milliseconds / 1000))} s`
  if (milliseconds < HOUR) return `${Math.floor(milliseconds / MINUTE)} min`
  if (milliseconds < DAY) return `${Math.floor(milliseconds / HOUR)} h`
  return `${Math.floor(milliseconds / DAY)} d`
}

/** How long ago, where a few seconds do not matter: `now`, `5 min`. */
export function formatAge(milliseconds: number): string {
  return milliseconds < MINUTE ? 'now' : formatRoughDuration(milliseconds)
}

/** As a person would have typed it. */
export function commandLine(command: readonly string[]): string {
  return printable(joinWords(command))
}

/** The end of a path says more than its beginning. */
export function shortPath(path: string, most = 32): string {
  const clean = printable(path)
  if (clean.length <= most) return clean
  const parts = clean.split(/[/\\]/)
  let short = parts.pop() ?? ''
  while (parts.length > 0 && short.length + (parts.at(-1)?.length ?? 0) + 1 < most - 2)
    short = `${parts.pop()}/${short}`
  return `…/${short}`
}

/** `count` bytes as people say it: `900 bytes`, `12 KB`, `3.4 MB`. */
export function formatBytes(count: number): string {
  if (count < 1000) return count === 1 ? '1 byte' : `${count} bytes`
  if (count < 1_000_000) return `${Math.round(count / 1000)} KB`
  return `${(count / 1_000_000).toFixed(1)} MB`
}

/**
 * Why a part of the history cannot be shown; undefined where nothing is lost (skipped: the host has it all). Without
 * `bytes` it is said of a place.
 */
export function gapText(reason: HostMessageOf<'gap'>['reason'], bytes?: number): string | undefined {
  const what = bytes === undefined ? 'What was here' : formatBytes(bytes)
  switch (reason) {
    case 'skipped':
      return undefined
    case 'trimmed':
      return `${what} made room for newer output`
    case 'damaged':
      return `${what} cannot be read any more`
    case 'unrecorded':
      return `${what} could not be recorded`
  }
}

/** What a session called for, as it said it, or that it rang. */
export function attentionText({ text }: { text: string }): string {
  return printable(text) || 'Rang'
}

/** How a session came to its end, or that it has not. */
export function stateText({ state, exit_code, signal }: Pick<SessionInfo, 'state' | 'exit_code' | 'signal'>): string {
  switch (state) {
    case 'running':
      return 'running'
    case 'exited':
      if (signal) return `ended by ${signal}`
      return exit_code === 0 ? 'finished' : `failed with ${exit_code ?? '?'}`
    case 'killed':
      return 'ended by hand'
    case 'expired':
      return 'expired'
    case 'host_stopped':
      return 'ended with the host'
    case 'host_crashed':
      return 'lost in a crash'
  }
}
