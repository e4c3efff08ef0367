// The format of the rules that recognize what a program is doing by its screen; docs/agent-rules.md describes it for users.
import * as z from 'zod/mini'

/** A file of rules comes from a user, or with the host. */
const Pattern = z.string().check(z.maxLength(500))
const Word = z.string().check(z.maxLength(200))
const MAX_RULES = 50
const MAX_COMMANDS = 100
const MAX_PATTERNS = 20
const MAX_STEPS = 20
export const MAX_OPTIONS = 12

export const OptionRule = z.strictObject({
  label: Word,
  /** As in QuestionOption. */
  key: z.optional(Word),
  /** What is typed, in steps with a pause between them; programs that read keys one by one lose keys that come together. */
  keys: z.array(Word).check(z.maxLength(MAX_STEPS)),
})

export type OptionRule = z.infer<typeof OptionRule>

/**
 * Each line that matches `line` is an option; group 1 is its key, group 2 its label, group 3 a description beside it. Lines
 * without a match that are indented deeper than the key continue what is above them; the first other line ends the options.
 */
const OptionLines = z.strictObject({
  line: Pattern,
  /** What is typed for an option, in steps; `$1` is its key. Left out: the key. */
  keys: z.optional(z.array(Word).check(z.maxLength(MAX_STEPS))),
  /** The options are directly above the question. */
  above: z.optional(z.boolean()),
  /** Removed from the end of each label. */
  strip: z.optional(Pattern),
  /** Lines below an option describe it, instead of continuing its label. */
  described: z.optional(z.boolean()),
  /** Lines below an option that begin at its key continue its label, too. */
  aligned: z.optional(z.boolean()),
  /** Lines between the options that are none of them, for instance frames. */
  skip: z.optional(Pattern),
  /** The option with this label is for a text of one's own: it makes the question accept a text, which is typed after its keys. */
  text: z.optional(Pattern),
  /** Options that the screen does not list, after the others. */
  more: z.optional(z.array(OptionRule).check(z.maxLength(MAX_OPTIONS))),
})

/**
 * One of the options is marked, and Enter chooses that one. An option whose keys end with Enter is chosen by moving the mark to
 * it first; where the mark cannot be seen, nothing is typed.
 */
const MarkRule = z.strictObject({
  /** Matches the line of the marked option alone. */
  sign: z.optional(Pattern),
  /** Without `sign`: what only the marked option's label has. Left out: its background, which includes inverse text. */
  by: z.optional(z.enum(['background', 'text', 'cursor'])),
  /** Moves the mark to the next option. Left out: the arrow key, right where the options are in one line, else down. */
  next: z.optional(Word),
  /** Moves it back. Left out: `next` if that is named, for menus that go round, else the other arrow key. */
  previous: z.optional(Word),
})
export type MarkRule = z.infer<typeof MarkRule>

export const QuestionRule = z.strictObject({
  kind: z.enum(['approve', 'choose', 'answer', 'password']),
  /** The first line of the question, or its group 1; left out: the line that matched the first pattern of `all`. */
  from: z.optional(Pattern),
  /** Of several lines that match `from`, the first begins the question; otherwise the last, since answered ones may still be shown. */
  first: z.optional(z.boolean()),
  /** Every line that is looked at, below the head and above the options, belongs to the question: where one is left out, it is cut. */
  whole: z.optional(z.boolean()),
  /** What it asks, for a program that does not say it in words. */
  text: z.optional(Word),
  /**
   * The question ends before this line; left out: before the first option, else at the cursor's line if the rule has `from`
   * and `at_cursor`, else at its own line.
   */
  to: z.optional(Pattern),
  /** The context begins after the last line above the question that matches; left out: after a blank line and a frame. */
  context_after: z.optional(Pattern),
  /** The context begins at the last line above the question that matches, if one does. */
  context_from: z.optional(Pattern),
  /**
   * `above`: the context is above the question, among the lines that the rule looked at. `all`: it is all of those lines, whatever
   * frames are in them. `screen`: anywhere above it.
   * `below`: it is between the question and its options. `none`: nothing else belongs to the question.
   */
  context: z.optional(z.enum(['above', 'all', 'screen', 'below', 'none'])),
  /** The context below ends before this line; left out: before the first option. */
  context_until: z.optional(Pattern),
  /** What the question is about: group 1 of the last line above it that matches; put before the question. */
  subject: z.optional(Pattern),
  /** A first line of the context that says nothing. */
  context_skip: z.optional(Pattern),
  /** A list: always the same options. */
  options: z.optional(z.union([z.array(OptionRule).check(z.maxLength(MAX_OPTIONS)), OptionLines])),
  /** One of the options is marked. */
  mark: z.optional(MarkRule),
  accepts_text: z.optional(z.boolean()),
})
export type QuestionRule = z.infer<typeof QuestionRule>

