// What an agent's hook says of its session: the state and the text in the JSON that agents give to their hooks.
import type { ActivityState } from '../../../protocol/messages.ts'

export interface Report {
  state: ActivityState
  text: string
}

type Fields = Record<string, unknown>

/** Claude Code, Codex, Copilot and Gemini CLI, in their own words, without case and punctuation. */
const WORKING = new Set([
  'userpromptsubmit',
  'userpromptsubmitted',
  'beforeagent',
  'pretooluse',
  'beforetool',
  'posttooluse',
  'posttoolusefailure',
  'aftertool',
  'permissiondenied',
  'elicitationresult',
])

const DONE = new Set(['stop', 'agentstop', 'afteragent', 'agentturncomplete', 'stopfailure'])

/** Kinds of a notification that wait for an answer. `idle_prompt` is not among them: the end of the turn said so before. */
const QUESTIONS = new Set([
  'permissionprompt',
  'workerpermissionprompt',
  'elicitationdialog',
  'toolpermission',
  'agentneedsinput',
])

/** Older versions of Claude Code send notifications without a kind. */
const ASKS = /needs your (permission|approval|attention)/i

/** Background work of Claude Code that goes on by itself and then continues the turn; a shell or a monitor may never end. */
const CONTINUES = /^(subagent|workflow)$/

/**
 * What the hook's JSON says; undefined: nothing about the session's state (the end of a subagent, a reminder). `event`: the
 * event's name, for agents that leave it out.
 */
export function reportOf(payload: unknown, event = ''): Report | undefined {
  const fields = fieldsOf(payload)
  const name = plain(textOf(fields.hook_event_name) || event || textOf(fields.type))
  if (name === 'permissionrequest' || name === 'elicitation') return { state: 'blocked', text: questionOf(fields) }
  if (name === 'pretooluse' && asksItself(fields)) return { state: 'blocked', text: questionOf(fields) }
  if (name === 'notification') return notificationOf(fields)
  if (isTitleTask(fields)) return undefined
  if (DONE.has(name)) return { state: continues(fields) ? 'working' : 'done', text: endTextOf(fields) }
  if (WORKING.has(name)) return { state: 'working', text: '' }
  // Not the start of a session: Codex tells of it when the first turn has begun, others in the middle of one.
  return undefined
}

/** The event's name in JSON of which only the beginning was read. */
export function eventNameIn(json: string): string {
  return /"hook_event_name"\s*:\s*"(\w+)"/.exec(json)?.[1] ?? ''
}

function notificationOf(fields: Fields): Report | undefined {
  const kind = textOf(fields.notification_type) || textOf(fields.notificationType)
  const message = textOf(fields.message)
  const isQuestion = kind === '' ? ASKS.test(message) : QUESTIONS.has(plain(kind))
  return isQuestion ? { state: 'blocked', text: detailOf(fieldsOf(fields.details)) || message } : undefined
}

/** Gemini CLI's message says only that a tool needs a permission; the details say for what. */
function detailOf(details: Fields): string {
  const subject = ['command', 'filePath', 'fileName', 'toolName', 'prompt']
    .map(name => textOf(details[name]))
    .find(Boolean)
  return subject ? [textOf(details.title), subject].filter(Boolean).join(': ') : ''
}

/** Codex names its threads in a turn of its own, whose end it tells like that of the user's turn, often before. */
function isTitleTask(fields: Fields): boolean {
  const [message] = Array.isArray(fields['input-messages']) ? fields['input-messages'] : []
  return /^Generate a concise[^.]* title\b/.test(textOf(message))
}

function endTextOf(fields: Fields): string {
  return (
    textOf(fields.last_assistant_message) ||
    textOf(fields['last-assistant-message']) ||
    textOf(fields.prompt_response) ||
    textOf(fields.error_details)
  )
}

function continues({ background_tasks }: Fields): boolean {
  return Array.isArray(background_tasks) && background_tasks.some(task => CONTINUES.test(textOf(fieldsOf(task).type)))
}

/** A tool whose only purpose is a question. */
function asksItself(fields: Fields): boolean {
  return fields.tool_name === 'AskUserQuestion'
}

/** What a tool is about, by the names of its arguments, the most telling one first. */
const ARGUMENTS = ['command', 'file_path', 'path', 'url', 'query', 'pattern', 'description', 'prompt']

function questionOf(fields: Fields): string {
  const tool = textOf(fields.tool_name)
  const input = fieldsOf(fields.tool_input)
  const [question] = Array.isArray(input.questions) ? input.questions : []
  if (tool === 'AskUserQuestion') return textOf(fieldsOf(question).question)
  if (tool === 'ExitPlanMode') return 'Approve the plan?'
  if (tool === '') return textOf(fields.message)
  const detail = ARGUMENTS.map(name => textOf(input[name])).find(text => text !== '')
  return detail ? `${tool}: ${detail}` : tool
}

const plain = (name: string) => name.toLowerCase().replace(/[^a-z]/g, '')

const textOf = (value: unknown) => (typeof value === 'string' ? value : '')

const fieldsOf = (value: unknown) => (typeof value === 'object' && value !== null ? (value as Fields) : {})
