// Reads and replaces a configuration file that belongs to a user: atomically, with its permissions, through links.
import { randomUUID } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'

/** Larger files are no configuration. */
const MAX_BYTES = 4 * 1024 * 1024

/** Undefined: there is no file. Throws `agent_config_unusable`. */
export function readConfig(file: string): string | undefined {
  try {
    if (!exists(file)) return undefined
    if (statSync(file).size > MAX_BYTES) throw new Error('it is larger than 4 MiB')
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file))
  } catch (cause) {
    throw unusable(file, 'read', cause)
  }
}

/**
 * Replaces the file, or removes it if `text` is undefined, unless it is no longer what was read (`before`): its agent may have
 * written it meanwhile. Throws `agent_config_unusable`.
 */
export function replaceConfig(file: string, before: string | undefined, text: string | undefined): void {
  if (readConfig(file) !== before)
    throw new CodedError('agent_config_unusable', `${file} was changed meanwhile; try again`)
  try {
    if (text === undefined) return rmSync(file, { force: true })
    if (before === undefined) mkdirSync(dirname(file), { recursive: true })
    // A link, as of a repository of dotfiles, stays one.
    const target = before === undefined ? file : realpathSync(file)
    const mode = before === undefined ? undefined : statSync(target).mode & 0o7777
    const fresh = join(dirname(target), `.${basename(target)}.${randomUUID()}.new`)
    try {
      const descriptor = openSync(fresh, 'wx', 0o600)
      try {
        writeFileSync(descriptor, text)
        fsyncSync(descriptor)
      } finally {
        closeSync(descriptor)
      }
      chmodSync(fresh, mode ?? 0o600)
      renameSync(fresh, target)
    } finally {
      rmSync(fresh, { force: true })
    }
  } catch (cause) {
    throw unusable(file, 'written', cause)
  }
}

/** A link to a missing file exists too, and cannot be read. */
function exists(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined
}

function unusable(file: string, what: string, cause: unknown): CodedError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new CodedError('agent_config_unusable', `${file} cannot be ${what}: ${why}`, { cause })
}
