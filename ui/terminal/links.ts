// Links in a terminal: which ones may be opened, and how xterm.js reports a tap on one. Opens nothing itself.
import type { ILink, ILinkHandler, Terminal } from '@xterm/xterm'
import { addressesOn } from './web-addresses.ts'

/** A longer address cannot be shown in full before it is opened. */
const MAX_LENGTH = 2048

/**
 * The target of a link as a browser would open it; undefined unless it is http(s). A host name in another script becomes
 * punycode, and a user name before an @ stays visible, so that the text shows where the link leads.
 */
export function linkTarget(text: string): string | undefined {
  if (text.length > MAX_LENGTH || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined
}

/** Calls `open` with the target when a link is tapped: an OSC 8 link, whose text may say anything, or a plain address. */
export function enableLinks(term: Terminal, open: (target: string) => void): void {
  const activate = (text: string) => {
    const target = linkTarget(text)
    if (target) open(target)
  }
  const handler: ILinkHandler = { activate: (_event, text) => activate(text), allowNonHttpProtocols: false }
  term.options.linkHandler = handler
  term.registerLinkProvider({
    provideLinks(row, provide) {
      const links: ILink[] = addressesOn(term.buffer.active, term.cols, row - 1)
        .filter(({ text }) => linkTarget(text) !== undefined)
        .map(({ text, start, end }) => ({
          text,
          range: { start: { x: start.x + 1, y: start.y + 1 }, end: { x: end.x, y: end.y + 1 } },
          activate: (_event, text) => activate(text),
        }))
      provide(links)
    },
  })
}
