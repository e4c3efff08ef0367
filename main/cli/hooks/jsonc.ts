// Reads JSON with comments and trailing commas into a tree with positions, and inserts and removes items as text, so that the
// rest of a file stays as its user wrote it.

export interface JsonNode {
  kind: 'object' | 'array' | 'scalar'
  /** Positions in the text, `end` exclusive. */
  start: number
  end: number
  items: JsonItem[]
  /** Of a scalar. */
  value: unknown
}

/** An element of an array, or a property. */
export interface JsonItem {
  /** '' in an array. */
  key: string
  /** With its key; the comma is outside. */
  start: number
  end: number
  node: JsonNode
}

/** The file is not JSON, not even with comments. The message says where. */
export class JsonSyntaxError extends Error {}

/** Deeper nesting than any configuration has; the parser is recursive. */
const MAX_DEPTH = 200

/** Throws JsonSyntaxError. */
export function parseJsonc(text: string): JsonNode {
  const fail = (at: number): never => {
    const line = text.slice(0, at).split('\n').length
    throw new JsonSyntaxError(`line ${line} is not valid JSON`)
  }
  const value = (start: number, depth: number): JsonNode => {
    if (depth > MAX_DEPTH) fail(start)
    if (text[start] === '{' || text[start] === '[') return container(start, depth)
    const end = scalarEnd(text, start) ?? fail(start)
    try {
      return { kind: 'scalar', start, end, items: [], value: JSON.parse(text.slice(start, end)) }
    } catch {
      return fail(start)
    }
  }
  const container = (start: number, depth: number): JsonNode => {
    const isObject = text[start] === '{'
    const close = isObject ? '}' : ']'
    const items: JsonItem[] = []
    let at = skipBlank(text, start + 1)
    while (text[at] !== close) {
      const from = at
      let key = ''
      if (isObject) {
        const name = value(at, MAX_DEPTH)
        if (typeof name.value !== 'string') fail(at)
        key = name.value as string
        at = skipBlank(text, name.end)
        if (text[at] !== ':') fail(at)
        at = skipBlank(text, at + 1)
      }
      const node = value(at, depth + 1)
      items.push({ key, start: from, end: node.end, node })
      at = skipBlank(text, node.end)
      if (text[at] === ',') at = skipBlank(text, at + 1)
      else if (text[at] !== close) fail(at)
    }
    return { kind: isObject ? 'object' : 'array', start, end: at + 1, items, value: undefined }
  }
  const root = value(skipBlank(text, text.startsWith('\ufeff') ? 1 : 0), 0)
  const rest = skipBlank(text, root.end)
  if (rest < text.length) fail(rest)
  return root
}

/** The data of a node. */
export function jsonValue({ kind, items, value }: JsonNode): unknown {
  if (kind === 'scalar') return value
  if (kind === 'array') return items.map(({ node }) => jsonValue(node))
  return Object.fromEntries(items.map(({ key, node }) => [key, jsonValue(node)]))
}

/**
 * Inserts an item at the end of a container, laid out like the last one there. `removeItem` is its exact opposite. In an empty
 * container the item follows a blank, which tells `isOnlyItem` that the container was there before.
 */
export function insertItem(text: string, container: JsonNode, item: string): string {
  const last = container.items.at(-1)
  if (!last) return splice(text, container.start + 1, container.start + 1, ` ${item}`)
  const comma = commaAfter(text, last.end)
  const after = comma === undefined ? last.end : comma + 1
  const at = sameLineCommentEnd(text, after)
  const isInComment = text.slice(after, at).trimStart().startsWith('//')
  const layout = isInComment && !layoutOf(text, last).includes('\n') ? '\n' : layoutOf(text, last)
  if (comma !== undefined) return splice(text, at, at, `${layout}${item},`)
  return splice(splice(text, at, at, layout + item), last.end, last.end, ',')
}

export function removeItem(text: string, container: JsonNode, index: number): string {
  const item = container.items[index]!
  const before = container.items[index - 1]
  const after = commaAfter(text, item.end)
  if (!before) {
    const start = item.start - /\s*$/.exec(text.slice(container.start + 1, item.start))![0].length
    return splice(text, start, after === undefined ? item.end : after + 1, '')
  }
  const comma = commaAfter(text, before.end)!
  const start = sameLineCommentEnd(text, comma + 1)
  const isBlank = text.slice(start, item.start).trim() === ''
  const from = isBlank ? start : item.start - /\s*$/.exec(text.slice(start, item.start))![0].length
  if (after !== undefined) return splice(text, from, after + 1, '')
  return splice(splice(text, from, item.end, ''), comma, comma + 1, '')
}

/** Whether a container has this item only, and was made for it. */
export function isMadeFor(text: string, container: JsonNode, item: JsonItem): boolean {
  return container.items.length === 1 && text.slice(container.start + 1, item.start) !== ' '
}

/** The blanks before an item if it begins a line, otherwise one blank. */
export function layoutOf(text: string, item: JsonItem): string {
  const blanks = /\s*$/.exec(text.slice(0, item.start))![0]
  const line = blanks.lastIndexOf('\n')
  if (line < 0) return ' '
  return blanks.slice(blanks[line - 1] === '\r' ? line - 1 : line)
}

export function splice(text: string, start: number, end: number, inserted: string): string {
  return text.slice(0, start) + inserted + text.slice(end)
}

function commaAfter(text: string, at: number): number | undefined {
  const next = skipBlank(text, at)
  return text[next] === ',' ? next : undefined
}

/** The end of a comment that follows on the same line; `at` if there is none. */
function sameLineCommentEnd(text: string, at: number): number {
  const comment = /^[ \t]*(?:\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/)/.exec(text.slice(at))
  return at + (comment?.[0].length ?? 0)
}

/** Skips white space and comments. */
function skipBlank(text: string, start: number): number {
  const blank = /(?:[ \t\r\n]+|\/\/[^\r\n]*|\/\*[\s\S]*?\*\/)*/y
  blank.lastIndex = start
  blank.exec(text)
  return Math.max(start, blank.lastIndex)
}

function scalarEnd(text: string, start: number): number | undefined {
  const scalar = /"(?:[^"\\\r\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y
  scalar.lastIndex = start
  return scalar.test(text) ? scalar.lastIndex : undefined
}
