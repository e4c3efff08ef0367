// Anthropic's Messages API as the stand-in model speaks it (https://docs.claude.com/en/api/messages-streaming).
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, type Step, stepOf, words } from './scenarios.ts'

interface Block {
  type: string
  text?: string
}

interface Message {
  role: string
  content: string | Block[]
}

interface Body {
  model?: string
  stream?: boolean
  messages?: Message[]
  tools?: { name: string }[]
}

/** The pace of a text, and the pause before its first word, unless the scenario has its own. */
const PACE_MS = 25
const WAIT_MS = 250

let lastId = 0

export async function answerMessages(body: Body, response: ServerResponse): Promise<void> {
  const step = nextStep(body)
  if (step.error) {
    const { status, type, message } = step.error
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '2' })
    response.end(JSON.stringify({ type: 'error', error: { type, message } }))
    return
  }
  const { thinking, text, calls = [], pace_ms = PACE_MS, wait_ms = WAIT_MS } = step
  const stop_reason = calls.length > 0 ? 'tool_use' : 'end_turn'
  const message = {
    id: `msg_${++lastId}`,
    type: 'message',
    role: 'assistant',
    model: body.model ?? 'stub',
    content: [] as unknown[],
    stop_reason: null as string | null,
    stop_sequence: null,
    usage: { input_tokens: 1200, output_tokens: 1 },
  }
  const blocks = [
    ...(thinking ? [{ type: 'thinking', thinking, signature: 'c3R1Yg==' }] : []),
    ...(text ? [{ type: 'text', text }] : []),
    ...calls.map(call => ({ type: 'tool_use', id: `toolu_${++lastId}`, ...toolOf(call, body) })),
  ]
  if (!body.stream) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ ...message, content: blocks, stop_reason }))
    return
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  send('message_start', { message })
  await sleep(wait_ms)
  for (const [index, block] of blocks.entries()) {
    const delta = (one: object) => send('content_block_delta', { index, delta: one })
    if ('text' in block) {
      send('content_block_start', { index, content_block: { type: 'text', text: '' } })
      for (const word of words(block.text)) {
        if (response.destroyed) return
        delta({ type: 'text_delta', text: word })
        await sleep(pace_ms)
      }
    } else if ('thinking' in block) {
      send('content_block_start', { index, content_block: { type: 'thinking', thinking: '', signature: '' } })
      for (const word of words(block.thinking)) {
        if (response.destroyed) return
        delta({ type: 'thinking_delta', thinking: word })
        await sleep(pace_ms)
      }
      delta({ type: 'signature_delta', signature: block.signature })
    } else {
      send('content_block_start', { index, content_block: { ...block, input: {} } })
      delta({ type: 'input_json_delta', partial_json: JSON.stringify(block.input) })
    }
    send('content_block_stop', { index })
  }
  send('message_delta', { delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 40 } })
  send('message_stop', {})
  response.end()
}

/** Background requests have no tools: names for the session, and the summary that replaces a long conversation. */
function nextStep({ messages = [], tools = [] }: Body): Step {
  const last = textOf(messages.at(-1))
  if (/create a detailed summary|summary of the conversation/i.test(last))
    return { text: `<summary>${'We talked about the parser and its tests. '.repeat(5)}</summary>`, pace_ms: 90 }
  if (tools.length === 0) return { text: '{"title":"Look at the parser","isNewTopic":true}' }
  const at = messages.findLastIndex(message => message.role === 'user' && promptOf(message) !== '')
  const done = messages.slice(at).filter(({ role }) => role === 'assistant').length
  return at < 0 ? { text: 'Hello.' } : stepOf(promptOf(messages[at]!), done)
}

function textOf(message: Message | undefined): string {
  if (!message) return ''
  if (typeof message.content === 'string') return message.content
  return message.content.map(({ text = '' }) => text).join('\n')
}

/** What the user typed: not the results of tools, which may stand in the same message, and not what the agent adds. */
function promptOf({ content }: Message): string {
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : content
  return blocks
    .map(({ text = '' }) => text.replace(/<system-reminder>.*?<\/system-reminder>/gs, ''))
    .filter(text => !/^\s*<|^\s*\[/.test(text))
    .join('\n')
    .trim()
}

function toolOf(call: Call, body: Body): { name: string; input: unknown } {
  const path = (file: string) => `${process.env.STUB_FOLDER ?? '/tmp/proj'}/${file}`
  switch (call.tool) {
    case 'shell':
      return { name: 'Bash', input: { command: call.command, description: call.reason } }
    case 'read':
      return { name: 'Read', input: { file_path: path(call.file) } }
    case 'write':
      return { name: 'Write', input: { file_path: path(call.file), content: call.text } }
    case 'edit':
      return {
        name: 'Edit',
        input: { file_path: path(call.file), old_string: call.before, new_string: call.after },
      }
    case 'fetch':
      return { name: 'WebFetch', input: { url: call.url, prompt: 'What does it say?' } }
    case 'ask':
      return {
        name: 'AskUserQuestion',
        input: { questions: call.questions.map(one => ({ multiSelect: false, ...one })) },
      }
    case 'plan-file': {
      // The agent names a file of its own for the plan.
      const [file] = /\/[^\s"'`]*\/plans\/[\w-]+\.md/.exec(JSON.stringify(body)) ?? [path('plan.md')]
      return { name: 'Write', input: { file_path: file, content: call.text } }
    }
    case 'plan':
      return { name: 'ExitPlanMode', input: { plan: call.text } }
    case 'tasks':
      return {
        name: 'TaskCreate',
        input: { subject: call.tasks[0], description: call.tasks.join(', '), activeForm: 'Reading the code' },
      }
    case 'subagent':
      return {
        name: 'Agent',
        input: { description: 'Look at the parser', prompt: call.prompt, subagent_type: 'general-purpose' },
      }
  }
}
