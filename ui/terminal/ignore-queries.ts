// Makes an xterm.js terminal in a page deaf to questions: the host has answered them, here they are only painted past.
// Knows nothing of what a question means, of the host, or of xterm's package: it is given a parser to listen to.

import {
  asksCsi,
  type CsiQuery,
  identOf,
  mainParams,
  type OscQuery,
  QUERIES,
  type QueryParser,
  type Registration,
  sequenceId,
  settingsOf,
} from '../../terminal/queries.ts'

/** What this needs of a terminal; xterm's `Terminal` is one. */
export interface QueryTerminal {
  readonly parser: QueryParser
  write(text: string): void
}

export interface IgnoreQueriesOptions {
  /**
   * A program wants to put `text` on the clipboard (OSC 52). Without this it is ignored; whoever gives it asks the user's
   * setting, and waits for a gesture (case 42). Reading is never answered.
   */
  onClipboardWrite?(text: string): void
}

export interface IgnoredQueries extends Registration {
  /**
   * True while the terminal may speak without a question: setting mode 1004 makes xterm.js report the focus that it has at
   * once, and a replay sets it again. Whoever listens to `onData` drops what comes meanwhile; nothing that a person types can
   * come then, since parsing is one synchronous stretch.
   */
  readonly reporting: boolean
}

/** The longest text taken from OSC 52, before decoding: more than anybody copies in a terminal. */
export const MAX_CLIPBOARD_LENGTH = 1024 * 1024

/** DECSET modes at which xterm.js, or another terminal, reports something at once. */
const REPORTS_AT_ONCE = [1004, 2048]

/**
 * Registers handlers that eat every question of `terminal/queries.ts`, so that parsing output, live or replayed, never
 * emits `onData` (case 45). Colours that are set in the same sequence as others are asked for are still set. Load this
 * after addons that register handlers of their own: xterm.js asks the latest first.
 */
export function ignoreQueries(term: QueryTerminal, options: IgnoreQueriesOptions = {}): IgnoredQueries {
  const { parser } = term
  const registrations: Registration[] = []
  let speaking = false

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
      case 'apc': // xterm.js skips these unread
      case 'control': // and has nothing for these
        break
    }
  }

  for (const queries of csi.values()) {
    registrations.push(
      parser.registerCsiHandler(sequenceId(queries[0]!), params => {
        const main = mainParams(params)
        return queries.some(query => asksCsi(query, main))
      }),
    )
  }

  for (const [id, queries] of osc) {
    registrations.push(
      parser.registerOscHandler(id, payload => {
        const query = queries.find(q => q.asks.test(payload))
        if (!query) return false
        if (query.clipboard && id === 52) writeClipboard(payload, options)
        // A handler cannot change what the next one gets, so what is to be set is written anew, without the questions.
        for (const body of settingsOf(query, id, payload)) term.write(`\x1b]${body}\x1b\\`)
        return true
      }),
    )
  }

  registrations.push(
    parser.registerCsiHandler({ prefix: '?', final: 'h' }, params => {
      if (!mainParams(params).some(mode => REPORTS_AT_ONCE.includes(mode))) return false
      speaking = true
      // xterm.js's own handler follows in this same turn; a microtask comes after it and before any event of the page.
      queueMicrotask(() => {
        speaking = false
      })
      return false
    }),
  )

  return {
    get reporting() {
      return speaking
    },
    dispose() {
      for (const registration of registrations.splice(0)) registration.dispose()
    },
  }
}

function writeClipboard(payload: string, options: IgnoreQueriesOptions): void {
  const encoded = payload.slice(payload.indexOf(';') + 1)
  if (!options.onClipboardWrite || !encoded || encoded.length > MAX_CLIPBOARD_LENGTH) return
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.from(atob(encoded), c => c.charCodeAt(0)))
  } catch {
    return // not base64, or not text
  }
  if (text) options.onClipboardWrite(text)
}
