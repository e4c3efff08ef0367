// A stand-in for OpenAI's Chat Completions API on loopback, as agents with a provider of one's own use it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { REPLY_TO_TOOL, type Reply, replyTo, toolCall } from './replies.ts'
import { bodyOf, portOf } from './stub-server.ts'

interface ChatRequest {
  messages: { role: string; content: string | { text?: string }[] | null }[]
  tools: { function?: { name: string } }[]
}

/** The content of a title that an agent asks its model for. */
const TITLE: Reply = { text: 'Look at the test', pace_ms: 0, wait_ms: 0 }

/** `cwd`: where the agent works. Returns the port. */
export async function startOpenAiStub(cwd: string): Promise<number> {
  const server = createServer(
    (request, response) => void answer(request, response, cwd).catch(() => response.destroy()),
  )
  return portOf(server)
}

async function answer(request: IncomingMessage, response: ServerResponse, cwd: string): Promise<void> {
  const { messages = [], tools = [] } = await bodyOf<ChatRequest>(request)
  if (process.env.STUB_LOG)
    process.stderr.write(
      `${request.url} ${JSON.stringify(messages.at(-1)).slice(0, 300)} ${tools.map(one => one.function?.name)}\n`,
    )
  if (request.url?.endsWith('/models'))
    return send(response, 200, { object: 'list', data: [{ id: 'stub', object: 'model' }] })
  const names = tools.flatMap(one => one.function?.name ?? [])
  const last = messages.at(-1)
  const prompt = typeof last?.content === 'string' ? last.content : (last?.content?.at(-1)?.text ?? '')
  const reply = names.length === 0 ? TITLE : last?.role === 'tool' ? REPLY_TO_TOOL : replyTo(prompt)
  await stream(response, reply, names, cwd)
}

async function stream(response: ServerResponse, reply: Reply, tools: string[], cwd: string): Promise<void> {
  const { status, thought, text = '', pace_ms = 30, wait_ms = 300, calls = [] } = reply
  if (status)
    return send(response, status, { error: { message: 'The stand-in refuses.', type: 'invalid_request_error' } })
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
  const made = calls.flatMap(call => toolCall(call, tools, cwd) ?? [])
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

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

if (import.meta.main) console.log(await startOpenAiStub(process.argv[2] ?? '/tmp/proj'))