export const Rule = z.strictObject({
  id: Word,
  /** `none`: the screen says nothing, and no further rule is tried. */
  state: z.enum(['working', 'blocked', 'idle', 'none']),
  /** Only while the program itself is in the foreground, not on another computer or in a multiplexer: for rules that match much. */
  foreground: z.optional(z.boolean()),
  /** How many lines are looked at, counted from the last one that is not blank. */
  lines: z.optional(z.int()),
  /** Each has to match a line, in this order from top to bottom (the same line may match several). */
  all: z.array(Pattern).check(z.maxLength(MAX_PATTERNS)),
  /** None of these may match a line. */
  none: z.optional(z.array(Pattern).check(z.maxLength(MAX_PATTERNS))),
  /** Has to match the cursor's line up to the cursor. */
  before_cursor: z.optional(Pattern),
  /** Only the lines below the last one that matches are looked at; all of them if none does. */
  below: z.optional(Pattern),
  /** Lines as wide as the screen come first for `below`: a program's own frame, and not one in what it asks about. */
  below_wide: z.optional(z.boolean()),
  /**
   * Every line of the dialog matches, such as those between the sides of its frame: only the run of such lines that ends last is
   * looked at.
   */
  box: z.optional(Pattern),
  /**
   * The first line with words, of those that are looked at, has to match: what kind of dialog it is. Unlike `all`, lines of a
   * command that a dialog shows cannot pass for it.
   */
  head: z.optional(Pattern),
  /** Has to match the last line that is not blank. */
  last: z.optional(Pattern),
  /** Only the cursor's line and those above it are looked at. */
  at_cursor: z.optional(z.boolean()),
  /** Nothing but blanks may follow the cursor, on its line and below it. */
  at_end: z.optional(z.boolean()),
  /**
   * For prompts that look like any other text: only while a process reads the terminal, which only Linux tells, and with a blank
   * before the cursor, which a text that is being typed has not.
   */
  reads: z.optional(z.boolean()),
  /** Only on the alternate screen, or only on the normal one. */
  alternate: z.optional(z.boolean()),
  question: z.optional(QuestionRule),
})

export type Rule = z.infer<typeof Rule>

/** One file of rules, for one program. */
export const RuleFile = z.strictObject({
  /** As a person names the program. */
  name: Word,
  /** The names of its processes. Empty: any program, for instance one that runs on another computer over ssh. */
  commands: z.array(Word).check(z.maxLength(MAX_COMMANDS)),
  /** The versions whose recordings prove these rules. */
  versions: z.optional(z.array(Word).check(z.maxLength(MAX_COMMANDS))),
  /** It takes turns with its user: `done` and `idle` mean something, and its bells are explained by its screen. */
  agent: z.boolean(),
  /** Titles that tell the state. */
  titles: z.optional(
    z.strictObject({ working: z.optional(Pattern), blocked: z.optional(Pattern), idle: z.optional(Pattern) }),
  ),
  /**
   * Lines with what the user typed, in group 1: the last of them is where the next prompt is typed, the one before it says what
   * the program works on.
   */
  task: z.optional(Pattern),
  /** The first that matches counts. */
  rules: z.array(Rule).check(z.maxLength(MAX_RULES)),
})
export type RuleFile = z.infer<typeof RuleFile>
