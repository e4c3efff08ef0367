// Which waits a hidden page notifies of.
import { describe, expect, it } from 'vitest'
import type { SessionInfo } from '../../../protocol/messages.ts'
import { AttentionTracker } from '../../../web-client/notifications/attention-tracker.ts'

/** A session that needs attention since `at`; `question_id`: for an answer to this. */
function session(at: number | null, question_id?: string): SessionInfo {
  return {
    session_id: 's',
    attention: at === null ? null : { at, text: 'x', kind: question_id ? 'blocked' : 'done' },
    activity: question_id ? { question: { question_id } } : null,
  } as SessionInfo
}

/** How many notifications each list causes, after an empty one. */
function notified(lists: SessionInfo[], hidden = true): number[] {
  const tracker = new AttentionTracker()
  tracker.update([session(null)], hidden)
  return lists.map(one => tracker.update([one], hidden).length)
}

describe('a hidden page', () => {
  it('notifies of each question once, also while the one before was not seen', () => {
    const lists = [session(1, 'a'), session(1, 'a'), session(2, 'a'), session(3, 'b'), session(4, 'c')]
    expect(notified(lists)).toEqual([1, 0, 0, 1, 1])
    expect(notified([session(1, 'a'), session(null), session(2, 'a')])).toEqual([1, 0, 1])
  })

  it('notifies of anything else once until it was seen', () => {
    expect(notified([session(1), session(2), session(null), session(3)])).toEqual([1, 0, 0, 1])
    expect(notified([session(1, 'a'), session(null), session(2)])).toEqual([1, 0, 1])
  })

  it('notifies of nothing that a push message has shown', () => {
    const tracker = new AttentionTracker()
    tracker.update([session(null)], true)
    tracker.shownByWorker({ session_id: 's', question_id: 'a' })
    expect(tracker.update([session(1, 'a')], true)).toEqual([])
    expect(tracker.update([session(2, 'b')], true)).toHaveLength(1)
    tracker.shownByWorker({ session_id: 's' })
    expect(tracker.update([session(3)], true)).toEqual([])
  })

  it('notifies of nothing that no one is to be notified of, or while it is visible', () => {
    expect(notified([session(1, 'a'), session(2, 'b')], false)).toEqual([0, 0])
    const silent = session(1, 'a')
    silent.attention!.silent = true
    expect(notified([silent])).toEqual([0])
  })
})
