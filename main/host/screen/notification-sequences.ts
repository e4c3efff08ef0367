// Desktop notifications that programs ask of a terminal: OSC 9 (iTerm2), OSC 777 (rxvt), OSC 99 (kitty). Knows nothing of
// who is told.
import type { Terminal } from './xterm.ts'

/** Nobody reads more of one, and a program may send 10 MB. */
const NOTICE_CHARS = 1024

/** Metadata of kitty's is a few names and flags. */
const METADATA_CHARS = 1024

/** ConEmu's commands (https://conemu.github.io/en/AnsiEscapeCodes.html#OSC_Operating_system_commands): 4 is progress. */
const CONEMU = /^(?:[1-9]|1[0-2])(?:;|$)/

/** Calls `notice` with what each says. */
export function registerNotices(terminal: Terminal, notice: (text: string) => void): void {
  const { parser } = terminal
  const tell = (parts: string[]) => {
    const text = parts.filter(part => part !== '').join(': ')
    if (text !== '') notice(text.slice(0, NOTICE_CHARS))
  }
  parser.registerOscHandler(9, data => {
    if (!CONEMU.test(data)) tell([data])
    return true
  })
  parser.registerOscHandler(777, data => {
    const [, title, body] = /^notify;([^;]*)(?:;(.*))?$/s.exec(data) ?? []
    if (title !== undefined) tell([title, body ?? ''])
    return true
  })
  const kitty = kittyNotices()
  parser.registerOscHandler(99, data => {
    const told = kitty(data)
    if (told) tell(told)
    return true
  })
}

/**
 * Puts kitty's notifications together, which come in pieces: `metadata;payload`, and `d=0` while more follows
 * (https://sw.kovidgoyal.net/kitty/desktop-notifications/). One at a time: a piece of another one ends what was begun.
 */
function kittyNotices(): (data: string) => [title: string, body: string] | undefined {
  let begun = { id: '', title: '', body: '' }
  return data => {
    const cut = data.indexOf(';')
    if (cut < 0 || cut > METADATA_CHARS) return undefined
    const metadata = new Map(data.slice(0, cut).split(':').map(pairOf))
    const id = metadata.get('i') ?? ''
    if (begun.id !== id) begun = { id, title: '', body: '' }
    const kind = metadata.get('p') ?? 'title'
    if (kind === 'close' || kind === '?' || kind === 'alive') return undefined
    if (kind === 'title' || kind === 'body') {
      const payload = data.slice(cut + 1, cut + 1 + NOTICE_CHARS * 4)
      const text = metadata.get('e') === '1' ? Buffer.from(payload, 'base64').toString() : payload
      begun[kind] = (begun[kind] + text).slice(0, NOTICE_CHARS)
    }
    if (metadata.get('d') === '0') return undefined
    const { title, body } = begun
    begun = { id: '', title: '', body: '' }
    return [title, body]
  }
}

function pairOf(text: string): [string, string] {
  const cut = text.indexOf('=')
  return cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)]
}
