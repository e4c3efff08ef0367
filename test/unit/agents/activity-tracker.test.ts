// What a session's program is doing, by evidence that arrives over time, with a clock of the test's own.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HOOK_OUTDATED_MS } from '../../../main/host/agents/activity.ts'
import {
  ActivityTracker,
  ANSWER_MS,
  ATTENDED_MS,
  BELL_MS,
  LONG_COMMAND_MS,
  PROGRESS_MS,
  READY_MS,
  TITLE_MS,
} from '../../../main/host/agents/activity-tracker.ts'
import type { Finding } from '../../../main/host/agents/screen-rules.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function finding(state: Finding['state'], text?: string): Finding {
  const options = ['Yes', 'No'].map((label, at) => ({ label, key: `${at + 1}`, keys: [`${at + 1}`], answer: null }))
  const question =
    text === undefined
      ? null
      : { kind: 'approve' as const, text, context: [], is_cut: false, options, accepts_text: false, text_keys: [] }
  return { state, program: 'Agent', agent: true, rule: 'agent/x', certain: true, question, task: '' }
}

function newTracker() {
  const needed: string[] = []
  const session = { isSeen: false, settled: 0 }
  const tracker = new ActivityTracker(() => Date.now(), {
    changed: () => {},
    needed: (kind, text) => void needed.push(text ? `${kind}: ${text}` : kind),
    settled: () => void session.settled++,
    isSeen: () => session.isSeen,
  })
  const state = () => tracker.activity?.state ?? null
  return { tracker, needed, session, state }
}

describe('a turn of an agent by its screen', () => {
  it('is working, then done until a person sees it, then idle', () => {
    const { tracker, needed, state } = newTracker()
    tracker.screenSeen(finding('idle'))
    expect(state()).toBe('idle')
    tracker.screenSeen(finding('working'))
    expect(state()).toBe('working')
    tracker.screenSeen(finding('idle'))
    expect(state()).toBe('done')
    tracker.screenSeen(finding('idle'))
    expect(needed).toEqual(['done: Agent finished'])
    tracker.markSeen()
    expect(state()).toBe('idle')
  })

  it('is idle at once if a person watches its end', () => {
    const { tracker, needed, session, state } = newTracker()
    session.isSeen = true
    tracker.screenSeen(finding('working'))
    tracker.screenSeen(finding('idle'))
    expect([state(), needed]).toEqual(['idle', []])
  })

  it('keeps the time of its state while the screen goes on saying the same', () => {
    const { tracker } = newTracker()
    tracker.screenSeen(finding('working'))
    const { since } = tracker.activity!
    vi.advanceTimersByTime(5_000)
    tracker.screenSeen(finding('working'))
    expect(tracker.activity!.since).toBe(since)
  })

  it('is not done when its title stops for a question that the screen shows a moment later', () => {
    const { tracker, needed } = newTracker()
    tracker.titleSeen('working', 'Agent')
    tracker.screenSeen(finding('idle'))
    tracker.titleSeen('idle', 'Agent')
    vi.advanceTimersByTime(TITLE_MS - 10)
    tracker.screenSeen(finding('blocked', 'May I?'))
    vi.advanceTimersByTime(TITLE_MS)
    expect(needed).toEqual(['blocked: May I?'])
  })

  it('is working while its title spins, although its prompt is on the screen', () => {
    const { tracker, state } = newTracker()
    tracker.screenSeen(finding('idle'))
    tracker.titleSeen('working', 'Agent')
    expect(state()).toBe('working')
    tracker.titleSeen('idle', 'Agent')
    expect(state()).toBe('working')
    vi.advanceTimersByTime(TITLE_MS)
    expect(state()).toBe('done')
  })
})

