// The scanner compared with xterm.js's own parser, on output that is hard to divide.
import { Terminal } from '@xterm/headless'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EscapeScanner, type EscapeSink, type StringKind } from '../../../terminal/escape-scanner.ts'

type Event =
  | ['print', string]
  | ['control', number]
  | ['esc' | 'csi', string]
  | ['osc', number, string]
  | ['dcs', string, string]

interface Parser {
  parse(data: Uint32Array, length: number): void
  setPrintHandler(handler: (data: Uint32Array, start: number, end: number) => void): void
  setExecuteHandlerFallback(handler: (code: number) => void): void
  setCsiHandlerFallback(handler: (ident: number) => void): void
  setEscHandlerFallback(handler: (ident: number) => void): void
  setOscHandlerFallback(handler: (ident: number, action: string, payload: unknown) => void): void
  setDcsHandlerFallback(handler: (ident: number, action: string, payload: unknown) => void): void
}

const terminal = new Terminal({ allowProposedApi: true })
const { _inputHandler } = (
  terminal as unknown as { _core: { _inputHandler: { _parser: object; _utf8Decoder: object } } }
)._core
const XtermParser = _inputHandler._parser.constructor as new () => Parser
const XtermDecoder = _inputHandler._utf8Decoder.constructor as new () => {
  decode(bytes: Uint8Array, target: Uint32Array): number
}

/** The events of xterm.js's parser for chunks. */
function xtermEvents(chunks: readonly Uint8Array[]): Event[] {
  const events: Event[] = []
  const parser = new XtermParser()
  const decoder = new XtermDecoder()
  let payload = ''
  parser.setPrintHandler((data, start, end) => addText(events, String.fromCodePoint(...data.slice(start, end))))
  parser.setExecuteHandlerFallback(code => events.push(['control', code]))
  parser.setCsiHandlerFallback(ident => events.push(['csi', String.fromCharCode(ident & 0xff)]))
  parser.setEscHandlerFallback(ident => events.push(['esc', String.fromCharCode(ident & 0xff)]))
  parser.setOscHandlerFallback((ident, action, data) => {
    if (action === 'START') payload = ''
    else if (action === 'PUT') payload += String(data)
    else if (data) events.push(['osc', ident, payload])
  })
  parser.setDcsHandlerFallback((ident, action, data) => {
    if (action === 'HOOK') payload = ''
    else if (action === 'PUT') payload += String(data)
    else if (data) events.push(['dcs', String.fromCharCode(ident & 0xff), withoutDel(payload)])
  })
  for (const chunk of chunks) {
    const codes = new Uint32Array(chunk.length + 4)
    parser.parse(codes, decoder.decode(chunk, codes))
  }
  return events
}

/** The scanner's events in the form of xterm.js's. */
class Recorder implements EscapeSink {
  readonly events: Event[] = []
  readonly scanner = new EscapeScanner()
  #chunk: (begin: number, end: number) => string = () => ''
  #kind: StringKind = 'ignored'
  #data = ''

  feedBytes(bytes: Uint8Array): void {
    this.#chunk = (begin, end) => Buffer.from(bytes.subarray(begin, end)).toString()
    this.scanner.feedBytes(bytes, this)
  }

  feedText(text: string): void {
    this.#chunk = (begin, end) => text.slice(begin, end)
    this.scanner.feedText(text, this)
  }

