// Uploads over the encrypted socket to a real host, and what they leave on its disk.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, isAbsolute, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { Host } from '../../../main/host/host.ts'
import { numberedName, safeName } from '../../../main/host/uploads/file-name.ts'
import type { LocalClient } from '../../../protocol/client/local-client.ts'
import { chunkFrames, FrameReader, jsonFrames } from '../../../protocol/frames.ts'
import { CHUNK_BYTES, MAX_CHUNKS_AHEAD } from '../../../protocol/limits.ts'
import type { HostMessage } from '../../../protocol/messages.ts'
import type { Transport } from '../../../protocol/transport.ts'
import { quotePath } from '../../../ui/input/quote-path.ts'
import { anyCharacter } from '../../support/any-character.ts'
import {
  approvingDesktop,
  cleanUp,
  localClient,
  newPhone,
  phoneTransport,
  startHost,
  temporaryFolder,
  until,
  webClient,
} from '../../support/host.ts'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'
import { scaledRuns } from '../../support/repeat.ts'

afterEach(cleanUp)

const file = (name: string, bytes: Uint8Array) => new File([bytes as Uint8Array<ArrayBuffer>], name)
let made = 0
/** Different bytes for each call, but the same in each run. */
const randomBytes = (size: number) => incompressibleBytes(size, ++made)
const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
const uploads = (host: Host) => join(host.dataDir, 'uploads')
const mode = (path: string) => lstatSync(path).mode & 0o777

/** All files in the folder of uploads. */
function files(host: Host): string[] {
  if (!existsSync(uploads(host))) return []
  return readdirSync(uploads(host), { recursive: true, withFileTypes: true })
    .filter(entry => !entry.isDirectory())
    .map(entry => entry.name)
}

const sessionOf = async (client: LocalClient) => (await client.create({ command: ['cat'] })).session_id

/** A source that gives its first chunk, and the rest on demand. */
function slow(size: number) {
  let go = () => {}
  const gate = new Promise<void>(resolve => {
    go = resolve
  })
  const slice = (from: number, to: number) => ({
    arrayBuffer: async () => {
      if (from > 0) await gate
      return new ArrayBuffer(to - from)
    },
  })
  return { source: { name: 'slow.bin', size, slice }, go }
}

/** Sends messages that no client would, and receives the replies. */
function raw(transport: Transport) {
  const heard: HostMessage[] = []
  const reader = new FrameReader()
  let closed: string | undefined
  transport.start({
    frame: bytes => {
      const frame = reader.read(bytes)
      if (frame?.kind === 'json') heard.push(frame.value as HostMessage)
    },
    close: ({ code }) => {
      closed = code
    },
  })
  const say = (message: unknown) => jsonFrames(message).forEach(frame => void transport.send(frame))
  say({ type: 'hello', versions: [1], client: { kind: 'phone', name: 'raw' } })
  return {
    heard,
    say,
    part: (bytes: number, request_id = 7) =>
      chunkFrames(request_id, new Uint8Array(bytes)).forEach(frame => void transport.send(frame)),
    hears: (type: HostMessage['type']) => until(() => heard.some(message => message.type === type), type),
    closed: () => until(() => closed !== undefined, 'the end').then(() => heard.at(-1)),
  }
}

describe('a file', () => {
  it.each([0, 1, CHUNK_BYTES, 3_000_001])('arrives unchanged with %i bytes, readable by its user only', async size => {
    const host = await startHost()
    const client = webClient(host)
    const session_id = await sessionOf(client)
    const bytes = randomBytes(size)
    const told: [number, number][] = []
    const path = await client.upload(session_id, file('photo.jpg', bytes), {
      progress: (done, total) => told.push([done, total]),
    })
    expect(isAbsolute(path)).toBe(true)
    expect(path.startsWith(uploads(host))).toBe(true)
    expect(sha(readFileSync(path))).toBe(sha(bytes))
    expect([mode(path), mode(join(path, '..')), mode(uploads(host))]).toEqual([0o600, 0o700, 0o700])
    if (size > 0) expect(told.at(-1)).toEqual([size, size])
    expect(files(host)).toEqual([basename(path)])
  })

  it('does not replace one with the same name, and two can be sent at once', async () => {
    const host = await startHost()
    const client = webClient(host)
    const session_id = await sessionOf(client)
    const contents = [randomBytes(700_000), randomBytes(700_000), randomBytes(3)]
    const paths = await Promise.all(contents.map(bytes => client.upload(session_id, file('photo.jpg', bytes))))
    expect(paths.map(path => basename(path)).toSorted()).toEqual(['photo-2.jpg', 'photo-3.jpg', 'photo.jpg'])
    for (const [at, path] of paths.entries()) expect(sha(readFileSync(path))).toBe(sha(contents[at]!))
  })

  it('can be uploaded to an ended session, and is removed when that is deleted', async () => {
    const host = await startHost()
    const client = localClient(host)
    const session_id = await sessionOf(client)
    const other = await sessionOf(client)
    await client.kill(session_id)
    await client.upload(session_id, file('a', randomBytes(10)))
    const kept = await client.upload(other, file('b', randomBytes(10)))
    await client.history.delete(session_id)
    expect(files(host)).toEqual(['b'])
    expect(existsSync(kept)).toBe(true)
  })

  it('is removed with a session whose history was deleted while no host ran', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    const first = await startHost({ dataDir })
    const client = localClient(first)
    const path = await client.upload(await sessionOf(client), file('kept.txt', randomBytes(5)))
    mkdirSync(join(uploads(first), '00000000-0000'))
    writeFileSync(join(uploads(first), '00000000-0000', 'old.txt'), 'old')
    writeFileSync(join(path, '..', '.unfinished-x'), 'half')
    await first.stop()
    const second = await startHost({ dataDir })
    await until(() => files(second).join() === 'kept.txt', 'the rest to go')
  })
})

