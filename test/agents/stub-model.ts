// A stand-in for model APIs on loopback, so that real agents run whole turns without the internet: Anthropic's Messages API and
// OpenAI's Responses API, both streamed. Usage: node test/agents/stub-model.ts [PORT]. STUB_LOG=FILE keeps what was asked.
import { appendFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerMessages } from './anthropic.ts'
import { answerChat } from './chat.ts'
import { answerGemini } from './gemini.ts'
import { answerResponses } from './openai.ts'

export interface StubModel {
  port: number
  close(): void
}

export async function startModel(port = 0): Promise<StubModel> {
  const server = createServer((request, response) => {
    void answer(request, response).catch(error => {
      console.error(error)
      response.destroy()
    })
  })
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  if (process.env.STUB_LOG) appendFileSync(process.env.STUB_LOG, `${request.method} ${request.url} ${text}\n`)
  const body = text.startsWith('{') ? JSON.parse(text) : {}
  const path = request.url ?? ''
  if (path.includes('/messages/count_tokens')) return json(response, { input_tokens: 100 })
  if (path.includes('/v1/messages')) return answerMessages(body, response)
  if (path.includes('/responses')) return answerResponses(body, response)
  if (path.includes('/chat/completions')) return answerChat(body, response)
  if (/:\w+/.test(path)) return answerGemini(path, body, response)
  if (path.includes('/models')) return json(response, { object: 'list', data: [], models: [] })
  json(response, { type: 'error', error: { type: 'not_found_error', message: 'not here' } }, 404)
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

if (import.meta.main) console.log((await startModel(Number(process.argv[2] ?? 0))).port)
