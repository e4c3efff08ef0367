// OpenAI's Chat Completions API as the stand-in model speaks it (https://platform.openai.com/docs/api-reference/chat).
import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { REPLY_TO_TOOL, type Reply, replyTo, toolCall } from './replies.ts'
import { json } from './stub-model.ts'

interface ChatRequest {
  messages?: { role: string; content: string | { text?: string }[] | null }[]
  tools?: { function?: { name: string } }[]
}

/** The content of a title that an agent asks its model for. */
const TITLE: Reply = { text: 'Look at the test', pace_ms: 0, wait_ms: 0 }

export async function answerChat({ messages = [], tools = [] }: ChatRequest, response: ServerResponse): Promise<void> {
  const names = tools.flatMap(one => one.function?.name ?? [])
  const last = messages.at(-1)
  const prompt = typeof last?.content === 'string' ? last.content : (last?.content?.at(-1)?.text ?? '')
  const reply = names.length === 0 ? TITLE : last?.role === 'tool' ? REPLY_TO_TOOL : replyTo(prompt)
  await stream(response, reply, names)
}

async function stream(response: ServerResponse, reply: Reply, tools: string[]): Promise<void> {
  const { status, thought, text = '', pace_ms = 30, wait_ms = 300, calls = [] } = reply
  if (status)
    return json(response, { error: { message: 'The stand-in refuses.', type: 'invalid_request_error' } }, status)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const event = (delta: unknown, finish_reason: string | null = null) =>
    response.write(
      `data: ${JSON.stringify({ id: 'chat-1', object: 'chat.completion.chunk', created: 0, model: 'stub', choices: [{ index: 0, delta, finish_reason }] })}\n\n`,
    )
  event({ role: 'assistant', content: '' })
  if (thought) event({ reasoning_content: thought })
  await pause(wait_ms)
  for (const word of text.split(/(?<=\s)/)) {
    if (word === '' || response.destroyed) continue
    event({ content: word })
    await pause(pace_ms)
  }
  const made = calls.flatMap(call => toolCall(call, tools) ?? [])
  for (const [index, { name, args }] of made.entries())
    event({
      tool_calls: [
        {
          index,
          id: `call_${Date.now()}_${index}`,
          type: 'function',
          function: { name, arguments: JSON.stringify(args) },
        },
      ],
    })
  event({}, made.length > 0 ? 'tool_calls' : 'stop')
  const usage = { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 }
  response.write(
    `data: ${JSON.stringify({ id: 'chat-1', object: 'chat.completion.chunk', created: 0, model: 'stub', choices: [], usage })}\n\n`,
  )
  response.end('data: [DONE]\n\n')
}