describe('the host', () => {
  it('rejects a file that is too large, one too many, and any while uploads are off', async () => {
    const host = await startHost()
    const client = localClient(host)
    const session_id = await sessionOf(client)
    await client.changeSettings({ upload_megabytes: 0.01, uploads_total_megabytes: 0.015 })
    await expect(client.upload(session_id, file('a', randomBytes(10_001)))).rejects.toMatchObject({
      code: 'upload_too_large',
    })
    await client.upload(session_id, file('a', randomBytes(10_000)))
    await expect(client.upload(session_id, file('b', randomBytes(5_001)))).rejects.toMatchObject({
      code: 'upload_full',
    })
    await client.upload(session_id, file('b', randomBytes(5_000)))
    await client.kill(session_id)
    await client.history.delete(session_id)
    const next = await sessionOf(client)
    await client.upload(next, file('c', randomBytes(10_000)))
    await client.changeSettings({ upload_megabytes: 0 })
    await expect(client.upload(next, file('d', randomBytes(0)))).rejects.toMatchObject({ code: 'upload_refused' })
  })

  it('accepts uploads again after files are deleted, and counts running uploads', async () => {
    const host = await startHost()
    const client = localClient(host)
    const session_id = await sessionOf(client)
    await client.changeSettings({ uploads_total_megabytes: 1 })
    const path = await client.upload(session_id, file('a', randomBytes(600_000)))
    const { source, go } = slow(CHUNK_BYTES + 1)
    const arrived = client.upload(session_id, source)
    const more = () => client.upload(session_id, file('b', randomBytes(500_000)))
    await expect(more()).rejects.toMatchObject({ code: 'upload_full' })
    rmSync(path)
    await more()
    await expect(more()).rejects.toMatchObject({ code: 'upload_full' })
    go()
    await arrived
    expect(files(host).toSorted()).toEqual(['b', 'slow.bin'])
  })

  it('case 102: reserves for idle uploads only what may be on its way, and refuses what no longer fits when it arrives', async () => {
    const host = await startHost()
    const client = localClient(host)
    const session_id = await sessionOf(client)
    await client.changeSettings({ uploads_total_megabytes: 30 })
    const phones = await Promise.all([1, 2, 3].map(async () => raw(await phoneTransport(host))))
    for (const phone of phones) {
      await phone.hears('welcome')
      for (let request_id = 1; request_id <= 4; request_id++)
        phone.say({ type: 'upload', request_id, session_id, name: 'idle', size: 15_000_000 })
      await until(() => phone.heard.filter(({ type }) => type === 'progress').length === 4, 'four uploads')
    }
    await client.upload(session_id, file('fits', randomBytes(15_000_000)))
    const [phone] = phones
    for (let n = 1; phone!.heard.every(({ type }) => type !== 'error'); n++) {
      phone!.part(CHUNK_BYTES, 1)
      await until(() => phone!.heard.filter(({ type }) => type === 'progress' || type === 'error').length === 4 + n)
    }
    expect(phone!.heard.at(-1)).toMatchObject({ type: 'error', request_id: 1, code: 'upload_full' })
    await until(() => files(host).filter(name => name.startsWith('.unfinished')).length === 11, 'its bytes to go')
  })

  it('case 102: takes four uploads at once from a device, over all its connections', async () => {
    const host = await startHost()
    const phone = await newPhone(host)
    const one = webClient(host, { phone })
    const other = webClient(host, { phone })
    await Promise.all([one.connect(), other.connect()])
    const session_id = await sessionOf(one)
    const waiting = Array.from({ length: 4 }, () => slow(CHUNK_BYTES + 1))
    const arrived = waiting.map(({ source }, n) => (n % 2 === 0 ? one : other).upload(session_id, source))
    await until(() => files(host).length === 4)
    for (const client of [one, other])
      await expect(client.upload(session_id, file('a', randomBytes(1)))).rejects.toMatchObject({ code: 'upload_busy' })
    for (const { go } of waiting) go()
    await Promise.all(arrived)
  })

  it('rejects an unknown session, a read-only device, and more than four uploads at once', async () => {
    const host = await startHost()
    const desk = await approvingDesktop(host)
    const client = webClient(host, { phone: await newPhone(host, 'one') })
    await expect(client.upload('nobody', file('a', randomBytes(1)))).rejects.toMatchObject({ code: 'session_unknown' })
    const session_id = await sessionOf(client)
    const waiting = Array.from({ length: 4 }, () => slow(CHUNK_BYTES + 1))
    const arrived = waiting.map(({ source }) => client.upload(session_id, source))
    await expect(client.upload(session_id, file('a', randomBytes(1)))).rejects.toMatchObject({ code: 'upload_busy' })
    for (const { go } of waiting) go()
    await Promise.all(arrived)
    const [device] = (await desk.devices()).devices
    await desk.updateDevice(device!.device_id, { read_only: true })
    await until(() => client.state.name === 'ready' && client.host?.read_only, 'the phone to be back')
    await expect(client.upload(session_id, file('a', randomBytes(1)))).rejects.toMatchObject({
      code: 'device_read_only',
    })
  })

  it('does not follow a folder or a name that is a symbolic link', async () => {
    const host = await startHost()
    const client = localClient(host)
    const session_id = await sessionOf(client)
    const elsewhere = temporaryFolder()
    const path = await client.upload(session_id, file('a.txt', randomBytes(1)))
    symlinkSync(join(elsewhere, 'target'), join(path, '..', 'b.txt'))
    const second = await client.upload(session_id, file('b.txt', randomBytes(1)))
    expect(basename(second)).toBe('b-2.txt')
    const other = await sessionOf(client)
    symlinkSync(elsewhere, join(uploads(host), other.slice(0, 13)))
    await expect(client.upload(other, file('c.txt', randomBytes(1)))).rejects.toMatchObject({ code: 'upload_refused' })
    expect(readdirSync(elsewhere)).toEqual([])
  })

  const asked = { type: 'upload', request_id: 7, name: 'a', size: CHUNK_BYTES * 20 }
  it.each<[string, (phone: ReturnType<typeof raw>, session_id: string) => Promise<void>]>([
    ['a chunk without an upload', async phone => phone.part(1)],
    [
      'a chunk that is too long',
      async (phone, session_id) => {
        phone.say({ ...asked, session_id })
        await phone.hears('progress')
        phone.part(CHUNK_BYTES + 1)
      },
    ],
    [
      'more bytes than the declared size',
      async (phone, session_id) => {
        phone.say({ ...asked, session_id, size: 3 })
        await phone.hears('progress')
        phone.part(4)
      },
    ],
    [
      'too many chunks at once',
      async (phone, session_id) => {
        phone.say({ ...asked, session_id })
        await phone.hears('progress')
        for (let i = 0; i <= MAX_CHUNKS_AHEAD * 4; i++) phone.part(CHUNK_BYTES)
      },
    ],
  ])('ends the connection for %s, and leaves nothing behind', async (_what, misbehave) => {
    const host = await startHost()
    const session_id = await sessionOf(localClient(host))
    const phone = raw(await phoneTransport(host))
    await phone.hears('welcome')
    await misbehave(phone, session_id)
    expect(await phone.closed()).toMatchObject({ type: 'error', code: 'bad_frame' })
    await until(() => files(host).length === 0, 'the rest to go')
  })
})