describe('a question', () => {
  it('needs a person once, however often the screen shows it, and settles when it is gone', () => {
    const { tracker, needed, session, state } = newTracker()
    for (let look = 0; look < 3; look++) tracker.screenSeen(finding('blocked', 'May I?'))
    expect([state(), needed]).toEqual(['blocked', ['blocked: May I?']])
    tracker.screenSeen(finding('working'))
    expect([state(), session.settled]).toEqual(['working', 1])
  })

  it('is another one when the same words are asked again, or other words', () => {
    const { tracker, needed } = newTracker()
    tracker.screenSeen(finding('blocked', 'May I?'))
    const first = tracker.activity!.question!.question_id
    tracker.screenSeen(finding('working'))
    tracker.screenSeen(finding('blocked', 'May I?'))
    expect(tracker.activity!.question!.question_id).not.toBe(first)
    tracker.screenSeen(finding('blocked', 'And this?'))
    expect(needed).toEqual(['blocked: May I?', 'blocked: May I?', 'blocked: And this?'])
  })

  it('is told once when a hook reports it before or after its screen shows it', () => {
    const before = newTracker()
    before.tracker.hookReported('blocked', 'needs permission', 'Agent')
    before.tracker.screenSeen(finding('blocked', 'May I?'))
    expect(before.needed).toEqual(['blocked: needs permission'])
    expect(before.tracker.activity!.question!.text).toBe('May I?')
    const after = newTracker()
    after.tracker.screenSeen(finding('blocked', 'May I?'))
    after.tracker.hookReported('blocked', 'needs permission', 'Agent')
    expect(after.needed).toEqual(['blocked: May I?'])
  })

  it('types the chosen keys once, and counts as answered while the screen still shows it', () => {
    const { tracker, state, needed } = newTracker()
    const asks = finding('blocked', 'May I?')
    tracker.screenSeen(asks)
    const { question_id } = tracker.activity!.question!
    expect(tracker.answer(question_id, asks, 1, undefined)).toEqual(['2'])
    expect(state()).toBe('working')
    expect(() => tracker.answer(question_id, asks, 0, undefined)).toThrow(
      expect.objectContaining({ code: 'question_gone' }),
    )
    tracker.screenSeen(asks)
    expect(state()).toBe('working')
    tracker.screenSeen(finding('working'))
    vi.advanceTimersByTime(ANSWER_MS * 2)
    expect([state(), needed]).toEqual(['working', ['blocked: May I?']])
  })

  it('is answered only after it was on the screen for a moment, since agents drop keys that come at once', () => {
    const { tracker } = newTracker()
    const [first, second] = [finding('blocked', 'May I?'), finding('blocked', 'And this?')]
    expect(tracker.readyIn(first)).toBe(READY_MS)
    vi.advanceTimersByTime(200)
    expect(tracker.readyIn(first)).toBe(READY_MS - 200)
    // The next question follows without a pause.
    expect(tracker.readyIn(second)).toBe(READY_MS)
    vi.advanceTimersByTime(READY_MS)
    expect(tracker.readyIn(second)).toBe(0)
    // A plain program reads what was typed before it asks.
    expect(tracker.readyIn({ ...finding('blocked', 'Password:'), agent: false })).toBe(0)
  })

  it('is asked again if its answer had no effect', () => {
    const { tracker, state } = newTracker()
    const asks = finding('blocked', 'May I?')
    tracker.screenSeen(asks)
    const { question_id } = tracker.activity!.question!
    tracker.answer(question_id, asks, 0, undefined)
    vi.advanceTimersByTime(ANSWER_MS + 10)
    expect(state()).toBe('blocked')
    expect(tracker.activity!.question!.question_id).not.toBe(question_id)
  })

  it('takes no answer meant for another question, no missing option, and no text unless it asks for one', () => {
    const { tracker } = newTracker()
    tracker.screenSeen(finding('blocked', 'May I?'))
    const { question_id } = tracker.activity!.question!
    const code = (name: string) => expect.objectContaining({ code: name })
    expect(() => tracker.answer(question_id, finding('blocked', 'And this?'), 0, undefined)).toThrow(
      code('question_changed'),
    )
    const next = tracker.activity!.question!.question_id
    expect(() => tracker.answer(next, finding('blocked', 'And this?'), 7, undefined)).toThrow(code('bad_message'))
    expect(() => tracker.answer(next, finding('blocked', 'And this?'), undefined, 'x')).toThrow(code('bad_message'))
    expect(() => tracker.answer(next, undefined, 0, undefined)).toThrow(code('question_gone'))
  })

  it('tells once of a question that takes several answers, each of which ticks a box', () => {
    const { tracker, needed } = newTracker()
    const asks = finding('blocked', 'Which ones?')
    tracker.screenSeen(asks)
    tracker.answer(tracker.activity!.question!.question_id, asks, 0, undefined)
    vi.advanceTimersByTime(300)
    const ticked = finding('blocked', 'Which ones?')
    ticked.question!.options[0]!.label = '[x] Yes'
    tracker.screenSeen(ticked)
    expect(tracker.activity).toMatchObject({ state: 'blocked', question: { options: [{ label: '[x] Yes' }, {}] } })
    expect(needed).toEqual(['blocked: Which ones?'])
  })

  it('removes control characters from a typed answer', () => {
    const { tracker } = newTracker()
    const asks = finding('blocked', 'Name?')
    asks.question!.accepts_text = true
    tracker.screenSeen(asks)
    const { question_id } = tracker.activity!.question!
    expect(tracker.answer(question_id, asks, undefined, 'a\r\x03b')).toEqual(['a b', '\r'])
  })
})

