// Sessions as the host lists them.
import type { Activity, Question, SessionInfo } from '../../../protocol/messages.ts'

export function session(session_id: string, created_at: number, rest: Partial<SessionInfo> = {}): SessionInfo {
  return {
    session_id,
    title: session_id,
    command: ['sh'],
    cwd: '/',
    branch: '',
    state: 'running',
    exit_code: null,
    signal: null,
    pid: 1,
    created_at,
    ended_at: null,
    last_activity: created_at,
    cols: 80,
    rows: 24,
    bytes: 0,
    clients: 0,
    idle: false,
    last_line: '',
    activity: null,
    attention: null,
    viewers: [],
    ...rest,
  }
}

export const QUESTION: Question = {
  question_id: '1-abc',
  kind: 'approve',
  text: 'Do you want to proceed?',
  context: ['npm test'],
  is_cut: false,
  options: [{ label: 'Yes', key: '1', answer: 'yes' }],
  accepts_text: false,
}

export function activity(state: Activity['state'], since = 0): Pick<SessionInfo, 'activity'> {
  return { activity: { state, since, agent: 'Claude Code', evidence: 'screen', confidence: 'certain', question: null } }
}

export function blocked(since: number, question: Partial<Question> = {}): Pick<SessionInfo, 'activity'> {
  return { activity: { ...activity('blocked', since).activity!, question: { ...QUESTION, ...question } } }
}