describe('an unfinished upload', () => {
  const begun = async (host: Host, client: LocalClient, signal?: AbortSignal) => {
    const session_id = await sessionOf(client)
    const { source, go } = slow(CHUNK_BYTES * 3)
    let written = 0
    const done = client.upload(session_id, source, { progress: at => (written = at), ...(signal && { signal }) })
    done.catch(() => {})
    await until(() => written === CHUNK_BYTES, 'the first part')
    expect(files(host)).toHaveLength(1)
    return { session_id, done, go }
  }
  const empty = (host: Host) => until(() => files(host).length === 0, 'the rest to go')

  it('leaves nothing behind when it is canceled; the connection stays', async () => {
    const host = await startHost()
    const client = webClient(host)
    const abort = new AbortController()
    const { session_id, done, go } = await begun(host, client, abort.signal)
    abort.abort()
    await expect(done).rejects.toMatchObject({ code: 'cancelled' })
    await empty(host)
    go()
    await client.upload(session_id, file('next', randomBytes(9)))
    expect(files(host)).toEqual(['next'])
  })

  it('leaves nothing behind when the connection drops', async () => {
    const host = await startHost()
    const client = webClient(host)
    await begun(host, client)
    client.close()
    await empty(host)
  })

  it('leaves nothing behind when the device is revoked', async () => {
    const host = await startHost()
    const desk = await approvingDesktop(host)
    const { done } = await begun(host, webClient(host))
    await desk.revokeDevice((await desk.devices()).devices[0]!.device_id)
    await expect(done).rejects.toMatchObject({ code: 'device_revoked' })
    await empty(host)
  })

  it('leaves nothing behind when the session is deleted', async () => {
    const host = await startHost()
    const client = webClient(host)
    const { session_id, done } = await begun(host, client)
    await client.kill(session_id)
    await client.history.delete(session_id)
    await expect(done).rejects.toMatchObject({ code: 'session_unknown' })
    await empty(host)
  })

  it('leaves nothing behind when the host stops', async () => {
    const host = await startHost()
    await begun(host, webClient(host))
    await host.stop()
    expect(files(host)).toEqual([])
  })
})

