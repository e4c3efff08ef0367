// What the program of a session is doing, the question that it asks, and the messages about both.
import * as z from 'zod/mini'
import { id, request_id, text } from './fields.ts'

/**
 * `working`: it runs and needs no one. `blocked`: it waits for an answer. `done`: it finished, and no person has seen it
 * since. `idle`: it finished and was seen, or waits for its next task. A plain shell has no activity.
 */
export const ActivityState = z.enum(['working', 'blocked', 'done', 'idle'])
export type ActivityState = z.infer<typeof ActivityState>

/**
 * What told the host, strongest first: the host asks itself, because the program wants to control other sessions; the program's
 * own hook, its screen, its title, OSC 9;4, OSC 133, a notification.
 */
export const Evidence = z.enum(['request', 'hook', 'screen', 'title', 'progress', 'command', 'notification'])
export type Evidence = z.infer<typeof Evidence>

export const QuestionKind = z.enum(['approve', 'choose', 'answer', 'password'])
export type QuestionKind = z.infer<typeof QuestionKind>

export const QuestionOption = z.object({
  label: z.string(),
  /** The key as a person would name it: `1`, `y`, `Enter`, `Esc`; '' if it takes more than one. */
  key: z.string(),
  /** Whether it is a plain yes or no, as in `otg answer ID yes`. */
  answer: z.nullable(z.enum(['yes', 'no'])),
  /** What it covers, where the label does not say: of a question of the host's own. */
  detail: z.optional(z.string()),
})
export type QuestionOption = z.infer<typeof QuestionOption>

export const Question = z.object({
  /** Names this question: the same words asked again are another question. */
  question_id: z.string(),
  kind: QuestionKind,
  /** In the program's own words. */
  text: z.string(),
  /** The last lines above it on the screen: what it is about. */
  context: z.array(z.string()),
  /** More of `text` or `context` is on the screen, or may be: only the terminal shows all of it. */
  is_cut: z._default(z.boolean(), false),
  options: z.array(QuestionOption),
  /** Whether it can be answered with a line of text. */
  accepts_text: z.boolean(),
})
export type Question = z.infer<typeof Question>

export const Activity = z.object({
  state: ActivityState,
  since: z.int(),
  /** The program as a person names it: `Claude Code`, `sudo`; '' if it is not known. */
  agent: z.string(),
  evidence: Evidence,
  /** `likely`: inferred from something that other programs print too. */
  confidence: z.enum(['certain', 'likely']),
  question: z.nullable(Question),
})
export type Activity = z.infer<typeof Activity>

/** A typed answer: a person writes a sentence or two, and a pasted one is a page. */
export const ANSWER_CHARACTERS = 4096

export const activityRequests = () =>
  [
    /**
     * Answers the question of a session by one of its options, or by a line of text. Nothing is typed unless the screen
     * still asks this question: `question_changed`, `question_gone`.
     */
    z.object({
      type: z.literal('answer'),
      request_id,
      session_id: id,
      question_id: text(64),
      /** Index into the question's `options`. */
      option: z.optional(z.int().check(z.nonnegative(), z.maximum(99))),
      text: z.optional(text(ANSWER_CHARACTERS)),
    }),
    /** A person has seen what the session needed, without opening it. */
    z.object({ type: z.literal('mark_seen'), request_id, session_id: id }),
    /** Whether the session's programs may control other sessions without asking. */
    z.object({ type: z.literal('allow_control'), request_id, session_id: id, allowed: z.boolean() }),
    /** What a program in the session says of itself, from a hook. */
    z.object({
      type: z.literal('report_activity'),
      request_id,
      session_id: id,
      state: ActivityState,
      /** The question, or what was done. */
      text: z.optional(text(1000)),
      agent: z.optional(text(64)),
    }),
  ] as const
