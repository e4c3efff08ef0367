// How large a program can make a terminal's state. Every xterm.js that draws a session has the same bounds, or a keyframe would
// not make the screen that the whole log makes. xterm.js 6.0's own are 10 MB for any string, and none for links.

/** A longer OSC 8 target is no link, its text is printed without one. VTE's limit; browsers accept about as much. */
export const LINK_URI_CHARACTERS = 2083

/** Of the id by which parts of a link belong together. VTE's limit. */
export const LINK_ID_CHARACTERS = 250

/** OSC 8 links that are known at a time: `ls` of a large folder. The oldest is forgotten; its text stays. */
export const MAX_LINKS = 2048

/** Of all their targets and ids together: that folder's, with paths of usual length. */
export const LINKS_CHARACTERS = 256 * 1024

/** UTF-16 units in one cell. Text has at most 30 combining marks in a row (UAX 15, D4); a family with skin tones has 25 units. */
export const CLUSTER_CHARACTERS = 32

/** Longer titles are cut: no list shows them in full. xterm.js's stack keeps ten. */
export const TITLE_CHARACTERS = 1024

/** A longer OSC or DCS has no effect: the longest in use sets all 256 colors, in 6 KB. */
export const STRING_CHARACTERS = 16 * 1024

/** The same for OSC 52, in base64: more than anyone copies in a terminal. */
export const CLIPBOARD_CHARACTERS = 1024 * 1024

const CLIPBOARD = 52

/** OscParser's states in xterm.js. */
const OSC_ABORT = 3

interface Link {
  id: number
  data: LinkData
  /** xterm.js has a marker per line here, which every scrolled line updates. */
  lines: never[]
}

interface LinkData {
  id?: string | undefined
  uri: string
}

interface StringParser {
  put(data: Uint32Array, start: number, end: number): void
  reset(): void
}

export interface BoundedCore {
  registerOscHandler(code: number, handler: (data: string) => boolean): unknown
  registerEscHandler(id: { intermediates?: string; final: string }, handler: () => boolean): unknown
  _oscLinkService: {
    _nextId: number
    _dataByLinkId: Map<number, Link>
    _entriesWithId: Map<string, Link>
    registerLink(data: LinkData): number
    addLineToLink(link: number, y: number): void
  }
  _inputHandler: {
    setTitle(title: string): boolean
    setIconName(name: string): boolean
    setHyperlink(data: string): boolean
    _parser: {
      _oscParser: StringParser & { _id: number; _state: number; start(): void }
      _dcsParser: StringParser & { hook(ident: number, params: unknown): void }
    }
  }
}

export function applyBounds(core: BoundedCore): void {
  boundLinks(core)
  boundTitles(core)
  boundStrings(core)
}

/** Replaces xterm.js's registry of links, which has a marker for every line of every link and searches them for every character. */
function boundLinks(core: BoundedCore): void {
  const service = core._oscLinkService
  const links = service._dataByLinkId
  const byKey = service._entriesWithId
  let characters = 0
  const keyOf = ({ id, uri }: LinkData) => `${id};;${uri}`
  const forget = ({ id, data }: Link) => {
    links.delete(id)
    if (data.id !== undefined) byKey.delete(keyOf(data))
    characters -= keyOf(data).length
  }
  service.registerLink = data => {
    const key = keyOf(data)
    const known = data.id === undefined ? undefined : byKey.get(key)
    if (known) return known.id
    const link: Link = { id: service._nextId++, data, lines: [] }
    links.set(link.id, link)
    if (data.id !== undefined) byKey.set(key, link)
    characters += key.length
    while (links.size > MAX_LINKS || characters > LINKS_CHARACTERS) forget(links.values().next().value!)
    return link.id
  }
  service.addLineToLink = () => {}
  core.registerOscHandler(8, data => {
    const cut = data.indexOf(';')
    if (data.length - cut - 1 <= LINK_URI_CHARACTERS && cut <= LINK_ID_CHARACTERS) return false
    return core._inputHandler.setHyperlink(';') // ends a link that is open
  })
  core.registerEscHandler({ final: 'c' }, () => {
    for (const link of [...links.values()]) forget(link)
    return false
  })
}

function boundTitles({ _inputHandler: handler }: BoundedCore): void {
  const { setTitle, setIconName } = handler
  handler.setTitle = title => setTitle.call(handler, cutTitle(title))
  handler.setIconName = name => setIconName.call(handler, cutTitle(name))
}

/** Without halves of surrogate pairs, which no output can restore. */
function cutTitle(text: string): string {
  return text.slice(0, TITLE_CHARACTERS).replace(/\p{Cs}/gu, '')
}

/** Strings that are too long are dropped at once, and read to their end as if they had no effect. */
function boundStrings({ _inputHandler: { _parser } }: BoundedCore): void {
  const osc = _parser._oscParser
  const dcs = _parser._dcsParser
  let length = 0
  const { start, put } = osc
  osc.start = () => {
    length = 0
    start.call(osc)
  }
  osc.put = (data, from, to) => {
    length += to - from
    put.call(osc, data, from, to)
    if (length <= STRING_CHARACTERS + (osc._id === CLIPBOARD ? CLIPBOARD_CHARACTERS : 0)) return
    osc.reset()
    osc._state = OSC_ABORT
  }
  const { hook, put: putDcs } = dcs
  dcs.hook = (ident, params) => {
    length = 0
    hook.call(dcs, ident, params)
  }
  dcs.put = (data, from, to) => {
    const isOver = length > STRING_CHARACTERS
    length += to - from
    if (length <= STRING_CHARACTERS) putDcs.call(dcs, data, from, to)
    else if (!isOver) dcs.reset() // its handlers are told that it was canceled
  }
}
