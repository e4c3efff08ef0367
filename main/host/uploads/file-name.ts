// Makes a name that somebody else chose fit for a file of ours, on any system and in any shell. Knows nothing of folders.
import { oneLine } from '../../../protocol/one-line.ts'

/** File systems take 255; the rest of the path wants room, and so does a person. */
const NAME_BYTES = 100

/** What may count as an extension. */
const EXTENSION = /\.[\p{L}\p{N}]{1,16}$/u

/** Devices on Windows, with any extension (https://learn.microsoft.com/windows/win32/fileio/naming-a-file). */
const DEVICE = /^(?:con|prn|aux|nul|conin|conout|(?:com|lpt)[0-9¹²³])(?:\.|$)/i

/**
 * Letters that look like quotes, bars and others; older Windows programs are given what they look like in their place
 * (https://worst.fit): U+02BA in a name would end a quoted argument.
 */
const LOOKALIKE = /[\u01c0-\u01c3\u02b0-\u02ff]+/g

/** Letters, digits and what no shell acts on stays, everything else is a dash. Never empty, never hidden, never an option. */
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

/** The same for the second and later files of that name: `photo-2.jpg`. */
export function numberedName(name: string, number: number): string {
  return cut(name, `-${number}`)
}

/** With `suffix` before the extension, in NAME_BYTES. */
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
