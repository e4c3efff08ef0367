// Makes a client's file name safe on any system and in any shell.
import { oneLine } from '../../../protocol/one-line.ts'

/** File systems take 255; the rest of the path needs room too, and names should be readable. */
const NAME_BYTES = 100

/** What counts as an extension. */
const EXTENSION = /\.[\p{L}\p{N}]{1,16}$/u

/** Reserved device names on Windows, with any extension (https://learn.microsoft.com/windows/win32/fileio/naming-a-file). */
const DEVICE = /^(?:con|prn|aux|nul|conin|conout|(?:com|lpt)[0-9¹²³])(?:\.|$)/i

/**
 * Letters that look like quotes, bars and others. Older Windows programs receive the character that they look like
 * (https://worst.fit): U+02BA in a name would end a quoted argument.
 */
const LOOKALIKE = /[\u01c0-\u01c3\u02b0-\u02ff]+/g

/** Keeps letters, digits and characters that no shell interprets; everything else becomes a dash. Never empty, hidden or an option. */
export function safeName(name: string): string {
  const base = name.split(/[/\\]/).at(-1)!
  const plain = oneLine(base.normalize('NFC'))
    .replace(LOOKALIKE, '-')
    .replace(/[^\p{L}\p{N}\p{M}\p{So}._+,=@-]+/gu, '-')
    .replace(/-{2,}/g, '-')
  const bare = cut(trimmed(plain), '')
  if (bare === '') return 'file'
  return DEVICE.test(bare) ? cut(`file-${bare}`, '') : bare
}

/** The name of the second and later files with that name: `photo-2.jpg`. */
export function numberedName(name: string, number: number): string {
  return cut(name, `-${number}`)
}

/** Inserts `suffix` before the extension and shortens the name to NAME_BYTES. */
function cut(name: string, suffix: string): string {
  const [extension = ''] = EXTENSION.exec(name) ?? []
  const room = NAME_BYTES - Buffer.byteLength(extension) - suffix.length
  let stem = ''
  let used = 0
  for (const character of name.slice(0, name.length - extension.length)) {
    used += Buffer.byteLength(character)
    if (used > room) break
    stem += character
  }
  const kept = stem.replace(/[.\p{M}-]+$/u, used > room ? '' : '$&')
  return kept + suffix + extension
}

function trimmed(name: string): string {
  return name.replace(/^[.\p{M}-]+/u, '').replace(/[.-]+$/, '')
}