  text(begin: number, end: number): void {
    addText(this.events, this.#chunk(begin, end))
  }

  control(code: number): void {
    this.events.push(['control', code])
  }

  esc(final: number): void {
    // xterm.js has a handler of its own for ST.
    if (final !== 0x5c || this.scanner.sequence !== '') this.events.push(['esc', String.fromCharCode(final)])
  }

  csi(final: number): void {
    this.events.push(['csi', String.fromCharCode(final)])
  }

  stringBegin(kind: StringKind): void {
    this.#kind = kind
    this.#data = ''
  }

  stringData(begin: number, end: number): void {
    this.#data += this.#chunk(begin, end)
  }

  stringEnd(isCancelled: boolean): void {
    if (isCancelled) return
    if (this.#kind === 'osc') {
      // xterm.js ignores an OSC that does not begin with a number.
      const [, number, payload = ''] = /^(\d*)(?:;(.*))?$/s.exec(this.#data) ?? []
      if (number !== undefined) this.events.push(['osc', number === '' ? -1 : Number(number), payload])
    } else if (this.#kind === 'dcs') {
      const [header, final] = /^[<-?]?[\d:;]*[ -/]*([@-~])/.exec(this.#data) ?? []
      if (header !== undefined) this.events.push(['dcs', final!, withoutDel(this.#data.slice(header.length))])
    }
  }
}

/** xterm.js drops DEL from a DCS, but not always. */
function withoutDel(text: string): string {
  return text.replaceAll('\x7f', '')
}

function addText(events: Event[], text: string): void {
  const last = events.at(-1)
  if (last?.[0] === 'print') last[1] += text
  else events.push(['print', text])
}

/** Parts of complete and broken sequences. */
const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom('\x1b', '\x1b[', '\x1b]', '\x1bP', '\x1b_', '\x1b^', '\x1bX', '\x1b\\', '\x1b('),
  },
  { weight: 3, arbitrary: fc.constantFrom('\x9b', '\x9d', '\x90', '\x9f', '\x98', '\x9c', '\x84', '\x85') },
  { weight: 3, arbitrary: fc.constantFrom('\x07', '\x18', '\x1a', '\n', '\r', '\t', '\b', '\x7f', '\x00', '\x05') },
  { weight: 5, arbitrary: fc.constantFrom('1', '2;5', '?', '>', ';', ':', ' ', '$', '"', '8;;', '0;', '<', '=') },
  { weight: 4, arbitrary: fc.constantFrom('m', 'h', 'q', 'H', 'c', 'D', '7', '@', '~', 'é', '漢', '😀', 'text') },
)
const output = fc.array(piece, { maxLength: 40 }).map(pieces => pieces.join(''))

describe('the escape scanner', () => {
  it('divides text where xterm.js does', () => {
    fc.assert(
      fc.property(output, text => {
        const recorder = new Recorder()
        recorder.feedText(text)
        expect(recorder.events).toEqual(xtermEvents([Buffer.from(text)]))
      }),
      { numRuns: 2_000 },
    )
  })

  it('divides bytes where xterm.js does, at once or in chunks', () => {
    fc.assert(
      fc.property(fc.array(output, { maxLength: 4 }), texts => {
        const chunks = texts.map(text => Buffer.from(text))
        const recorder = new Recorder()
        for (const chunk of chunks) recorder.feedBytes(chunk)
        const whole = new Recorder()
        whole.feedBytes(Buffer.concat(chunks))
        expect(recorder.events).toEqual(whole.events)
        expect(recorder.events).toEqual(xtermEvents(chunks))
      }),
      { numRuns: 1_000 },
    )
  })

  it('finds the same sequences among bytes that are not UTF-8', () => {
    const bytes = fc.array(
      fc.oneof(
        piece.map(text => [...Buffer.from(text)]),
        fc.constantFrom([0xc2], [0x9b], [0xe2, 0x80], [0xff], [0xf0, 0x9f], [0xc0, 0x9b], [0xed, 0xa0, 0x80]),
      ),
      { maxLength: 40 },
    )
    const withoutText = (events: Event[]) =>
      events.filter(([kind]) => kind === 'esc' || kind === 'csi' || kind === 'control')
    fc.assert(
      fc.property(bytes, parts => {
        const chunk = Uint8Array.from(parts.flat())
        const recorder = new Recorder()
        recorder.feedBytes(chunk)
        expect(withoutText(recorder.events)).toEqual(withoutText(xtermEvents([chunk])))
      }),
      { numRuns: 2_000 },
    )
  })

  it('returns the parameters of a sequence unless it is too long', () => {
    const found: (string | undefined)[] = []
    const recorder = new Recorder()
    recorder.csi = () => found.push(recorder.scanner.sequence)
    recorder.feedText('\x1b[?25')
    recorder.feedText(`h\x1b[2 q\x9b1;2m\x1b[${'1;'.repeat(100)}m\x1b[m`)
    expect(found).toEqual(['?25', '2 ', '1;2', undefined, ''])
  })

  it('knows whether a chunk ended between sequences or within a string', () => {
    const { scanner } = new Recorder()
    const sink = new Recorder()
    scanner.feedText('text', sink)
    expect([scanner.isGround, scanner.isString]).toEqual([true, false])
    scanner.feedText('\x1b[1', sink)
    expect([scanner.isGround, scanner.isString]).toEqual([false, false])
    scanner.feedText('m\x1b]0;title', sink)
    expect([scanner.isGround, scanner.isString]).toEqual([false, true])
  })
})
