// Desktop notifications that programs request from a terminal: OSC 9 (iTerm2), OSC 777 (rxvt), OSC 99 (kitty).
import type { Terminal } from './xterm.ts'

/** A person reads no more, and a program may send 10 MB. */
const NOTICE_CHARS = 1024

/** Kitty's metadata is a few names and flags. */
const METADATA_CHARS = 1024

/** ConEmu's commands (https://conemu.github.io/en/AnsiEscapeCodes.html#OSC_Operating_system_commands): 4 is progress. */
const CONEMU = /^(?:[1-9]|1[0-2])(?:;|$)/

/** OSC 9;4: state 0 removes the bar; 1 shows it, 2 as an error, 3 without an amount, 4 paused. */
const PROGRESS = /^4;([0-4])(?:;|$)/

/** Calls `notice` with the text of each notification. */
export function registerNotices(
  terminal: Terminal,
  notice: (text: string) => void,
  progress: (isShown: boolean) => void = () => {},
): void {
  const { parser } = terminal
  const notify = (parts: string[]) => {
    const text = parts.filter(part => part !== '').join(': ')
    if (text !== '') notice(text.slice(0, NOTICE_CHARS))
  }
  parser.registerOscHandler(9, data => {
    const bar = PROGRESS.exec(data)
    if (bar) progress(bar[1] !== '0')
    else if (!CONEMU.test(data)) notify([data])
    return true
  })
  parser.registerOscHandler(777, data => {
    const [, title, body] = /^notify;([^;]*)(?:;(.*))?$/s.exec(data) ?? []
    if (title !== undefined) notify([title, body ?? ''])
    return true
  })
  const kitty = kittyNotices()
  parser.registerOscHandler(99, data => {
    const complete = kitty(data)
    if (complete) notify(complete)
    return true
  })
}

/**
 * Assembles kitty's notifications, which arrive in chunks: `metadata;payload`, with `d=0` while more follow
 * (https://sw.kovidgoyal.net/kitty/desktop-notifications/). One at a time: a chunk of another one discards the unfinished one.
 */
function kittyNotices(): (data: string) => [title: string, body: string] | undefined {
  let partial = { id: '', title: '', body: '' }
  return data => {
    const cut = data.indexOf(';')
    if (cut < 0 || cut > METADATA_CHARS) return undefined
    const metadata = new Map(data.slice(0, cut).split(':').map(pairOf))
    const id = metadata.get('i') ?? ''
    if (partial.id !== id) partial = { id, title: '', body: '' }
    const kind = metadata.get('p') ?? 'title'
    if (kind === 'close' || kind === '?' || kind === 'alive') return undefined
    if (kind === 'title' || kind === 'body') {
      const payload = data.slice(cut + 1, cut + 1 + NOTICE_CHARS * 4)
      const text = metadata.get('e') === '1' ? Buffer.from(payload, 'base64').toString() : payload
      partial[kind] = (partial[kind] + text).slice(0, NOTICE_CHARS)
    }
    if (metadata.get('d') === '0') return undefined
    const { title, body } = partial
    partial = { id: '', title: '', body: '' }
    return [title, body]
  }
}

function pairOf(text: string): [string, string] {
  const cut = text.indexOf('=')
  return cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)]
}
