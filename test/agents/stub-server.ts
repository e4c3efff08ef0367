// What the stand-ins for model APIs share.
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export async function bodyOf<T>(request: IncomingMessage): Promise<Partial<T>> {
  let body = ''
  for await (const chunk of request) body += chunk
  try {
    return JSON.parse(body || '{}')
  } catch {
    return {}
  }
}

/** Listens on loopback. A stand-in does not keep a script running. */
export async function portOf(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  if (!process.env.STUB_STAY) server.unref()
  return (server.address() as AddressInfo).port
}
