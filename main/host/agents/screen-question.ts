// Reads the question of a program from its screen: its words, its context and its options. Pure.
import type { QuestionKind, QuestionOption } from '../../../protocol/messages.ts'
import { findLabels, type LabelSpot, type Mark, type MarkKeys, markedOption, markKeys } from './menu-mark.ts'
import { findNumberedList } from './option-list.ts'
import { MAX_OPTIONS, type OptionRule, type Rule } from './rule-format.ts'
import { type ScreenView, VIEW_LINE_CHARACTERS } from './screen-view.ts'

/** Limits of a question as clients receive it. */
const TEXT_CHARACTERS = 600
const CONTEXT_LINES = 12
const CONTEXT_CHARACTERS = 200
export const LABEL_CHARACTERS = 200

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
  /** What moves the mark, in a menu that has one. */
  mark_keys?: MarkKeys
}

export interface FoundOption extends QuestionOption {
  /** What is typed, in steps. */
  keys: string[]
  /**
   * Its keys end with Enter, which chooses the marked option. How often the mark has to move to be here, forward or, if
   * negative, back; null: which option is marked cannot be seen.
   */
  moves?: number | null
}

export interface CompiledQuestion {
  from: RegExp
  to: RegExp | undefined
  context_after: RegExp | undefined
  context_from: RegExp | undefined
  context_until: RegExp | undefined
  context_skip: RegExp | undefined
  subject: RegExp | undefined
  options: CompiledOptions | undefined
  mark: Mark | undefined
}

