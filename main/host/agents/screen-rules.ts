// Applies rules that recognize what a program is doing by its screen. Pure.
import type { QuestionKind, QuestionOption } from '../../../protocol/messages.ts'
import { MAX_OPTIONS, type OptionRule, type Rule, type RuleFile } from './rule-format.ts'

/** The lower part of a rendered screen. */
export interface ScreenView {
  /** Logical lines (rows that wrapped are joined), top to bottom, without trailing blanks. */
  lines: string[]
  /** The cursor's line in `lines`, and the number of characters before it in that line. */
  cursor: { line: number; column: number }
  alternate: boolean
}

/** Lines of a screen that rules see: the largest dialog of an agent with a diff in it takes less. */
export const VIEW_LINES = 60

/** Longer lines are cut before a rule sees them, so that no pattern takes long. */
export const VIEW_LINE_CHARACTERS = 300

/** Limits of a question as clients receive it. */
const TEXT_CHARACTERS = 600
const CONTEXT_LINES = 12
const CONTEXT_CHARACTERS = 200
const LABEL_CHARACTERS = 200

/** A question as a rule found it. */
export interface FoundQuestion {
  kind: QuestionKind
  text: string
  context: string[]
  /** Not all of `text` and `context` is here, or it is not certain that it is. */
  is_cut: boolean
  options: FoundOption[]
  accepts_text: boolean
  /** What is typed before a text, in steps. */
  text_keys: string[]
}

export interface FoundOption extends QuestionOption {
  /** What is typed, in steps. */
  keys: string[]
}

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
  last: RegExp | undefined
  question: CompiledQuestion | undefined
}

interface CompiledQuestion {
  from: RegExp
  to: RegExp | undefined
  context_after: RegExp | undefined
  context_from: RegExp | undefined
  context_until: RegExp | undefined
  context_skip: RegExp | undefined
  subject: RegExp | undefined
  options: CompiledOptions | undefined
}

