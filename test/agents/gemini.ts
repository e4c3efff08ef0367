// The Gemini API as the stand-in model speaks it (https://ai.google.dev/api/generate-content).
import type { ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { REPLY_TO_TOOL, type Reply, replyTo, toolCall } from './replies.ts'
import { json } from './stub-model.ts'

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

export async function answerGemini(path: string, body: GenerateRequest, response: ServerResponse): Promise<void> {
  if (path.includes(':countTokens')) return json(response, { totalTokens: 100 })
  // Questions of the agent itself, for instance who speaks next, ask for JSON.
  if (body.generationConfig?.responseMimeType === 'application/json' || !path.includes(':streamGenerateContent'))
    return json(response, chunk([{ text: '{"next_speaker":"user","reasoning":"the turn is over"}' }], true))
  const tools = (body.tools ?? []).flatMap(({ functionDeclarations = [] }) =>
    functionDeclarations.map(({ name }) => name),
  )
  const last = body.contents?.at(-1)?.parts ?? []
  const isTool = last.some(({ functionResponse }) => functionResponse)
  await stream(response, isTool ? REPLY_TO_TOOL : replyTo(last.at(-1)?.text ?? ''), tools)
}

async function stream(response: ServerResponse, reply: Reply, tools: string[]): Promise<void> {
  const { status, thought, text = '', pace_ms = 30, wait_ms = 300, calls = [] } = reply
  if (status)
    return json(response, { error: { code: status, message: 'The stand-in refuses.', status: 'STOPPED' } }, status)
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
  const made = calls.flatMap(call => toolCall(call, tools) ?? [])
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
