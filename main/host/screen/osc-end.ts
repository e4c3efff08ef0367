// How the OSC that is being handled ended: answers end the same way (ctlseqs, "Operating System Commands"), for programs that wait for
// just that. xterm.js 6.0 does not tell its handlers.
import type { Core } from './xterm-internals.ts'

const BEL = 7

interface OscParser {
  put(data: Uint32Array, start: number, end: number): void
}

interface Parser {
  _oscParser: OscParser
  parse(data: Uint32Array, length: number, promiseResult?: boolean): unknown
}

/** Returns what ends an answer, while an OSC is handled: BEL or ST. */
export function watchOscEnd(core: Core): () => string {
  const parser = core._inputHandler._parser as unknown as Parser
  /** What is parsed, and where in it the payload ended; 0: in what was parsed before. */
  let current: Uint32Array | undefined
  let end = 0
  const parse = parser.parse.bind(parser)
  parser.parse = (data, length, promiseResult) => {
    current = data
    end = 0
    return parse(data, length, promiseResult)
  }
  const { _oscParser } = parser
  const put = _oscParser.put.bind(_oscParser)
  _oscParser.put = (data, start, stop) => {
    end = stop
    put(data, start, stop)
  }
  return () => (current?.[end] === BEL ? '\x07' : '\x1b\\')
}
