// OpenAI's Responses API as the stand-in model speaks it (https://platform.openai.com/docs/api-reference/responses-streaming).
import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Call, type Step, stepOf, words } from './scenarios.ts'

interface Item {
  type?: string
  role?: string
  content?: string | { text?: string }[]
}

interface Body {
  model?: string
  input?: Item[]
  tools?: { type: string; name?: string }[]
}

const PACE_MS = 25
const WAIT_MS = 250

let lastId = 0

export async function answerResponses(body: Body, response: ServerResponse): Promise<void> {
  const step = nextStep(body)
  if (step.error) {
    const { status, type, message } = step.error
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after': '2' })
    response.end(JSON.stringify({ error: { type, code: type, message } }))
    return
  }
  const { thinking, text, calls = [], pace_ms = PACE_MS, wait_ms = WAIT_MS } = step
  const id = `resp_${++lastId}`
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const send = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`)
  send('response.created', { response: { id, object: 'response', status: 'in_progress', output: [] } })
  await sleep(wait_ms)
  const output: object[] = []
  const finish = (item: object) => {
    send('response.output_item.done', { output_index: output.length, item })
    output.push(item)
  }
  if (thinking) {
    const item = { type: 'reasoning', id: `rs_${++lastId}`, summary: [] as object[] }
    const of = { item_id: item.id, output_index: output.length, summary_index: 0 }
    send('response.output_item.added', { output_index: output.length, item })
    send('response.reasoning_summary_part.added', { ...of, part: { type: 'summary_text', text: '' } })
    const all = `**Looking at the parser**\n\n${thinking}`
    for (const delta of words(all)) {
      if (response.destroyed) return
      send('response.reasoning_summary_text.delta', { ...of, delta })
      await sleep(pace_ms)
    }
    finish({ ...item, summary: [{ type: 'summary_text', text: all }] })
  }
  if (text) {
    const item = { type: 'message', id: `msg_${++lastId}`, role: 'assistant', content: [] as object[] }
    const of = { item_id: item.id, output_index: output.length, content_index: 0 }
    send('response.output_item.added', { output_index: output.length, item: { ...item, status: 'in_progress' } })
    for (const delta of words(text)) {
      if (response.destroyed) return
      send('response.output_text.delta', { ...of, delta })
      await sleep(pace_ms)
    }
    finish({ ...item, status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] })
  }
  for (const call of calls)
    finish({ id: `fc_${++lastId}`, call_id: `call_${lastId}`, status: 'completed', ...toolOf(call) })
  const usage = {
    input_tokens: 1200,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 40,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 1240,
  }
  send('response.completed', { response: { id, object: 'response', status: 'completed', output, usage } })
  response.end()
}

function nextStep({ input = [], tools = [] }: Body): Step {
  const last = textOf(input.at(-1))
  if (/CONTEXT CHECKPOINT|handoff summary|detailed summary/i.test(last))
    return { text: 'We talked about the parser and its tests. '.repeat(5), pace_ms: 90 }
  if (tools.length === 0) return { text: 'Look at the parser' }
  const at = input.findLastIndex(item => item.role === 'user' && promptOf(item) !== '')
  // Outputs that stand together answer the calls of one step.
  const isOutput = ({ type }: Item) => type?.endsWith('_output') ?? false
  const done = input.slice(at).filter((item, index, all) => isOutput(item) && !isOutput(all[index - 1] ?? {})).length
  return at < 0 ? { text: 'Hello.' } : stepOf(promptOf(input[at]!), done)
}

function textOf(item: Item | undefined): string {
  if (!item?.content) return ''
  return typeof item.content === 'string' ? item.content : item.content.map(({ text = '' }) => text).join('\n')
}

/** What the user typed: not the context that the agent adds. */
function promptOf(item: Item): string {
  const text = textOf(item).trim()
  return /^<|^# AGENTS\.md/.test(text) ? '' : text
}

function toolOf(call: Call): object {
  const run = (cmd: string, more: object = {}) => ({
    type: 'function_call',
    name: 'exec_command',
    arguments: JSON.stringify({ cmd, ...more }),
  })
  const patch = (text: string) => run(`apply_patch <<'EOF'\n*** Begin Patch\n${text}*** End Patch\nEOF`)
  switch (call.tool) {
    case 'shell':
      return run(call.command, { sandbox_permissions: 'require_escalated', justification: `${call.reason}?` })
    case 'read':
      return run(`cat ${call.file}`)
    case 'write':
      return patch(`*** Add File: ${call.file}\n${call.text.replace(/^(?=.)/gm, '+')}`)
    case 'edit':
      return patch(`*** Update File: ${call.file}\n@@\n-  ${call.before}\n+  ${call.after}\n`)
    case 'fetch':
      return run(`curl -s ${call.url}`, { sandbox_permissions: 'require_escalated', justification: 'Read the guide?' })
    case 'ask':
      return {
        type: 'function_call',
        name: 'request_user_input',
        arguments: JSON.stringify({
          questions: call.questions.map(({ header, question, options }, index) => ({
            id: `question_${index + 1}`,
            header,
            question,
            options,
          })),
        }),
      }
    case 'plan-file':
    case 'plan':
    case 'tasks':
      return {
        type: 'function_call',
        name: 'update_plan',
        arguments: JSON.stringify({
          plan: (call.tool === 'tasks' ? call.tasks : ['Add the button', 'Handle its click', 'Test it']).map(
            (step, index) => ({ step, status: index === 0 ? 'in_progress' : 'pending' }),
          ),
        }),
      }
    case 'subagent':
      return run('sleep 2')
  }
}
