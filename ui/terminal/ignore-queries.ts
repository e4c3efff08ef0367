// Keeps xterm.js on a page from answering terminal queries: the host has answered them already.

import {
  type CsiQuery,
  identOf,
  isCsiQuery,
  mainParams,
  type OscQuery,
  QUERIES,
  type QueryParser,
  type Registration,
  sequenceId,
  settingsOf,
} from '../../terminal/queries.ts'
import { CLIPBOARD_CHARACTERS } from '../../terminal/xterm-bounds.ts'

/** The part of xterm.js's `Terminal` that this needs. */
export interface QueryTerminal {
  readonly parser: QueryParser
  write(text: string): void
}

export interface IgnoreQueriesOptions {
  /**
   * A program wants to put `text` on the clipboard (OSC 52). Left out: it is ignored. The caller checks the user's setting
   * and waits for a gesture (case 42). Requests to read the clipboard are never answered.
   */
  onClipboardWrite?(text: string): void
}

export interface IgnoredQueries extends Registration {
  /**
   * True while the terminal may send a report that was not queried: setting mode 1004 makes xterm.js report its focus at
   * once, and a replay sets the mode again. A listener of `onData` drops what arrives meanwhile. No typed input is lost,
   * since parsing is synchronous.
   */
  readonly reporting: boolean
}

/** DECSET modes that make xterm.js or another terminal send a report at once. */
const REPORTING_MODES = [1004, 2048]

/**
 * Registers handlers that consume every query of `terminal/queries.ts`, so that parsing output, live or replayed, never
 * emits `onData` (case 45). A sequence that sets some colors and queries others still sets them. Call this after loading
 * addons that register handlers: xterm.js calls the latest handler first.
 */
export function ignoreQueries(term: QueryTerminal, options: IgnoreQueriesOptions = {}): IgnoredQueries {
  const { parser } = term
  const registrations: Registration[] = []
  let reporting = false

  const csi = new Map<string, CsiQuery[]>()
  const osc = new Map<number, OscQuery[]>()
  for (const query of QUERIES) {
    switch (query.kind) {
      case 'csi':
        if (!query.modes) csi.set(identOf(query), [...(csi.get(identOf(query)) ?? []), query])
        break
      case 'osc':
        for (const id of query.ids) osc.set(id, [...(osc.get(id) ?? []), query])
        break
      case 'dcs':
        registrations.push(parser.registerDcsHandler(sequenceId(query), () => true))
        break
      case 'esc':
        registrations.push(parser.registerEscHandler(sequenceId(query), () => true))
        break
      case 'apc': // xterm.js skips these
      case 'control': // and does not answer these
        break
    }
  }

  for (const queries of csi.values()) {
    registrations.push(
      parser.registerCsiHandler(sequenceId(queries[0]!), params => {
        const main = mainParams(params)
        return queries.some(query => isCsiQuery(query, main))
      }),
    )
  }

  for (const [id, queries] of osc) {
    registrations.push(
      parser.registerOscHandler(id, payload => {
        const query = queries.find(q => q.pattern.test(payload))
        if (!query) return false
        if (query.clipboard && id === 52) writeClipboard(payload, options)
        // A handler cannot change what the next one receives, so the settings are written again without the queries.
        for (const body of settingsOf(query, id, payload)) term.write(`\x1b]${body}\x1b\\`)
        return true
      }),
    )
  }

  registrations.push(
    parser.registerCsiHandler({ prefix: '?', final: 'h' }, params => {
      if (!mainParams(params).some(mode => REPORTING_MODES.includes(mode))) return false
      reporting = true
      // xterm.js's own handler follows synchronously; a microtask runs after it and before any event of the page.
      queueMicrotask(() => {
        reporting = false
      })
      return false
    }),
  )

  return {
    get reporting() {
      return reporting
    },
    dispose() {
      for (const registration of registrations.splice(0)) registration.dispose()
    },
  }
}

function writeClipboard(payload: string, options: IgnoreQueriesOptions): void {
  const encoded = payload.slice(payload.indexOf(';') + 1)
  if (!options.onClipboardWrite || !encoded || encoded.length > CLIPBOARD_CHARACTERS) return
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(atob(encoded), c => c.charCodeAt(0)))
  } catch {
    return // not base64, or not text
  }
  if (text) options.onClipboardWrite(text)
}
