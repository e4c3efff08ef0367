// Adds hooks to a JSON file and removes them: Claude Code, Codex and Gemini CLI have the same shape,
// {"hooks": {"EVENT": [{"matcher": …, "hooks": [{"type": "command", "command": …}]}]}}.
import { CodedError } from '../../../protocol/errors.ts'
import { isHookCommand } from './hook-command.ts'
import {
  insertItem,
  isMadeFor,
  type JsonItem,
  type JsonNode,
  JsonSyntaxError,
  jsonValue,
  layoutOf,
  parseJsonc,
  removeItem,
} from './jsonc.ts'

export interface EventHook {
  event: string
  /** The element of the event's list. */
  element: object
}

/** `text` undefined: there is no file. Throws `agent_config_unusable` for a file that is not understood. */
export function addHooks(text: string | undefined, hooks: EventHook[]): string {
  let result = removeOutdated(text, hooks)
  for (const hook of hooks) {
    const found = result === undefined ? [] : findHooks(result)
    if (!found.some(one => isSame(one, hook))) result = addHook(result, hook)
  }
  return result ?? ''
}

/** Without all hooks that run otg; undefined: the file was made for them. Throws `agent_config_unusable`. */
export function removeHooks(text: string): string | undefined {
  let result: string | undefined = text
  while (result !== undefined) {
    // The last one first: each removal is the opposite of an insertion.
    const last: FoundHook | undefined = findHooks(result).at(-1)
    if (!last) break
    result = removeHook(result, last)
  }
  return result
}

export interface FoundHook extends EventHook {
  item: JsonItem
}

/** The hooks that run otg, in the order of the file. Throws `agent_config_unusable`. */
export function findHooks(text: string): FoundHook[] {
  return (hooksOf(parse(text))?.node.items ?? []).flatMap(({ key, node }) =>
    node.items
      .map(item => ({ event: key, element: jsonValue(item.node) as object, item }))
      .filter(({ element }) => runsOtg(element)),
  )
}

export function isSame(one: EventHook, other: EventHook): boolean {
  return one.event === other.event && JSON.stringify(one.element) === JSON.stringify(other.element)
}

/** Hooks of another otg, or of an earlier version. */
function removeOutdated(text: string | undefined, hooks: EventHook[]): string | undefined {
  let result = text
  while (result !== undefined) {
    const outdated: FoundHook | undefined = findHooks(result).findLast(one => !hooks.some(hook => isSame(one, hook)))
    if (!outdated) break
    result = removeHook(result, outdated)
  }
  return result
}

function addHook(text: string | undefined, { event, element }: EventHook): string {
  const line = oneLine(element)
  if (text === undefined) return `{\n  "hooks": {\n    ${JSON.stringify(event)}: [${line}]\n  }\n}\n`
  const root = parse(text)
  const list = `${JSON.stringify(event)}: [${line}]`
  const hooks = hooksOf(root)
  if (!hooks) {
    const first = root.items[0]
    const layout = first ? layoutOf(text, first) : ' '
    const isWide = !layout.includes('\n')
    const deeper = `${layout}${layout.replace(/^\r?\n/, '') || '  '}`
    return insertItem(text, root, isWide ? `"hooks": {${list}}` : `"hooks": {${deeper}${list}${layout}}`)
  }
  const events = hooks.node.items.find(({ key }) => key === event)
  if (!events) return insertItem(text, hooks.node, list)
  if (events.node.kind !== 'array') throw new CodedError('agent_config_unusable', `"hooks"."${event}" is not a list`)
  return insertItem(text, events.node, line)
}

function removeHook(text: string, { event, item }: FoundHook): string | undefined {
  const root = parse(text)
  const hooks = hooksOf(root)!
  const events = hooks.node.items.find(
    ({ key, node }) => key === event && node.start < item.start && item.end < node.end,
  )!
  const indexOf = (node: JsonNode, one: JsonItem) => node.items.findIndex(({ start }) => start === one.start)
  // A list that holds it and nothing else, not even a blank, was made for it.
  if (events.node.start + 1 !== item.start || events.node.end - 1 !== item.end)
    return removeItem(text, events.node, indexOf(events.node, item))
  if (!isMadeFor(text, hooks.node, events)) return removeItem(text, hooks.node, indexOf(hooks.node, events))
  const isFileMade = root.start === 0 && text.slice(root.end) === '\n' && text.startsWith('{\n  "hooks"')
  if (isFileMade && isMadeFor(text, root, hooks)) return undefined
  return removeItem(text, root, indexOf(root, hooks))
}

function parse(text: string): JsonNode {
  let root: JsonNode
  try {
    root = parseJsonc(text)
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw new CodedError('agent_config_unusable', error.message, { cause: error })
    throw error
  }
  if (root.kind !== 'object') throw new CodedError('agent_config_unusable', 'it is not a JSON object')
  const hooks = hooksOf(root)
  if (hooks && hooks.node.kind !== 'object') throw new CodedError('agent_config_unusable', '"hooks" is not an object')
  return root
}

function hooksOf(root: JsonNode): JsonItem | undefined {
  return root.items.find(({ key }) => key === 'hooks')
}

function runsOtg(element: unknown): boolean {
  const { hooks } = Object(element) as { hooks?: unknown }
  return Array.isArray(hooks) && hooks.length > 0 && hooks.every(hook => isHookCommand(String(Object(hook).command)))
}

/** JSON on one line, with blanks as a person would write it. */
function oneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const properties = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}: ${oneLine(one)}`)
  return `{ ${properties.join(', ')} }`
}