describe('a file name', () => {
  it.each([
    ['photo.jpg', 'photo.jpg'],
    ['My holiday photo (1).jpg', 'My-holiday-photo-1-.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\report.pdf', 'report.pdf'],
    ['.bashrc', 'bashrc'],
    ['--help', 'help'],
    ['con.txt', 'file-con.txt'],
    ['LPT1', 'file-LPT1'],
    ['name. . ', 'name'],
    ['a\u202egpj.exe', 'agpj.exe'],
    ['$(reboot);`x`&.sh', 'reboot-x-.sh'],
    ['a\u02ba\u01c0b\u02bc.txt', 'a-b-.txt'],
    ['e\u0301te\u0301.txt', 'été.txt'],
    ['写真.jpg', '写真.jpg'],
    ['', 'file'],
    ['..', 'file'],
    ['\u0000\n', 'file'],
    [`${'x'.repeat(200)}.jpeg`, `${'x'.repeat(95)}.jpeg`],
  ])('%j becomes %j', (given, wanted) => expect(safeName(given)).toBe(wanted))

  it('has no effect in a shell, whatever the file was called', () => {
    const folder = temporaryFolder()
    const hostile = [
      '"; touch ran; "',
      "'; touch ran; '",
      '$(touch ran)',
      '`touch ran`',
      'a\ntouch ran\n',
      'a\r\x1b[201~touch ran\r',
      '!!;!touch',
      '-rf',
      '~root',
      '%PATH%&touch ran',
      '\u2019; touch ran; \u2019',
      '\u037e touch ran', // NFC makes a semicolon of it
      '{a,touch ran}',
      '=touch',
    ]
    for (const [platform, shell] of [
      ['linux', 'sh'],
      ['linux', 'bash'],
    ] as const)
      for (const given of hostile) {
        const path = join(folder, safeName(given))
        const word = quotePath(path, platform, shell)
        const said = execFileSync(shell, ['-c', `printf %s ${word}`], { cwd: folder, encoding: 'utf8' })
        expect(said, given).toBe(path)
        for (const windows of ['cmd.exe', 'pwsh.exe'])
          expect(quotePath(`C:\\in\\${safeName(given)}`, 'win32', windows), given).not.toMatch(/[%!$`;&|\n\r]/)
      }
    expect(readdirSync(folder)).toEqual([])
  })

  it('is safe for any input, numbered or not', () => {
    const names = fc.oneof(
      fc.string({ unit: anyCharacter, maxLength: 255 }),
      fc.string({
        unit: fc.constantFrom('.', '-', ' ', '/', '\\', '"', '$', '\n', '漢', '👩‍👧', '\u0301', 'a', 'CON', '.tar'),
        maxLength: 120,
      }),
    )
    fc.assert(
      fc.property(names, fc.integer({ min: 2, max: 1000 }), (given, number) => {
        for (const name of [safeName(given), numberedName(safeName(given), number)]) {
          expect(name).toMatch(/^[^.-][\p{L}\p{N}\p{M}\p{So}._+,=@-]*$/u)
          expect(name).not.toMatch(/[. ]$|\p{Cc}|\p{Cf}|\p{Cs}/u)
          expect(name).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i)
          expect(Buffer.byteLength(name)).toBeLessThanOrEqual(100)
          expect(name.normalize('NFC')).toBe(name)
          expect(basename(name)).toBe(name)
        }
      }),
      scaledRuns(500),
    )
  })
})
