// One phone that sends more requests than a person would, and how that affects other clients.
import { afterEach, expect, it } from 'vitest'
import { FrameReader, jsonFrames } from '../../../protocol/frames.ts'
import type { HostMessage, HostMessageOf } from '../../../protocol/messages.ts'
import { cleanUp, localClient, phoneTransport, startHost, until } from '../../support/host.ts'

afterEach(cleanUp)

it('rejects a phone that reads and searches endlessly, and still serves other clients in turn', async () => {
  const host = await startHost()
  const desktop = localClient(host)
  const { session_id } = await desktop.create({ command: ['sh', '-c', 'seq 1 20000; echo needle; cat'] })
  await until(async () => (await desktop.history.search('needle')).hits.length > 0, 'the text to be found')
  const transport = await phoneTransport(host)
  const heard: HostMessage[] = []
  const reader = new FrameReader()
  transport.start({
    frame: bytes => {
      const frame = reader.read(bytes)
      if (frame?.kind === 'json') heard.push(frame.value as HostMessage)
    },
    close: () => {},
  })
  const say = (message: unknown) => jsonFrames(message).forEach(frame => void transport.send(frame))
  say({ type: 'hello', versions: [1], client: { kind: 'phone', name: 'greedy' } })
  await until(() => heard.some(({ type }) => type === 'welcome'), 'the welcome')
  for (let request_id = 1; request_id <= 20; request_id++)
    say(
      request_id % 2 === 0
        ? { type: 'read', request_id, session_id, limit: 1000, before: Number.MAX_SAFE_INTEGER }
        : { type: 'search', request_id, query: 'nowhere', limit: 200 },
    )
  await expect(desktop.history.search('needle')).resolves.toMatchObject({ complete: true })
  await expect(desktop.history.read(session_id, { limit: 10 })).resolves.toHaveProperty('lines.length')
  const answers = () =>
    heard.filter(message => ['lines', 'search_results', 'error'].includes(message.type)) as (
      | HostMessageOf<'lines'>
      | HostMessageOf<'search_results'>
      | HostMessageOf<'error'>
    )[]
  await until(() => answers().length === 20, 'twenty answers')
  const refused = answers().filter(answer => answer.type === 'error')
  expect(refused.map(({ code }) => code)).toEqual(Array(12).fill('history_busy'))
})