describe('a hook', () => {
  it('is believed before the screen, until the screen has said something else for long or after input', () => {
    const { tracker, state } = newTracker()
    tracker.hookReported('working', '', 'Agent')
    vi.advanceTimersByTime(10)
    tracker.screenSeen(finding('idle'))
    expect(state()).toBe('working')
    vi.advanceTimersByTime(HOOK_OUTDATED_MS + 10)
    expect(state()).toBe('done')
    tracker.hookReported('done', 'all green', 'Agent')
    vi.advanceTimersByTime(10)
    tracker.inputSeen()
    vi.advanceTimersByTime(10)
    tracker.screenSeen(finding('working'))
    expect(state()).toBe('working')
  })

  it('that tells of a question after it was answered is not another question', () => {
    const { tracker, needed } = newTracker()
    const asks = finding('blocked', 'May I?')
    asks.question!.context = ['Bash command', 'rm -rf', 'build']
    tracker.screenSeen(asks)
    tracker.answer(tracker.activity!.question!.question_id, asks, 0, undefined)
    vi.advanceTimersByTime(10)
    tracker.screenSeen(finding('working'))
    tracker.hookReported('blocked', 'Bash: rm -rf build', 'Agent')
    expect(needed).toEqual(['blocked: May I?'])
    tracker.hookReported('blocked', 'Bash: reboot', 'Agent')
    expect(needed).toEqual(['blocked: May I?', 'blocked: Bash: reboot'])
  })

  it('is no longer blocked when a person types', () => {
    const { tracker, state } = newTracker()
    tracker.hookReported('blocked', 'May I?', 'Agent')
    vi.advanceTimersByTime(10)
    tracker.inputSeen()
    expect(state()).toBe(null)
  })

  it('says what was done', () => {
    const { tracker, needed } = newTracker()
    tracker.hookReported('working', '', 'Agent')
    tracker.hookReported('done', 'all\ngreen', 'Agent')
    tracker.hookReported('done', 'all green', 'Agent')
    expect(needed).toEqual(['done: all green'])
  })

  it('is forgotten when its program leaves the foreground', () => {
    const { tracker, state } = newTracker()
    tracker.hookReported('blocked', 'May I?', 'Agent')
    tracker.programGone()
    expect(state()).toBe(null)
  })
})

describe('a bell', () => {
  it('of an agent is dropped if its screen explains it, and passed on otherwise', () => {
    const { tracker, needed } = newTracker()
    tracker.screenSeen(finding('working'))
    tracker.agentNotified('', true)
    tracker.screenSeen(finding('blocked', 'May I?'))
    vi.advanceTimersByTime(BELL_MS * 2)
    tracker.agentNotified('look', true)
    vi.advanceTimersByTime(BELL_MS * 2)
    expect(needed).toEqual(['blocked: May I?'])
    tracker.screenSeen(finding('working'))
    tracker.agentNotified('look', true)
    vi.advanceTimersByTime(BELL_MS * 2)
    expect(needed.slice(1)).toEqual(['message: look'])
  })

  it('of an agent that rings before it draws its question is not told after an answer that was given at once', () => {
    const { tracker, needed } = newTracker()
    tracker.screenSeen(finding('working'))
    tracker.agentNotified('', true)
    // Codex 0.171, when no terminal with its session has the focus.
    vi.advanceTimersByTime(900)
    tracker.screenSeen(finding('blocked', 'May I?'))
    vi.advanceTimersByTime(300)
    tracker.screenSeen(finding('working'))
    vi.advanceTimersByTime(BELL_MS * 2)
    expect(needed).toEqual(['blocked: May I?'])
  })

  it('of any other program is passed on at once', () => {
    const { tracker, needed } = newTracker()
    tracker.agentNotified('', false)
    expect(needed).toEqual(['bell'])
  })
})

