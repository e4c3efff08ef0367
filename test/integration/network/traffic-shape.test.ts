// What somebody who listens on the network sees of typing: the lengths, order and number of messages on a real socket.
import { afterEach, describe, expect, it } from 'vitest'
import { inflate } from '../../../main/cli/command/inflate.ts'
import type { Host } from '../../../main/host/host.ts'
import { SMALL_MESSAGE_BYTES } from '../../../protocol/channel/padding.ts'
import type { ClientAttachment } from '../../../protocol/client/client-attachment.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import type { Transport } from '../../../protocol/transport.ts'
import {
  approvingDesktop,
  bytesOf,
  cleanUp,
  connectWebSocket,
  newPhone,
  onCleanUp,
  Recorder,
  startHost,
  until,
} from '../../support/host.ts'
import { openReturnChannel } from '../../support/pairing.ts'

afterEach(cleanUp)

/** A message on the wire, as a listener sees it. */
type Seen = `${'phone' | 'host'} ${number}`

/** A transport whose messages are listed. */
function overheard(inner: Transport, seen: Seen[]): Transport {
  return {
    start: ({ frame, close }) =>
      inner.start({
        frame: bytes => {
          seen.push(`host ${bytes.length}`)
          frame(bytes)
        },
        close,
      }),
    send: bytes => {
      seen.push(`phone ${bytes.length}`)
      inner.send(bytes)
    },
    get buffered() {
      return inner.buffered
    },
    close: reason => inner.close(reason),
  }
}

class Phone extends LocalClient {
  async ping(): Promise<void> {
    await this.request('pong', { type: 'ping' })
  }
}

/** A phone that is attached to a new shell, and a listener on its connection. */
async function typist(host: Host) {
  const phone = await newPhone(host)
  const seen: Seen[] = []
  const client = new Phone({
    connect: async () => openReturnChannel(phone, overheard(await connectWebSocket(host), seen)),
    client: { kind: 'phone', name: 'phone' },
    inflate,
    reconnect: false,
  })
  onCleanUp(() => client.close())
  await client.connect()
  const session = await client.create({ cwd: '/' })
  const screen = new Recorder()
  const attachment = client.attach(session.session_id, screen, { size: { cols: 80, rows: 24 } })
  await until(() => screen.text.includes('$ '), 'the prompt')
  return { client, attachment, screen, seen }
}

/** Types each character by itself, and lists what was on the wire until its answers had come. */
async function overhear({ attachment, seen }: { attachment: ClientAttachment; seen: Seen[] }, text: string) {
  const heard: Seen[][] = []
  for (const character of text) {
    seen.length = 0
    attachment.type(bytesOf(character))
    await until(() => seen.length >= 4, 'a key, its acknowledgement, an answer and its acknowledgement')
    heard.push([...seen])
  }
  return heard
}

/** Types a line and waits for what it prints. */
async function run(typist: { attachment: ClientAttachment; screen: Recorder }, line: string, until_: string) {
  typist.attachment.type(bytesOf(`${line}\n`))
  await until(() => typist.screen.text.includes(until_), until_)
}

/** Until nothing more is under way: a ping and its pong come after everything that was sent before. */
async function settle(client: Phone, seen: Seen[]) {
  let before = -1
  while (before !== seen.length) {
    before = seen.length + 2
    await client.ping()
  }
}

const KEY: Seen[] = [
  `phone ${SMALL_MESSAGE_BYTES}`,
  `host ${SMALL_MESSAGE_BYTES}`,
  `host ${SMALL_MESSAGE_BYTES}`,
  `phone ${SMALL_MESSAGE_BYTES}`,
]

describe('case 113: on the wire', () => {
  it('a key that is echoed and a key of a password look alike', async () => {
    const phone = await typist(await startHost())
    // On a busy machine an echo may be late and come in addition to the frame that stands in for it.
    const echoed = await overhear(phone, 'echo echo echo')
    expect(new Set(echoed.flat())).toEqual(new Set(KEY))
    expect(echoed).toContainEqual(KEY)
    await run(phone, ' a; stty -echo; echo rea""dy; read -r secret; stty echo; echo do""ne', 'ready')
    await settle(phone.client, phone.seen)
    const before = phone.screen.text
    for (const seen of await overhear(phone, 'hunter2')) expect(seen).toEqual(KEY)
    expect(phone.screen.text).toBe(before)
    await run(phone, '', 'done')
  })

  it('keys, acknowledgements, pings and presence are equally long', async () => {
    const { client, attachment, screen, seen } = await typist(await startHost())
    await settle(client, seen)
    seen.length = 0
    attachment.type(bytesOf('x'))
    attachment.type(bytesOf('\x1b[A'))
    attachment.type(bytesOf('a line that was composed, and is still short'))
    attachment.setPresent(false)
    attachment.resize(100, 30)
    await client.ping()
    await until(() => screen.text.includes('still short'), 'the echo')
    await settle(client, seen)
    expect(new Set(seen)).toEqual(new Set([`phone ${SMALL_MESSAGE_BYTES}`, `host ${SMALL_MESSAGE_BYTES}`]))
  })
})

it('case 114: with obscure_typing, both sides send messages of one length also while no key is pressed', async () => {
  const host = await startHost()
  await (await approvingDesktop(host)).changeSettings({ obscure_typing: true })
  const phone = await typist(host)
  await settle(phone.client, phone.seen)
  phone.seen.length = 0
  phone.attachment.type(bytesOf('x'))
  // A key and its answers are two messages of each side; the others hide them.
  const of = (side: string) => phone.seen.filter(one => one.startsWith(side)).length
  await until(() => of('phone') >= 20 && of('host') >= 20, 'messages of both sides')
  expect(new Set(phone.seen)).toEqual(new Set([`phone ${SMALL_MESSAGE_BYTES}`, `host ${SMALL_MESSAGE_BYTES}`]))
  await until(() => phone.screen.text.endsWith('x'), 'the echo')
})
