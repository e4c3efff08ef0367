// What the JSON that agents give to their hooks says of a session.
import { describe, expect, it } from 'vitest'
import { reportOf } from '../../../main/cli/notify/hook-event.ts'
import { parseNotify } from '../../../main/cli/notify/notify.ts'

describe('the JSON of a hook', () => {
  it.each([
    ['a prompt of Claude Code', { hook_event_name: 'UserPromptSubmit', prompt: 'x' }, 'working', ''],
    [
      'a permission that Claude Code asks for',
      {
        hook_event_name: 'PermissionRequest',
        tool_name: 'Bash',
        tool_input: { command: 'curl x', description: 'Fetch' },
      },
      'blocked',
      'Bash: curl x',
    ],
    [
      'a question of Claude Code',
      {
        hook_event_name: 'PreToolUse',
        tool_name: 'AskUserQuestion',
        tool_input: { questions: [{ question: 'Which?' }] },
      },
      'blocked',
      'Which?',
    ],
    [
      'a plan of Claude Code',
      { hook_event_name: 'PermissionRequest', tool_name: 'ExitPlanMode' },
      'blocked',
      'Approve the plan?',
    ],
    ['a tool that begins', { hook_event_name: 'PreToolUse', tool_name: 'Bash' }, 'working', ''],
    ['a tool that ended', { hook_event_name: 'PostToolUse', tool_name: 'Bash' }, 'working', ''],
    [
      'a permission notification',
      {
        hook_event_name: 'Notification',
        notification_type: 'permission_prompt',
        message: 'Claude needs your permission',
      },
      'blocked',
      'Claude needs your permission',
    ],
    [
      'a permission notification of an old version',
      { hook_event_name: 'Notification', message: 'Claude needs your permission to use Bash' },
      'blocked',
      'Claude needs your permission to use Bash',
    ],
    ['the end of a turn', { hook_event_name: 'Stop', last_assistant_message: 'It works.' }, 'done', 'It works.'],
    [
      'the end of a turn with a shell in the background',
      { hook_event_name: 'Stop', background_tasks: [{ type: 'shell', status: 'running' }] },
      'done',
      '',
    ],
    [
      'the end of a turn that a subagent in the background continues',
      { hook_event_name: 'Stop', background_tasks: [{ type: 'subagent', status: 'running' }] },
      'working',
      '',
    ],
    ['the end of a turn of Codex', { type: 'agent-turn-complete', 'last-assistant-message': 'Done.' }, 'done', 'Done.'],
    ['a prompt of Gemini CLI', { hook_event_name: 'BeforeAgent', prompt: 'x' }, 'working', ''],
    [
      'a permission that Gemini CLI asks for',
      { hook_event_name: 'Notification', notification_type: 'ToolPermission', message: 'Run ls?' },
      'blocked',
      'Run ls?',
    ],
    [
      'a permission of Gemini CLI with details',
      {
        hook_event_name: 'Notification',
        notification_type: 'ToolPermission',
        message: 'Tool Confirm Shell Command requires execution',
        details: { type: 'exec', title: 'Confirm Shell Command', command: 'ls', rootCommand: 'ls' },
      },
      'blocked',
      'Confirm Shell Command: ls',
    ],
    ['the end of a turn of Gemini CLI', { hook_event_name: 'AfterAgent', prompt_response: 'Yes.' }, 'done', 'Yes.'],
  ])('%s', (_, payload, state, text) => {
    expect(reportOf(payload)).toEqual({ state, text })
  })

  it('ignores the end of the turn in which Codex names a thread', () => {
    const task =
      'Generate a concise, single-line task title of at most 36 characters.\n\nUser prompt:\nplease run the test'
    const payload = { type: 'agent-turn-complete', 'last-assistant-message': 'Run the test' }
    expect(reportOf({ ...payload, 'input-messages': [task] })).toBe(undefined)
    expect(reportOf({ ...payload, 'input-messages': ['Generate a title'] })).toMatchObject({ state: 'done' })
  })

  it.each([
    ['the end of a subagent', { hook_event_name: 'SubagentStop' }],
    [
      'a reminder that the prompt is idle',
      {
        hook_event_name: 'Notification',
        notification_type: 'idle_prompt',
        message: 'Claude is waiting for your input',
      },
    ],
    ['an old reminder', { hook_event_name: 'Notification', message: 'Claude is waiting for your input' }],
    ['the start of a session', { hook_event_name: 'SessionStart', source: 'startup' }],
    ['the end of a session', { hook_event_name: 'SessionEnd' }],
    ['an event that is not known', { hook_event_name: 'FileChanged' }],
    ['no object', 'x'],
    ['wrong types', { hook_event_name: 1, type: [], message: {} }],
  ])('%s says nothing', (_, payload) => {
    expect(reportOf(payload)).toBe(undefined)
  })

  it('gets the event of Copilot from an option', () => {
    expect(reportOf({ sessionId: 'x', stopReason: 'end_turn' }, 'agentStop')).toEqual({ state: 'done', text: '' })
  })
})

describe('the arguments of otg notify', () => {
  it('may be written in both ways, and unknown ones are left out', () => {
    const options = parseNotify(['--state', 'done', '--text=a=b\nc', '--what', '--verbose', '{"type":"x"}'])
    expect(options).toMatchObject({ state: 'done', text: 'a=b\nc', verbose: true, json: '{"type":"x"}' })
  })
})
