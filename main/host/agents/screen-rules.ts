// Applies rules that recognize what a program is doing by its screen. Pure.
import type { Rule, RuleFile } from './rule-format.ts'
import {
  type CompiledQuestion,
  type FoundQuestion,
  FRAME_LINE,
  LABEL_CHARACTERS,
  questionOf,
} from './screen-question.ts'
import { type ScreenView, VIEW_LINE_CHARACTERS } from './screen-view.ts'

/** What a screen says. */
export interface Finding {
  state: 'working' | 'blocked' | 'idle'
  /** The program's name, and whether it is an agent. */
  program: string
  agent: boolean
  /** `FILE/ID` of the rule. */
  rule: string
  /** The program in the foreground is the one that the rule is for. */
  certain: boolean
  /** It counts only while a process reads the terminal. */
  reads?: boolean
  question: FoundQuestion | null
  /** What the user asked for last, as far as the screen shows it; ''. */
  task: string
}

interface CompiledRule {
  rule: Rule
  all: RegExp[]
  none: RegExp[]
  before_cursor: RegExp | undefined
  below: RegExp | undefined
  box: RegExp | undefined
  head: RegExp | undefined
  last: RegExp | undefined
  question: CompiledQuestion | undefined
}

interface CompiledFile {
  file: string
  name: string
  agent: boolean
  commands: Set<string>
  titles: { working: RegExp | undefined; blocked: RegExp | undefined; idle: RegExp | undefined }
  task: RegExp | undefined
  rules: CompiledRule[]
}

/** Blanks between a prompt and the cursor. */
const MAX_BLANKS = 2

/** Programs in which another one shows its screen: on another computer, in a container, in a multiplexer. */
const CARRIER =
  /^(?:ssh|mosh-client|autossh|et|tmux|screen|zellij|docker|podman|kubectl|distrobox|toolbox|wsl|su|sudo|script)\b/

export class ScreenRules {
  #files: CompiledFile[] = []

  /** `files`: by name, the first one first; a later file with the same name replaces it. Throws on an invalid pattern. */
  constructor(files: ReadonlyMap<string, RuleFile>) {
    this.replace(files)
  }

  /** The same with other rules. */
  replace(files: ReadonlyMap<string, RuleFile>): void {
    this.#files = [...files].map(([file, rules]) => compile(file, rules))
  }

  /** Whether the program is an agent, by the name of its process. */
  isAgent(command: string): boolean {
    return this.#files.some(one => one.agent && isFor(one, command))
  }

  /** The name of the agent whose process has this name; '' if it is none. */
  agentName(command: string): string {
    return this.#files.find(one => one.agent && one.commands.has(command))?.name ?? ''
  }