interface CompiledOptions {
  line: RegExp
  keys: string[]
  isAbove: boolean
  strip: RegExp | undefined
  described: boolean
  aligned: boolean
  skip: RegExp | undefined
  text: RegExp | undefined
  more: OptionRule[]
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

/** A line of only frames and blanks (Unicode blocks Box Drawing and Block Elements). */
const FRAME_LINE = /^[\s\u2500-\u259f]*$/
/** The frame around a line's text. */
const FRAME_EDGES = /^[\s\u2500-\u259f]+|[\s\u2500-\u259f]+$/g

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
          question: rule.question && compiled.question ? questionOf(compiled, view, at) : null,
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
        last: pattern(rule.last),
        question: question && {
          from: regExp(question.from ?? rule.all[0] ?? rule.before_cursor ?? ''),
          to: pattern(question.to),
          context_after: pattern(question.context_after),
          context_from: pattern(question.context_from),
          context_until: pattern(question.context_until),
          context_skip: pattern(question.context_skip),
          subject: pattern(question.subject),
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
  const { rule, all, none, before_cursor, below, last } = compiled
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
  if (below) begin = Math.max(begin, view.lines.findLastIndex((text, at) => at < end && below.test(text)) + 1)
  const lines = view.lines.slice(begin, end)
  let from = 0
  for (const pattern of all) {
    const at = lines.findIndex((text, index) => index >= from && pattern.test(text))
    if (at < 0) return undefined
    from = at
  }
  return none.some(pattern => lines.some(text => pattern.test(text))) ? undefined : { begin, end }
}

function questionOf(
  { rule, question, below }: CompiledRule,
  view: ScreenView,
  at: { begin: number; end: number },
): FoundQuestion {
  const lines = view.lines.slice(at.begin, at.end)
  const { kind, options: optionRule, context: where = 'above', accepts_text = false } = rule.question!
  const { from, to, context_after, context_from, context_until, context_skip, subject, options } = question!
  const isBegin = (line: string) => from.test(line)
  const firstLine = rule.question!.first ? lines.findIndex(isBegin) : lines.findLastIndex(isBegin)
  const begin = Math.max(0, firstLine)
  // Of an approval the last list: the command that it is about may have a list in it, too.
  const isApproval = kind === 'approve' && options !== undefined && !options.isAbove
  const lastList = isApproval
    ? lines.findLastIndex((line, at) => at >= begin && options.line.exec(line)?.[1] === '1')
    : -1
  const firstOption = lastList >= 0 ? lastList : options ? findOption(lines, options, begin) : -1
  const found = to ? lines.findIndex((line, at) => at > begin && to.test(line)) : firstOption
  const last = rule.question!.from !== undefined && rule.at_cursor ? lines.length : begin + 1
  const end = found > begin ? found : last
  const first = from.exec(lines[begin] ?? '')?.[1] ?? lines[begin] ?? ''
  const above = lines.slice(0, begin)
  const contextBegin = context_from ? above.findLastIndex(line => context_from.test(line)) : -1
  const subjectLine = subject && above.findLast(line => subject.test(line))
  const about = subject?.exec(subjectLine ?? '')?.[1]
  const asked = rule.question!.text ?? joined([first, ...lines.slice(begin + 1, end)])
  const text = about ? `${joined([about])}: ${asked}` : asked
  const all = Array.isArray(optionRule)
    ? optionRule.map(fixedOption)
    : options && firstOption >= 0
      ? [...optionsOf(lines.slice(firstOption), options), ...options.more.map(fixedOption)]
      : []
  const own = options?.text && all.find(({ label }) => options.text!.test(label))
  const until = context_until ? lines.findIndex((line, at) => at >= end && context_until.test(line)) : firstOption
  const isBelow = at.begin > 0 && below?.test(view.lines[at.begin - 1]!) === true
  const { found: around, isAll } = {
    above: { found: above.slice(Math.max(contextBegin, 0)), isAll: contextBegin >= 0 || isBelow },
    screen: { found: view.lines.slice(0, at.begin + begin), isAll: false },
    below: { found: lines.slice(end, Math.max(end, until)), isAll: until >= end },
    none: { found: [], isAll: true },
  }[where]
  const context = contextOf(around, isAll, where === 'below' ? NEVER : context_after, context_skip)
  const read = [...lines.slice(begin, end), subjectLine ?? '']
  return {
    kind,
    text: text.slice(0, TEXT_CHARACTERS),
    context: context.lines,
    is_cut: firstLine < 0 || context.isCut || text.length > TEXT_CHARACTERS || read.some(isCutInView),
    options: all.filter(one => one !== own),
    accepts_text: accepts_text || own !== undefined,
    text_keys: own?.keys ?? [],
  }
}

const NEVER = /(?!)/

function fixedOption({ label, key, keys }: OptionRule): FoundOption {
  return { label, key: key ?? '', keys, answer: plainAnswer(label) }
}

/** The line of the first option, or -1. */
function findOption(lines: string[], { line: option, isAbove }: CompiledOptions, begin: number): number {
  if (!isAbove) return lines.findIndex((line, at) => at >= begin && option.test(line))
  let first = begin
  while (first > 0 && option.test(lines[first - 1]!)) first--
  return first < begin ? first : -1
}

function optionsOf(lines: string[], rule: CompiledOptions): FoundOption[] {
  const found: { key: string; label: string; description: string; indent: number }[] = []
  for (const line of lines) {
    const match = rule.line.exec(line)
    if (match) {
      if (found.length === MAX_OPTIONS) break
      const [, key = '', label = '', description = ''] = match
      found.push({ key, label: joined([label]), description, indent: line.indexOf(key) })
      continue
    }
    if (rule.skip?.test(line)) continue
    const last = found.at(-1)
    if (!last || FRAME_LINE.test(line)) break
    // Anything that is not indented is the program's footer; a description may begin below the key.
    if (line.search(/[^\s\u2500-\u259f]/) < last.indent + (rule.described || rule.aligned ? 0 : 1)) break
    if (rule.described || last.description) last.description = joined([last.description, line])
    else last.label = joined([last.label, line])
  }
  return found.map(({ key, label: shown, description }) => {
    const name = rule.strip ? shown.slice(0, VIEW_LINE_CHARACTERS).replace(rule.strip, '').trimEnd() : shown
    const label = (description ? `${name} – ${description}` : name).slice(0, LABEL_CHARACTERS)
    return { label, key, keys: rule.keys.map(step => step.replaceAll('$1', () => key)), answer: plainAnswer(label) }
  })
}

/** A plain yes or no; an answer with consequences beyond this question ("and don't ask again") is neither. */
function plainAnswer(label: string): 'yes' | 'no' | null {
  if (/always|again|remember|all (edits|commands)|session|every|auto/i.test(label)) return null
  if (/^(yes|y|allow|approve|accept|proceed|ok|continue|trust)\b/i.test(label)) return 'yes'
  if (/^(no|n|don['’]t|deny|reject|cancel|decline|abort|exit|quit)\b/i.test(label)) return 'no'
  return null
}

/**
 * The lines around the question that belong to it, without frames and blank lines; the last ones if there are too many.
 * `isAll`: the first line is known to be the first one; otherwise it is the one after a line that says so.
 */
function contextOf(
  around: string[],
  isAll: boolean,
  after: RegExp | undefined,
  skip: RegExp | undefined,
): { lines: string[]; isCut: boolean } {
  const isFrame = (line: string) => FRAME_LINE.test(line) && /[\u2500-\u259f]/.test(line)
  const before = around.findLastIndex(line => (after ? after.test(line) : isFrame(line)))
  const shown = around.slice(before + 1).filter(line => !FRAME_LINE.test(line))
  const lines = shown.map(line => line.replace(FRAME_EDGES, '')).filter(line => !skip?.test(line))
  return {
    lines: lines.slice(-CONTEXT_LINES).map(line => line.slice(0, CONTEXT_CHARACTERS)),
    isCut:
      (before < 0 && !isAll) ||
      lines.length > CONTEXT_LINES ||
      lines.some(line => line.length > CONTEXT_CHARACTERS) ||
      shown.some(isCutInView),
  }
}

function isCutInView(line: string): boolean {
  return line.length >= VIEW_LINE_CHARACTERS
}

function joined(lines: string[]): string {
  return lines
    .map(line => line.replace(FRAME_EDGES, ''))
    .filter(line => line !== '')
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim()
}
