// A user's own rules: JSON files in a folder, read at the start and when one changes.
import { constants, type FSWatcher, mkdirSync, watch } from 'node:fs'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod/mini'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import type { Logger } from '../log/logger.ts'
import { findSlowPattern } from './pattern-check.ts'
import { RuleFile } from './rule-format.ts'
import { patternsOf } from './screen-rules.ts'

/** Files; further ones are not read. */
const MAX_FILES = 50

const FILE_BYTES = 64 * 1024

/** Editors write a file in several steps. */
const SETTLE_MS = 200

const FILE_NAME = /^([\w-]{1,64})\.json$/

export interface UserRulesOptions {
  folder: string
  builtIn: ReadonlyMap<string, RuleFile>
  /** The rules that count from now on: the user's, then the built-in ones; one with the same name is replaced in its place. */
  changed(files: ReadonlyMap<string, RuleFile>): void
  log: Logger
}

/** A file as it was read last; without rules: it is invalid. */
interface KnownFile {
  text: string
  rules: RuleFile | undefined
}

export class UserRules {
  readonly #options: UserRulesOptions
  #known = new Map<string, KnownFile>()
  #watcher: FSWatcher | undefined
  #timer: NodeJS.Timeout | undefined
  #reading: Promise<void> = Promise.resolve()
  readonly #closing = new AbortController()

  /** Reads in the background: a host does not wait for it. */
  constructor(options: UserRulesOptions) {
    this.#options = options
    const { folder, log } = options
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      this.#watcher = watch(folder, () => this.#readSoon())
      this.#watcher.on('error', error => log.warn({ err: error }, 'changes of rules are no longer noticed'))
    } catch (error) {
      log.warn({ err: error }, 'the folder for rules cannot be watched')
    }
    this.#read()
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    this.#closing.abort()
    clearTimeout(this.#timer)
    this.#watcher?.close()
    await this.#reading
  }

  #readSoon(): void {
    clearTimeout(this.#timer)
    if (!this.#closing.signal.aborted) this.#timer = setTimeout(() => this.#read(), SETTLE_MS)
  }

  #read(): void {
    this.#reading = this.#reading.then(() => this.#readAll())
  }

  async #readAll(): Promise<void> {
    const { folder, builtIn, changed, log } = this.#options
    const names = await readdir(folder).catch(() => [])
    const files = names.filter(name => FILE_NAME.test(name)).sort()
    if (files.length > MAX_FILES)
      log.error({ code: 'rules_invalid', files: files.length }, `only the first ${MAX_FILES} files of rules are used`)
    const before = this.#known
    const known = new Map<string, KnownFile>()
    for (const file of files.slice(0, MAX_FILES)) {
      if (this.#closing.signal.aborted) return
      const name = FILE_NAME.exec(file)![1]!
      known.set(name, await this.#readFile(file, before.get(name)))
    }
    this.#known = known
    const isSame = known.size === before.size && [...known].every(([name, one]) => before.get(name) === one)
    if (this.#closing.signal.aborted || isSame) return
    const valid = new Map<string, RuleFile>()
    for (const [name, { rules }] of known) if (rules) valid.set(name, rules)
    const own = [...valid].filter(([name]) => !builtIn.has(name))
    changed(new Map([...own, ...[...builtIn].map(([name, rules]) => [name, valid.get(name) ?? rules] as const)]))
    log.info({ files: [...valid.keys()] }, 'rules of the user are in use')
  }

  /** An invalid file is reported once, and the others count. */
  async #readFile(file: string, before: KnownFile | undefined): Promise<KnownFile> {
    let text = ''
    try {
      text = await readBounded(join(this.#options.folder, file))
      if (before?.text === text) return before
      return { text, rules: await parseRules(text, this.#closing.signal) }
    } catch (error) {
      if (before && before.text === text && !before.rules) return before
      const { code, message } = toCoded(error)
      if (code === 'cancelled') return { text, rules: undefined }
      this.#options.log.error({ code, file }, `a file of rules is not used: ${message}`)
      return { text, rules: undefined }
    }
  }
}

/** Rejects with `rules_invalid`. */
async function readBounded(path: string): Promise<string> {
  // A FIFO would wait for its other end.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)).catch(cause => {
    throw new CodedError('rules_invalid', `it cannot be read: ${cause.message}`, { cause })
  })
  try {
    if (!(await file.stat()).isFile()) throw new CodedError('rules_invalid', 'it is no file')
    const { buffer, bytesRead } = await file.read(Buffer.alloc(FILE_BYTES + 1), 0, FILE_BYTES + 1)
    if (bytesRead > FILE_BYTES) throw new CodedError('rules_invalid', `it is larger than ${FILE_BYTES / 1024} KB`)
    return buffer.toString('utf8', 0, bytesRead)
  } catch (cause) {
    throw cause instanceof CodedError ? cause : new CodedError('rules_invalid', 'it is no file', { cause })
  } finally {
    await file.close()
  }
}

/** Rejects with `rules_invalid`, `pattern_invalid`, `pattern_slow`, `cancelled`. */
async function parseRules(text: string, signal: AbortSignal): Promise<RuleFile> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new CodedError('rules_invalid', `it is not JSON: ${(cause as Error).message}`, { cause })
  }
  const { success, data, error } = RuleFile.safeParse(value)
  if (!success) throw new CodedError('rules_invalid', z.prettifyError(error).replace(/\s+/g, ' ').slice(0, 300))
  let patterns: string[]
  try {
    patterns = patternsOf(data)
  } catch (cause) {
    throw new CodedError('pattern_invalid', (cause as Error).message.slice(0, 300), { cause })
  }
  const slow = await findSlowPattern(patterns, signal)
  if (slow !== undefined) throw new CodedError('pattern_slow', `this pattern can take too long on a line: ${slow}`)
  return data
}