  /** What the screen says; undefined: no rule matches. `command`: the name of the process in the foreground, or ''. */
  match(view: ScreenView, command: string): Finding | undefined {
    let asksNothing = false
    for (const file of this.#of(command))
      for (const compiled of asksNothing && !file.agent ? [] : file.rules) {
        if (compiled.rule.foreground && !isFor(file, command)) continue
        const at = matchRule(compiled, view)
        if (!at) continue
        const { rule } = compiled
        if (rule.state === 'none') {
          if (file.commands.size > 0) return undefined
          // A line that is being typed, which may be that of an agent on another computer.
          asksNothing = true
          break
        }
        return {
          state: rule.state,
          program: file.name,
          agent: file.agent,
          rule: `${file.file}/${rule.id}`,
          certain: isFor(file, command),
          ...(rule.reads ? { reads: true } : {}),
          question:
            rule.question && compiled.question ? questionOf(rule, compiled.question, compiled.below, view, at) : null,
          task: rule.state === 'working' && file.task ? taskOf(file.task, view) : '',
        }
      }
    return undefined
  }

  /** What a title says of the program, if its titles say anything. */
  titleState(title: string, command: string): { state: Finding['state']; program: string } | undefined {
    for (const file of this.#files) {
      const { titles, name } = file
      if (!isFor(file, command)) continue
      for (const state of ['blocked', 'working', 'idle'] as const)
        if (titles[state]?.test(title.slice(0, VIEW_LINE_CHARACTERS))) return { state, program: name }
    }
    return undefined
  }

  /** The program's own rules; else those for any program, and those of agents, which may run on another computer. */
  #of(command: string): CompiledFile[] {
    const own = this.#files.filter(file => isFor(file, command))
    if (own.some(({ agent }) => agent)) return own
    const isCarrier = CARRIER.test(command)
    const anywhere = this.#files.filter(({ commands }) => commands.size === 0)
    // Last, since the prompt of a shell on another computer may look like an agent's.
    return [...own, ...anywhere, ...this.#files.filter(one => one.agent && isCarrier && !own.includes(one))]
  }
}

/** All patterns of a file. Throws on an invalid one. */
export function patternsOf(file: RuleFile): string[] {
  const sources = new Set<string>()
  compile('', file, source => {
    sources.add(source)
    return new RegExp(source, 'u')
  })
  return [...sources]
}

/** A process may add to its name what it does: `npm exec vite`, `tmux: client`. */
function isFor({ commands }: CompiledFile, command: string): boolean {
  return commands.has(command) || commands.has(command.replace(/:? .*/s, ''))
}

function taskOf(pattern: RegExp, { lines }: ScreenView): string {
  const typed = lines.map(line => pattern.exec(line)).filter(match => match !== null)
  return (typed.at(-2)?.[1]?.trim() ?? '').slice(0, LABEL_CHARACTERS)
}

function compile(
  file: string,
  { name, agent, commands, titles, task, rules }: RuleFile,
  regExp = (source: string) => new RegExp(source, 'u'),
): CompiledFile {
  const pattern = (source: string | undefined) => (source === undefined ? undefined : regExp(source))
  return {
    file,
    name,
    agent,
    commands: new Set(commands),
    task: pattern(task),
    titles: { working: pattern(titles?.working), blocked: pattern(titles?.blocked), idle: pattern(titles?.idle) },
    rules: rules.map(rule => {
      const { question } = rule
      const { options } = question ?? {}
      return {
        rule,
        all: rule.all.map(source => regExp(source)),
        none: (rule.none ?? []).map(source => regExp(source)),
        before_cursor: pattern(rule.before_cursor),
        below: pattern(rule.below),
        box: pattern(rule.box),
        head: pattern(rule.head),
        last: pattern(rule.last),
        question: question && {
          from: regExp(question.from ?? rule.all[0] ?? rule.before_cursor ?? ''),
          to: pattern(question.to),
          context_after: pattern(question.context_after),
          context_from: pattern(question.context_from),
          context_until: pattern(question.context_until),
          context_skip: pattern(question.context_skip),
          subject: pattern(question.subject),
          mark: question.mark && { ...question.mark, sign: pattern(question.mark.sign) },
          options:
            options && 'line' in options
              ? {
                  line: regExp(options.line),
                  keys: options.keys ?? ['$1'],
                  isAbove: options.above === true,
                  strip: options.strip === undefined ? undefined : regExp(`(?:${options.strip})$`),
                  described: options.described ?? false,
                  aligned: options.aligned ?? false,
                  skip: pattern(options.skip),
                  text: pattern(options.text),
                  more: options.more ?? [],
                }
              : undefined,
        },
      }
    }),
  }
}

/** Where the lines that the rule looked at begin and end, if it matches. */
function matchRule(compiled: CompiledRule, view: ScreenView): { begin: number; end: number } | undefined {
  const { rule, all, none, before_cursor, below, box, head, last } = compiled
  if (rule.alternate !== undefined && rule.alternate !== view.alternate) return undefined
  const { line, column } = view.cursor
  if (before_cursor) {
    const text = view.lines[line] ?? ''
    // The cursor is behind the part of the line that is known, or was moved away from the words.
    if (column >= VIEW_LINE_CHARACTERS || column - text.length > MAX_BLANKS) return undefined
    if (!before_cursor.test(text.slice(0, column))) return undefined
  }
  if (rule.reads && column <= (view.lines[line] ?? '').length) return undefined
  if (rule.at_end && (view.lines[line]?.slice(column).trim() || view.lines.slice(line + 1).some(text => text !== '')))
    return undefined
  let end = rule.at_cursor ? line + 1 : view.lines.length
  if (!rule.at_cursor) while (end > 0 && view.lines[end - 1] === '') end--
  if (last && !last.test(view.lines[end - 1] ?? '')) return undefined
  let begin = rule.lines === undefined ? 0 : Math.max(0, end - rule.lines)
  if (below) {
    const isAbove = (text: string, at: number) => at < end && below.test(text)
    const isWide = (text: string, at: number) => text.length >= (view.columns ?? 0) && isAbove(text, at)
    const wide = rule.below_wide ? view.lines.findLastIndex(isWide) : -1
    // Narrower ones only where there is none, as after the screen became wider.
    begin = Math.max(begin, (wide >= 0 ? wide : view.lines.findLastIndex(isAbove)) + 1)
  }
  if (box) {
    const inside = view.lines.findLastIndex((text, at) => at < end && box.test(text))
    if (inside < begin) return undefined
    end = inside + 1
    begin = Math.max(begin, view.lines.findLastIndex((text, at) => at < end && !box.test(text)) + 1)
  }
  const lines = view.lines.slice(begin, end)
  if (head && !head.test(lines.find(text => !FRAME_LINE.test(text)) ?? '')) return undefined
  let from = 0
  for (const pattern of all) {
    const at = lines.findIndex((text, index) => index >= from && pattern.test(text))
    if (at < 0) return undefined
    from = at
  }
  return none.some(pattern => lines.some(text => pattern.test(text))) ? undefined : { begin, end }
}