describe('a command in a plain shell', () => {
  it('is done if it ran for long and nobody was there, until a person sees it', () => {
    const { tracker, needed, state } = newTracker()
    tracker.commandEnded('make', LONG_COMMAND_MS - 1, false)
    expect(state()).toBe(null)
    tracker.commandEnded('make', LONG_COMMAND_MS, false)
    expect([state(), needed]).toEqual(['done', ['done: make finished']])
    tracker.markSeen()
    expect(state()).toBe(null)
    tracker.commandEnded('make', LONG_COMMAND_MS, true)
    expect(needed.at(-1)).toBe('failed: make failed')
  })

  it('is nothing to tell a person who watches it or typed just now', () => {
    const { tracker, needed, session } = newTracker()
    session.isSeen = true
    tracker.commandEnded('make', LONG_COMMAND_MS, false)
    session.isSeen = false
    tracker.inputSeen()
    vi.advanceTimersByTime(ATTENDED_MS - 1)
    tracker.commandEnded('vim', LONG_COMMAND_MS, false)
    expect(needed).toEqual([])
  })
})

describe('a progress bar', () => {
  it('is work as long as it is shown', () => {
    const { tracker, state } = newTracker()
    tracker.progressSeen(false)
    expect(state()).toBe(null)
    tracker.progressSeen(true)
    expect(state()).toBe('working')
    tracker.progressSeen(false)
    expect(state()).toBe(null)
  })
})

describe('a program that leaves the foreground', () => {
  it('is done if it worked to its end unseen, and told once', () => {
    const { tracker, needed, state } = newTracker()
    tracker.screenSeen(finding('working'))
    tracker.programGone()
    tracker.commandEnded('agent', LONG_COMMAND_MS, false)
    expect([state(), needed]).toEqual(['done', ['done: Agent finished']])
    tracker.markSeen()
    expect(state()).toBe(null)
  })

  it('asks nothing any more', () => {
    const { tracker, session, state } = newTracker()
    tracker.screenSeen(finding('blocked', 'May I?'))
    tracker.programGone()
    expect([state(), session.settled]).toEqual([null, 1])
  })
})

describe('what was a fault once', () => {
  it('a hook that is outdated stays so when the screen says nothing any more', () => {
    const { tracker, state } = newTracker()
    tracker.hookReported('working', '', 'Agent')
    vi.advanceTimersByTime(10)
    tracker.screenSeen(finding('idle'))
    vi.advanceTimersByTime(HOOK_OUTDATED_MS + 10)
    expect(state()).toBe('done')
    tracker.screenSeen(undefined)
    expect(state()).toBe(null)
  })

  it('a hook that the screen has contradicted since before it is outdated too', () => {
    const { tracker, state } = newTracker()
    tracker.screenSeen(finding('working'))
    vi.advanceTimersByTime(10)
    tracker.hookReported('blocked', 'approved by itself', 'Agent')
    expect(state()).toBe('blocked')
    vi.advanceTimersByTime(HOOK_OUTDATED_MS + 10)
    expect(state()).toBe('working')
  })

  it('a countdown, a checked box and another wrapping of the context make no new wait', () => {
    const { tracker, needed } = newTracker()
    const asks = (text: string, context: string[], label: string) => {
      const found = finding('blocked', text)
      Object.assign(found.question!, { context })
      found.question!.options[0]!.label = label
      tracker.screenSeen(found)
    }
    asks('Continue in 3 seconds?', ['rm -rf build now'], '[ ] Tests')
    asks('Continue in 2 seconds?', ['rm -rf build now'], '[ ] Tests')
    asks('Continue in 1 second?', ['rm -rf', 'build now'], '[x] Tests')
    expect(needed).toHaveLength(2) // "second" is another word
    tracker.inputSeen()
    asks('Continue in 1 second?', ['rm -rf /'], '[x] Tests')
    expect(needed).toHaveLength(3)
  })

  it('a question that is over does not stand in the way of its end', () => {
    const { tracker, needed, session } = newTracker()
    tracker.hookReported('blocked', 'Bash: x', 'Agent')
    tracker.hookReported('done', 'denied', 'Agent')
    expect([needed, session.settled]).toEqual([['blocked: Bash: x', 'done: denied'], 1])
  })

  it('a progress bar that nothing updates ends', () => {
    const { tracker, state } = newTracker()
    tracker.progressSeen(true)
    vi.advanceTimersByTime(PROGRESS_MS - 10)
    tracker.progressSeen(true)
    vi.advanceTimersByTime(PROGRESS_MS - 10)
    expect(state()).toBe('working')
    vi.advanceTimersByTime(20)
    expect(state()).toBe(null)
  })

  it('a screen that asks nothing while it is drawn loses no question', () => {
    const { tracker, state } = newTracker()
    tracker.screenSeen(finding('blocked', 'May I?'))
    const { question_id } = tracker.activity!.question!
    expect(() => tracker.answer(question_id, undefined, 0, undefined)).toThrow(
      expect.objectContaining({ code: 'question_gone' }),
    )
    expect(state()).toBe('blocked')
  })
})
