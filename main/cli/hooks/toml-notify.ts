// Adds Codex's `notify` to its config.toml and removes it. A line at the top is always part of TOML's root table.
import { CodedError } from '../../../protocol/errors.ts'

/** Marks the line, for people and for `removeNotify`. */
const MARK = '# otg hooks'
/** The first line of a file that did not exist before. */
const CREATED = '# Created by otg hooks install.'

const LINE = new RegExp(`(?<=^\\ufeff?)notify = \\[.*\\] ${MARK}\\r?\\n`, 'm')

/** `text` undefined: there is no file. Null: the user has a `notify` of their own. Throws `agent_config_unusable`. */
export function addNotify(text: string | undefined, argv: string[]): string | null {
  const line = `notify = [${argv.map(tomlString).join(', ')}] ${MARK}`
  if (text === undefined) return `${CREATED}\n${line}\n`
  const rest = removeNotify(text)
  if (rest === undefined) return addNotify(undefined, argv)
  if (rootKeys(rest).includes('notify')) return null
  const mark = rest.startsWith('\ufeff') ? 1 : 0
  const eol = rest.includes('\r\n') ? '\r\n' : '\n'
  return `${rest.slice(0, mark)}${line}${eol}${rest.slice(mark)}`
}

/** The line, without its end; undefined: it is not there. */
export function findNotify(text: string): string | undefined {
  return LINE.exec(text)?.[0].trimEnd()
}

/** Undefined: the file was made for it. */
export function removeNotify(text: string): string | undefined {
  const rest = text.replace(LINE, '')
  return rest === `${CREATED}\n` ? undefined : rest
}

function tomlString(text: string): string {
  // JSON's escapes are also TOML's.
  return JSON.stringify(text)
}

/**
 * The keys of the root table: what comes before the first `[table]`. Follows strings, comments and arrays, and checks nothing
 * else. Throws `agent_config_unusable` where one of these does not end.
 */
export function rootKeys(text: string): string[] {
  const keys: string[] = []
  const token =
    /"""(?:[^\\]|\\[\s\S])*?"""|'''[\s\S]*?'''|"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'|#[^\r\n]*|[[\]{}=\r\n]|[^"'#[\]{}=\r\n]+/y
  let depth = 0
  /** Undefined while a value is read. */
  let key: string | undefined = ''
  let isTable = false
  for (let at = text.startsWith('\ufeff') ? 1 : 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at
    const word = token.exec(text)?.[0]
    if (word === undefined) throw unreadable(text, at)
    const isLineStart = key?.trim() === ''
    if (word === '\n' || word === '\r') {
      if (depth === 0) key = ''
    } else if (word === '[' || word === '{') {
      if (depth === 0 && isLineStart) isTable = true
      depth++
    } else if (word === ']' || word === '}') depth--
    else if (word === '=' && key !== undefined && depth === 0) {
      if (!isTable) keys.push(key.trim().replace(/^(["'])(.*)\1$/, '$2'))
      key = undefined
    } else if (key !== undefined && depth === 0 && !word.startsWith('#')) key += word
    if (depth < 0) throw unreadable(text, at)
  }
  if (depth > 0) throw unreadable(text, text.length)
  return keys
}

function unreadable(text: string, at: number): CodedError {
  return new CodedError('agent_config_unusable', `line ${text.slice(0, at).split('\n').length} is not valid TOML`)
}
