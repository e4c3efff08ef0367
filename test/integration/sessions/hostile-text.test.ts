// Output that hides and reorders text: nothing of it reaches what a person reads, except in exports that promise every byte.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import type { ExportFormat } from '../../../protocol/messages.ts'
import { otg } from '../../support/cli.ts'
import { bytesOf, cleanUp, localClient, startHost, temporaryFolder, until } from '../../support/host.ts'
import { ATTACKS } from '../../support/terminal/attacks.ts'

afterEach(cleanUp)

/** Trojan Source (CVE-2021-42574), text in tags, C1 controls, and letters that are written from right to left. */
const HOSTILE = 'file\u202egnp.exe\u2066x\u2069 tag\u{e0068}\u{e0069}ged \u0085 \u2028 שלום می\u200cخواهم done'
const HIDDEN = /[\u202a-\u202e\u2066-\u2069\u2028\u{e0000}-\u{e0fff}\x80-\x9f]/u
const LETTERS = /שלום می\u200cخواهم/

async function printed(client: LocalClient, content: string, text = 'done'): Promise<string> {
  const file = join(temporaryFolder(), 'content')
  writeFileSync(file, content)
  // Without echo: the answers to queries would be printed.
  const { session_id } = await client.create({ command: ['sh', '-c', `stty -echo; cat '${file}'; exec sleep 1000`] })
  await until(async () => (await client.screen(session_id)).lines.some(line => line.includes(text)), text)
  return session_id
}

async function exported(client: LocalClient, session_id: string, format: ExportFormat): Promise<string> {
  const parts: Uint8Array[] = []
  await client.history.export(session_id, { format }, part => void parts.push(part.slice()))
  return Buffer.concat(parts).toString()
}

describe('case 95: characters that hide or reorder text', () => {
  it('are removed or visible wherever text is read, and letters stay', async () => {
    const client = await localClient(await startHost())
    const session_id = await printed(client, `\x1b]2;ti\u202etle\x07${HOSTILE}\r\n`)
    const { lines } = await client.screen(session_id)
    const texts = [lines.join('\n')]
    await until(async () => (await client.history.read(session_id, {})).lines.length > 0)
    texts.push((await client.history.read(session_id, {})).lines.map(({ text }) => text).join('\n'))
    await until(async () => (await client.history.search('done', { context: 2 })).hits.length > 0)
    for (const { line, before, after } of (await client.history.search('done', { context: 2 })).hits)
      texts.push([...before, line, ...after].join('\n'))
    await until(async () => (await client.list())[0]!.last_line !== '')
    for (const format of ['txt', 'html'] as const) texts.push(await exported(client, session_id, format))
    for (const text of texts) {
      expect(text).not.toMatch(HIDDEN)
      expect(text).toMatch(LETTERS)
      expect(text).toContain('file\ufffdgnp.exe')
    }
    const [info] = await client.list()
    expect(JSON.stringify(info)).not.toMatch(HIDDEN)
    // Every byte, as promised.
    expect(await exported(client, session_id, 'raw')).toContain(HOSTILE)
    expect(await exported(client, session_id, 'cast')).toContain('file\u202egnp.exe')
  })

  it('are not printed by otg show and otg search', async () => {
    const host = await startHost()
    const client = await localClient(host)
    const session_id = await printed(client, `${HOSTILE}\r\n`)
    for (const args of [
      ['show', session_id],
      ['show', '--json', session_id],
      ['search', 'done'],
    ]) {
      await until(async () => (await otg(host.dataDir, args)).stdout.includes('done'))
      const { stdout } = await otg(host.dataDir, args)
      expect(stdout).not.toMatch(HIDDEN)
      expect(stdout).toContain('שלום')
    }
  })
})

it('case 96: a session of such output can be attached, read, searched and exported', async () => {
  const client = await localClient(await startHost())
  const output = ATTACKS.map(({ make }) => `${make(3_000)}\x18\x1b\\\x1bc`).join('')
  const session_id = await printed(client, `${output}\r\nfound it done\r\n`)
  const { lines } = await client.history.read(session_id, {})
  expect(lines.some(({ text }) => text.includes('found it'))).toBe(true)
  expect(JSON.stringify(lines).length).toBeLessThan(1024 * 1024)
  const { hits } = await client.history.search('found it')
  expect(hits.length).toBeGreaterThan(0)
  for (const format of ['txt', 'html', 'cast', 'raw'] as const) {
    const text = await exported(client, session_id, format)
    expect(text).toContain('found it')
    expect(text.length).toBeLessThan(bytesOf(output).length * 16)
  }
  const timeline = await client.history.timeline(session_id, 10)
  expect(timeline).toBeDefined()
})