export interface CompiledOptions {
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

/** A line of only frames and blanks (Unicode blocks Box Drawing and Block Elements). */
export const FRAME_LINE = /^[\s\u2500-\u259f]*$/
/** The frame around a line's text. */
const FRAME_EDGES = /^[\s\u2500-\u259f]+|[\s\u2500-\u259f]+$/g

/** `below`: the rule's pattern of the line above `at`. */
export function questionOf(
  rule: Rule,
  question: CompiledQuestion,
  below: RegExp | undefined,
  view: ScreenView,
  at: { begin: number; end: number },
): FoundQuestion {
  const lines = view.lines.slice(at.begin, at.end)
  const { kind, options: optionRule, context: where = 'above', accepts_text = false } = rule.question!
  const { from, to, context_after, context_from, context_until, context_skip, subject, options, mark } = question
  const isBegin = (line: string) => from.test(line)
  const firstLine = rule.question!.first ? lines.findIndex(isBegin) : lines.findLastIndex(isBegin)
  const begin = Math.max(0, firstLine)
  const list = options && findList(lines, options, begin)
  const firstOption = list?.[0] ?? -1
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
  const all: PlacedOption[] = Array.isArray(optionRule)
    ? placed(optionRule, view.lines, at.begin + end)
    : options && firstOption >= 0
      ? [
          ...optionsOf(lines, list!, at.begin, options),
          ...options.more.map(one => ({ ...fixedOption(one), spot: null })),
        ]
      : []
  const own = options?.text && all.find(({ label }) => options.text!.test(label))
  const until = context_until ? lines.findIndex((line, at) => at >= end && context_until.test(line)) : firstOption
  const isBelow = at.begin > 0 && (rule.box !== undefined || below?.test(view.lines[at.begin - 1]!) === true)
  const { found: around, isAll } = {
    above: { found: above.slice(Math.max(contextBegin, 0)), isAll: contextBegin >= 0 || isBelow },
    all: { found: above, isAll: isBelow },
    screen: { found: view.lines.slice(0, at.begin + begin), isAll: false },
    below: { found: lines.slice(end, Math.max(end, until)), isAll: until >= end },
    none: { found: [], isAll: true },
  }[where]
  const context = contextOf(around, isAll, where === 'below' || where === 'all' ? NEVER : context_after, context_skip)
  const read = [...lines.slice(begin, end), subjectLine ?? '']
  // Lines that an agent shows may look like the beginning of the question, and hide what is above them.
  const isWhole = rule.question!.whole === true || where === 'all'
  const isDoubtful = kind === 'approve' && !isWhole && lines.filter(isBegin).length > 1
  // The first line of the question may be shown in part.
  const dialog = lines.slice(0, firstOption >= 0 ? firstOption : end).toSpliced(begin, 1)
  return {
    kind,
    text: text.slice(0, TEXT_CHARACTERS),
    context: context.lines,
    is_cut:
      firstLine < 0 ||
      isDoubtful ||
      (rule.question!.whole === true && !isShown(dialog, [text, ...context.lines, headOf(dialog)])) ||
      (options !== undefined && list === undefined) ||
      context.isCut ||
      text.length > TEXT_CHARACTERS ||
      read.some(isCutInView),
    options: withMoves(all, view, mark).filter((_, index) => all[index] !== own),
    accepts_text: accepts_text || own !== undefined,
    text_keys: own?.keys ?? [],
    ...(mark
      ? {
          mark_keys: markKeys(
            view,
            all.map(({ spot }) => spot),
            mark,
          ),
        }
      : {}),
  }
}

interface PlacedOption extends FoundOption {
  spot: LabelSpot | null
}

function placed(options: OptionRule[], lines: string[], begin: number): PlacedOption[] {
  const labels = options.map(({ label }) => label)
  const spots = findLabels(lines, begin, labels)
  return options.map((option, index) => ({ ...fixedOption(option), spot: spots[index]! }))
}

/** The options as clients' answers need them: with the distance of the mark where Enter depends on it. */
function withMoves(all: PlacedOption[], view: ScreenView, mark: Mark | undefined): FoundOption[] {
  const spots = all.map(({ spot }) => spot)
  const marked = mark ? markedOption(view, spots, mark) : null
  // Counted among the options that are on the screen: the mark visits no others.
  const place = (index: number) => spots.slice(0, index).filter(spot => spot !== null).length
  return all.map(({ spot, ...option }, index) => {
    if (!mark || option.keys.at(-1) !== '\r') return option
    return { ...option, moves: marked === null || !spot ? null : place(index) - place(marked) }
  })
}

const NEVER = /(?!)/

function fixedOption({ label, key, keys }: OptionRule): FoundOption {
  return { label, key: key ?? '', keys, answer: plainAnswer(label) }
}

/** The lines of the options. Undefined: it is not certain which they are. */
function findList(
  lines: string[],
  { line: option, isAbove, skip, aligned }: CompiledOptions,
  begin: number,
): number[] | undefined {
  if (isAbove) {
    let first = begin
    while (first > 0 && option.test(lines[first - 1]!)) first--
    return first < begin ? Array.from({ length: begin - first }, (_, index) => first + index) : []
  }
  const found = [...lines.keys()].filter(at => at >= begin && option.test(lines[at]!))
  const isNumbered = found.some(at => /^\d$/.test(option.exec(lines[at]!)?.[1] ?? ''))
  return isNumbered ? findNumberedList(lines, begin, option, skip, aligned) : found
}

/** `offset`: of `lines` in the view. */
function optionsOf(lines: string[], list: number[], offset: number, rule: CompiledOptions): PlacedOption[] {
  const found: { key: string; label: string; description: string; indent: number; spot: LabelSpot }[] = []
  for (const [at, line] of lines.entries()) {
    if (at < list[0]!) continue
    const match = list.includes(at) ? rule.line.exec(line) : null
    if (match) {
      if (found.length === MAX_OPTIONS) break
      const [, key = '', label = '', description = ''] = match
      const indent = line.indexOf(key)
      const from = Math.max(0, line.indexOf(label, indent + key.length))
      const spot = { line: offset + at, from, to: from + label.trimEnd().length }
      found.push({ key, label: joined([label]), description, indent, spot })
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
  return found.map(({ key, label: shown, description, spot }) => {
    const name = rule.strip ? shown.slice(0, VIEW_LINE_CHARACTERS).replace(rule.strip, '').trimEnd() : shown
    const label = (description ? `${name} – ${description}` : name).slice(0, LABEL_CHARACTERS)
    return {
      label,
      key,
      keys: rule.keys.map(step => step.replaceAll('$1', () => key)),
      answer: plainAnswer(label),
      spot,
    }
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
  // Only at its place, the first one: further lines are what is asked about.
  const lines = shown.map(line => line.replace(FRAME_EDGES, '')).filter((line, at) => at > 0 || !skip?.test(line))
  return {
    lines: lines.slice(-CONTEXT_LINES).map(line => line.slice(0, CONTEXT_CHARACTERS)),
    isCut:
      (before < 0 && !isAll) ||
      lines.length > CONTEXT_LINES ||
      lines.some(line => line.length > CONTEXT_CHARACTERS) ||
      shown.some(isCutInView),
  }
}

/** The line that says what kind of dialog it is. */
function headOf(dialog: string[]): string {
  return dialog.find(line => !FRAME_LINE.test(line)) ?? ''
}

/** Whether each line of a dialog above its options is among what is shown. */
function isShown(dialog: string[], shown: string[]): boolean {
  const all = bare(shown.join(''))
  return dialog.every(line => all.includes(bare(line)))
}

/** Without frames and blanks. */
function bare(text: string): string {
  return text.replace(/[\s\u2500-\u259f]+/g, '')
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
