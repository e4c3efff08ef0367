// Links that a program's output may offer: which are fit to open, and how xterm hands them over. Opens nothing itself.
import { WebLinksAddon } from '@xterm/addon-web-links'
import type { ILinkHandler, Terminal } from '@xterm/xterm'

/** A longer address is not for people, and cannot be shown before it is opened. */
const LONGEST = 2048

/**
 * The true target of a link as a browser would open it, or undefined unless it is http(s). A host name in foreign letters
 * comes out as punycode, and user names before an @ stay visible, so that what is shown is where it leads.
 */
export function linkTarget(text: string): string | undefined {
  if (text.length > LONGEST || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.protocol === 'http:' || url.protocol === 'https:' ? url.href : undefined
}

/** Gives `open` the true target when a link is tapped: of OSC 8 links, whose text may say anything, and of plain ones. */
export function enableLinks(term: Terminal, open: (target: string) => void): void {
  const activate = (text: string) => {
    const target = linkTarget(text)
    if (target) open(target)
  }
  const handler: ILinkHandler = { activate: (_event, text) => activate(text), allowNonHttpProtocols: false }
  term.options.linkHandler = handler
  term.loadAddon(new WebLinksAddon((_event, text) => activate(text)))
}
