// The words around a program's question.
import { describe, expect, it } from 'vitest'
import { CodedError } from '../../../protocol/errors.ts'
import type { Question } from '../../../protocol/messages.ts'
import { askedText, contextLines, optionText, questionText, refusalText } from '../../../ui/sessions/question-text.ts'
import { blocked, QUESTION, session } from './sessions.ts'

const question = (rest: Partial<Question>): Question => ({ ...QUESTION, ...rest })

describe('what a program wrote', () => {
  it('shows hidden characters instead of obeying them', () => {
    expect(questionText(question({ text: 'Delete \u202egpj.exe\u202c?\x1b[31m' }))).toBe(
      'Delete <U+202E>gpj.exe<U+202C>?^[[31m',
    )
    expect(contextLines(question({ context: ['  rm -rf \u2066/\u2069', 'a\tb'] }))).toEqual([
      '  rm -rf <U+2066>/<U+2069>',
      'a^Ib',
    ])
    expect(optionText({ key: '1', label: 'Yes\u00ad', answer: 'yes' })).toEqual({ key: '1', label: 'Yes<U+00AD>' })
  })

  it('begins with an ellipsis if not all of it is known', () => {
    expect(contextLines(question({ is_cut: true, context: ['b'] }))).toEqual(['…', 'b'])
    expect(contextLines(question({ is_cut: true, context: [] }))).toEqual(['…'])
  })

  it('is bounded, whatever the host sends', () => {
    expect(questionText(question({ text: 'x'.repeat(5000) }))).toHaveLength(601)
    const lines = contextLines(
      question({ context: Array.from({ length: 40 }, (_, line) => `${line} ${'y'.repeat(900)}`) }),
    )
    expect(lines).toHaveLength(12)
    expect(lines.at(-1)).toMatch(/^39 y+…$/)
    expect(optionText({ key: 'k'.repeat(99), label: 'l'.repeat(999), answer: null })).toEqual({
      key: `${'k'.repeat(12)}…`,
      label: `${'l'.repeat(200)}…`,
    })
  })
})

describe('an option', () => {
  it('is not named twice', () => {
    expect(optionText({ key: 'Enter', label: 'Enter', answer: null })).toEqual({ key: 'Enter', label: '' })
    expect(optionText({ key: 'yes', label: 'Yes', answer: 'yes' })).toEqual({ key: 'yes', label: '' })
  })
})

describe('who asked, and when', () => {
  const asked = (agent: string, kind: Question['kind'] = 'approve', age = 150_000) => {
    const one = session('a', 1, blocked(1000, { kind }))
    return askedText({ ...one, activity: { ...one.activity!, agent } }, 1000 + age)
  }

  it('begins with the name of the program', () => {
    expect(asked('Claude Code')).toBe('Claude Code asked 2 min ago')
    expect(asked('sudo', 'password', 3000)).toBe('sudo asked for a password just now')
  })

  it('is a sentence without a name', () => {
    expect(asked('')).toBe('Asked 2 min ago')
    expect(asked('the program')).toBe('The program asked 2 min ago')
  })
})

describe('a refused answer', () => {
  it('says that nothing was sent or chosen if that is certain', () => {
    for (const code of ['question_changed', 'question_gone', 'session_ended', 'device_read_only'] as const)
      expect(refusalText(new CodedError(code, '')), code).toMatch(/^Nothing was (?:sent|chosen): /)
    expect(refusalText(new CodedError('connection_lost', ''))).toBe(
      'The connection was lost. Your answer may not have arrived.',
    )
  })

  it('says what the host says about everything else', () => {
    expect(refusalText(new CodedError('input_full', 'the session does not read its input'))).toBe(
      'The session does not read its input.',
    )
  })
})
