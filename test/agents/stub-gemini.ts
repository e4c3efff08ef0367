// A stand-in for the Gemini API on loopback: streamGenerateContent, with text, thoughts and function calls as replies.ts says.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { REPLY_TO_TOOL, type Reply, replyTo, toolCall } from './replies.ts'
import { bodyOf, portOf } from './stub-server.ts'

interface Part {
  text?: string
  thought?: boolean
  functionCall?: { name: string; args: unknown }
  functionResponse?: unknown
}

interface GenerateRequest {
  contents?: { role: string; parts: Part[] }[]
  tools?: { functionDeclarations?: { name: string }[] }[]
  generationConfig?: { responseMimeType?: string }
}

const USAGE = { promptTokenCount: 10, candidatesTokenCount: 20, totalTokenCount: 30 }

/** `cwd`: where the agent works. Returns the port. */
export async function startGeminiStub(cwd: string): Promise<number> {
  const server = createServer(
    (request, response) => void answer(request, response, cwd).catch(() => response.destroy()),
  )
  return portOf(server)
}

async function answer(request: IncomingMessage, response: ServerResponse, cwd: string): Promise<void> {
  const url = request.url ?? ''
  const json = await bodyOf<GenerateRequest>(request)
  if (process.env.STUB_LOG) process.stderr.write(`${url} ${JSON.stringify(json.contents?.at(-1)).slice(0, 300)}\n`)
  if (url.includes(':countTokens')) return send(response, 200, { totalTokens: 100 })
  const isStream = url.includes(':streamGenerateContent')
  // Questions of the agent itself, for instance who speaks next, ask for JSON.
  if (json.generationConfig?.responseMimeType === 'application/json' || !isStream)
    return send(response, 200, chunk([{ text: '{"next_speaker":"user","reasoning":"the turn is over"}' }], true))
  const tools = (json.tools ?? []).flatMap(({ functionDeclarations = [] }) =>
    functionDeclarations.map(({ name }) => name),
  )
  const last = json.contents?.at(-1)?.parts ?? []
  const isTool = last.some(({ functionResponse }) => functionResponse)
  const prompt = last.at(-1)?.text ?? ''
  await stream(response, isTool ? REPLY_TO_TOOL : replyTo(prompt), tools, cwd)
}

async function stream(response: ServerResponse, reply: Reply, tools: string[], cwd: string): Promise<void> {
  const { status, thought, text = '', pace_ms = 30, wait_ms = 300, calls = [] } = reply
  if (status)
    return send(response, status, { error: { code: status, message: 'The stand-in refuses.', status: 'STOPPED' } })
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const event = (parts: Part[], isLast = false) =>
    response.write(`data: ${JSON.stringify(chunk(parts, isLast))}\r\n\r\n`)
  if (thought) event([{ text: thought, thought: true }])
  await pause(wait_ms)
  for (const word of text.split(/(?<=\s)/)) {
    if (word === '' || response.destroyed) continue
    event([{ text: word }])
    await pause(pace_ms)
  }
  const made = calls.flatMap(call => toolCall(call, tools, cwd) ?? [])
  event(
    made.map(functionCall => ({ functionCall: functionCall as { name: string; args: unknown } })),
    true,
  )
  response.end()
}

function chunk(parts: Part[], isLast: boolean) {
  const content = { role: 'model', parts: parts.length > 0 ? parts : [{ text: '' }] }
  return { candidates: [{ index: 0, content, ...(isLast ? { finishReason: 'STOP' } : {}) }], usageMetadata: USAGE }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

if (import.meta.main) console.log(await startGeminiStub(process.argv[2] ?? '/tmp/proj'))
