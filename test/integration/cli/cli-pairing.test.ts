// otg pair, devices and revoke, and the code that otg host shows, with real hosts and phones, in pipes and terminals.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { readHostInfo } from '../../../main/host/files/host-info.ts'
import { connectLocal } from '../../../main/host/listen/stream-transport.ts'
import { openChannel } from '../../../protocol/channel/channel.ts'
import { encodeBase64url, generateKeyPair } from '../../../protocol/channel/keys.ts'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError } from '../../../protocol/errors.ts'
import type { DeviceInfo, PairingAddress, PairingRequest } from '../../../protocol/messages.ts'
import {
  type CliHost,
  expectRestored,
  isAlive,
  OuterTerminal,
  otg,
  printingSettings,
  type RunningCommand,
  start,
  startCliHost,
  startSession,
} from '../../support/cli.ts'
import { cleanUp, connectWebSocket, keepAfterCleanUp, onCleanUp, temporaryFolder, until } from '../../support/host.ts'
import { startStubHost } from '../../support/network/stub-host.ts'
import {
  openReturnChannel,
  type PhoneIdentity,
  pairingUrl,
  parsePairingUrl,
  requestPairing,
  type WaitingPhone,
} from '../../support/pairing.ts'

let host: CliHost
let folder: string

// One shared host, whose devices are deleted after each test.
let stop: () => Promise<void>
beforeAll(async () => {
  host = await startCliHost()
  folder = host.dataDir
  stop = keepAfterCleanUp()
})
afterEach(async () => {
  const desk = await desktop()
  const { devices, requests } = await desk.devices()
  for (const { device_id } of devices) await desk.revokeDevice(device_id)
  for (const { pairing_id } of requests) await desk.answerPairing(pairing_id, { allow: false })
  await cleanUp()
})
afterAll(() => stop())

/** A client that the host takes for the desktop app. */
async function desktop(dataDir = folder): Promise<LocalClient> {
  const client = new LocalClient({
    connect: () => connectLocal(readHostInfo(dataDir)!.socket),
    client: { kind: 'desktop', name: 'test desktop' },
    reconnect: false,
  })
  onCleanUp(() => client.close())
  await client.connect()
  return client
}

/** A phone scans an address and asks to pair. */
function scan(url: string, name = 'Chrome on Android'): Promise<WaitingPhone> {
  return requestPairing(url, () => connectWebSocket({ port: Number(new URL(url).port) }), name).then(phone => {
    onCleanUp(() => phone.client.close())
    return phone
  })
}

/** A paired phone connects again. */
async function comeBack(identity: PhoneIdentity): Promise<LocalClient> {
  const client = new LocalClient({
    connect: async () => openReturnChannel(identity, await connectWebSocket(host)),
    client: { kind: 'phone', name: 'Chrome on Android' },
    reconnect: false,
  })
  onCleanUp(() => client.close())
  await client.connect()
  return client
}

/** Why a phone was not paired. */
function end(client: LocalClient): Promise<string> {
  return new Promise(resolve => {
    if (client.state.name === 'closed') resolve(client.state.error.code)
    else client.on('state', state => state.name === 'closed' && resolve(state.error.code))
  })
}

function refusal(phone: WaitingPhone): Promise<string> {
  return phone.approved.then(
    () => 'let in',
    error => error.code,
  )
}

const grouped = (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`
const KEYS = '[y/N/r = watch only]'
const question = (name: string, { code }: WaitingPhone, keys = KEYS) =>
  `Allow "${name}" (127.0.0.1)? Digits ${grouped(code)} ${keys}`

/** otg pair in a terminal, showing its address as text; `framed`, to check the terminal afterwards. */
async function pairInTerminal(options = '', dataDir = folder): Promise<OuterTerminal> {
  const outer = new OuterTerminal(dataDir, `trap '' INT QUIT; ${printingSettings(`$otg pair ${options}`)}`)
  await outer.shows('Pair a phone')
  outer.type('u')
  await outer.shows('u: show code')
  return outer
}

/** Waits until the terminal shows an address other than `before`. */
async function shownUrl(outer: OuterTerminal, before = ''): Promise<string> {
  await outer.until(() => /^http:.*#v1\./.test(outer.firstParagraph) && outer.firstParagraph !== before, 'an address')
  return outer.firstParagraph
}

async function firstLine(running: RunningCommand): Promise<Record<string, unknown>> {
  await until(() => running.stdout().includes('\n'), 'the first line')
  return JSON.parse(running.stdout().split('\n')[0]!)
}

describe('otg pair for a script', () => {
  it('prints the address, and pairs the first phone and prints its device with --yes', async () => {
    const running = start(folder, ['pair', '--yes', '--json'])
    const first = await firstLine(running)
    expect(Object.keys(first)).toEqual(['url', 'addresses', 'expires_at'])
    expect(first.addresses).toContainEqual({ url: first.url, name: '127.0.0.1', kind: 'loopback' })
    expect(first.url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:${host.port}/#v1\\.[\\w-]{43}\\.[\\w-]{43}$`))
    expect(Number(first.expires_at) - Date.now()).toBeGreaterThan(100_000)
    expect(Number(first.expires_at) - Date.now()).toBeLessThanOrEqual(120_000)
    const phone = await scan(first.url as string)
    await phone.approved
    const { code, stderr, json } = await running.finished
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [device] = (await (await desktop()).devices()).devices
    expect(json()).toEqual([
      first,
      {
        outcome: 'allowed',
        device: { device_id: device!.device_id, name: 'Chrome on Android', read_only: false, address: '127.0.0.1' },
      },
    ])
    const { session_id } = await phone.client.create({ command: ['cat'] })
    await phone.client.kill(session_id)
  })

  it('pairs a read-only phone with --read-only', async () => {
    const running = start(folder, ['pair', '--yes', '--read-only', '--json'])
    const phone = await scan((await firstLine(running)).url as string)
    await phone.approved
    expect(phone.client.host!.read_only).toBe(true)
    expect((await running.finished).json()[1]).toMatchObject({ outcome: 'allowed', device: { read_only: true } })
    await expect(phone.client.create({})).rejects.toMatchObject({ code: 'device_read_only' })
  })

  it('case 150: lets in no phone with --yes that has no code and has to be confirmed again', async () => {
    const before = start(folder, ['pair', '--yes', '--json'])
    const old = await scan((await firstLine(before)).url as string, 'old')
    await old.approved
    await before.finished
    old.client.close()
    const desk = await desktop()
    await desk.changeSettings({ ask_again_days: 0.00001 })
    onCleanUp(() => desk.changeSettings({ ask_again_days: null }))
    const comes = () => comeBack(old.identity).then(client => client.close())
    await until(
      () =>
        comes().then(
          () => false,
          error => error.code === 'confirm_needed',
        ),
      'the phone to be asked again',
    )
    const running = start(folder, ['pair', '--yes', '--json'])
    const { url } = await firstLine(running)
    const transport = await connectWebSocket(host)
    const { hostKey, keys } = old.identity
    const client = new LocalClient({
      connect: async () =>
        openChannel({ transport, mode: 'confirm', staticKey: keys, remoteStatic: hostKey, suite: NATIVE_SUITE }),
      client: { kind: 'phone', name: 'old' },
      reconnect: false,
    })
    onCleanUp(() => client.close())
    void client.connect().catch(() => {})
    await until(async () => (await desk.devices()).requests.length === 1, 'the request')
    const phone = await scan(url as string, 'new')
    await phone.approved
    expect((await running.finished).json()[1]).toMatchObject({ outcome: 'allowed', device: { name: 'new' } })
    expect((await desk.devices()).requests).toMatchObject([{ name: 'old', again: true }])
    expect(client.state.name).toBe('awaiting_approval')
    client.close()
    await until(async () => (await desk.devices()).requests.length === 0, 'the end of the request')
  })

  it.each([true, false])('waits for an answer from another client without --yes: %s', async allow => {
    const running = start(folder, ['pair', '--json'])
    const phone = await scan((await firstLine(running)).url as string)
    const desk = await desktop()
    const [request] = (await desk.devices()).requests
    expect(request!.code).toBe(phone.code)
    expect(running.stdout().trim().split('\n')).toHaveLength(1)
    await desk.answerPairing(request!.pairing_id, { allow })
    expect(await refusal(phone)).toBe(allow ? 'let in' : 'pairing_refused')
    const { code, json } = await running.finished
    expect(code).toBe(allow ? 0 : 1)
    expect(json()[1]).toMatchObject({ outcome: allow ? 'allowed' : 'refused' })
  })

  it('does not pair a phone that was already waiting, even with --yes', async () => {
    const desk = await desktop()
    const early = await scan(await pairingUrl(desk), 'early')
    const running = start(folder, ['pair', '--yes', '--json'])
    const phone = await scan((await firstLine(running)).url as string, 'late')
    expect((await running.finished).json()[1]).toMatchObject({ outcome: 'allowed', device: { name: 'late' } })
    await phone.approved
    expect((await desk.devices()).requests.map(({ name }) => name)).toEqual(['early'])
    expect(early.client.state.name).toBe('awaiting_approval')
  })

  it('ends as expired when no phone has used the address in time', async () => {
    const stub = await startStubHost({ addresses: ADDRESSES, expires_at: Date.now() + 1_500 })
    const { code, json } = await otg(stub.dataDir, ['pair', '--json', '--yes'])
    expect(code).toBe(1)
    expect(json()[1]).toEqual({ outcome: 'expired' })
  })

  it('ends as expired when the request of a phone is not answered', async () => {
    const stub = await startStubHost({ addresses: ADDRESSES })
    const running = start(stub.dataDir, ['pair', '--json'])
    await firstLine(running)
    stub.publish({ requests: [request({ expires_at: Date.now() })] })
    stub.publish({ requests: [] })
    expect((await running.finished).json()[1]).toEqual({ outcome: 'expired' })
  })

  it('reports one outcome for a phone that scans twice', async () => {
    const desk = await desktop()
    const running = start(folder, ['pair', '--json'])
    const url = (await firstLine(running)).url as string
    const keys = generateKeyPair()
    const connect = () => connectWebSocket(host)
    await requestPairing(url, connect, 'impatient', keys)
    const again = await requestPairing(await pairingUrl(desk), connect, 'impatient', keys)
    const { requests } = await desk.devices()
    expect(requests).toMatchObject([{ code: again.code }])
    await desk.answerPairing(requests[0]!.pairing_id, { allow: true })
    await again.approved
    again.client.close()
    expect((await running.finished).json()).toMatchObject([
      { url },
      { outcome: 'allowed', device: { name: 'impatient' } },
    ])
  })

  it('prints plain lines without a terminal and without --json', async () => {
    const running = start(folder, ['pair', '--address', '127'])
    await until(() => running.stdout().includes('\n'), 'the address')
    const url = running.stdout().trim()
    const phone = await scan(url)
    await until(() => running.stderr().includes(grouped(phone.code)), 'the request')
    const [request] = (await (await desktop()).devices()).requests
    await (await desktop()).answerPairing(request!.pairing_id, { allow: false })
    await until(() => running.stdout().includes('declined'), 'the refusal')
    const next = running
      .stdout()
      .match(/^http.*$/gm)!
      .at(-1)!
    expect(next).not.toBe(url)
    await scan(next, 'another')
    const [second] = (await (await desktop()).devices()).requests
    await (await desktop()).answerPairing(second!.pairing_id, { allow: true })
    const { code, stdout, stderr } = await running.finished
    expect(code).toBe(0)
    expect(stdout).toContain('"Chrome on Android" (127.0.0.1) was declined elsewhere.\n')
    expect(stdout).toContain('"another" (127.0.0.1) was paired elsewhere and can type.\n')
    expect(stdout + stderr).not.toContain('\x1b')
  })

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGKILL', null],
  ] as const)('case 17: ends and voids its code on %s', async (signal, code) => {
    const running = start(folder, ['pair', '--json'])
    const url = (await firstLine(running)).url as string
    running.child.kill(signal)
    expect(await running.finished).toMatchObject({ code, stderr: '' })
    await expect(scan(url)).rejects.toMatchObject({ code: 'channel_refused' })
  })

  it('reports that the host stopped', async () => {
    const mine = await startCliHost()
    const running = start(mine.dataDir, ['pair', '--json'])
    await firstLine(running)
    mine.child.kill('SIGTERM')
    const { code, error } = await running.finished
    expect({ code, error: error().code }).toEqual({ code: 1, error: 'host_stopping' })
  })

  it('case 52: keeps secrets out of command lines and the log', async () => {
    const running = start(folder, ['pair', '--yes', '--json'])
    const url = (await firstLine(running)).url as string
    const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
    expect(processes).toContain('otg')
    const phone = await scan(url)
    await phone.approved
    await running.finished
    const log = readFileSync(join(folder, 'host.log'), 'utf8')
    expect(log).toContain('device paired')
    for (const secret of [parsePairingUrl(url).secret, phone.identity.keys.secretKey])
      for (const text of [log, processes]) expect(text).not.toContain(encodeBase64url(secret))
  })
})

describe('otg pair in a terminal', () => {
  it('asks with the digits that the phone shows, and pairs it with y', async () => {
    const outer = await pairInTerminal()
    // A key typed before the prompt does not answer it.
    outer.type('y')
    const url = await shownUrl(outer)
    await fetch(new URL('/', url))
    await outer.shows('A browser at 127.0.0.1 has opened the link.')
    const phone = await scan(url)
    await outer.shows(question('Chrome on Android', phone))
    expect(phone.client.state.name).toBe('awaiting_approval')
    outer.type('y')
    await phone.approved
    expect(phone.client.host!.read_only).toBe(false)
    await outer.ends()
    expect(outer.textWithScrollback).toContain('"Chrome on Android" (127.0.0.1) was paired and can type.\ncode 0')
    expect(outer.textWithScrollback).not.toContain('#v1.')
    expectRestored(outer)
  })

  it('accepts a single key as the answer, but no paste and no key typed as the prompt appears', async () => {
    const outer = await pairInTerminal()
    const url = await shownUrl(outer)
    // After a stop, it receives the request and the keys typed meanwhile at the same moment.
    const pid = otgIn(outer)
    process.kill(pid, 'SIGSTOP')
    const phone = await scan(url)
    outer.type('y')
    process.kill(pid, 'SIGCONT')
    await outer.shows(question('Chrome on Android', phone))
    expect(phone.client.state.name).toBe('awaiting_approval')
    for (const [at, keys] of ['yes', 'x', '\x1b[1;2R', '\x1by', '\x1bOy', ' '].entries()) {
      outer.type(keys)
      outer.resize(100, 30 + at)
      await outer.until(() => outer.raw.endsWith('left to answer.') && outer.screen.includes(KEYS), 'the question')
    }
    // A y among them would have been processed before this answer.
    await until(() => {
      outer.type('\r')
      return phone.client.state.name !== 'awaiting_approval'
    }, 'an answer')
    expect(await refusal(phone)).toBe('pairing_refused')
    outer.type('\x03')
    await outer.ends()
  })

  it('shows a new code after n, and pairs the next phone as read-only with r', async () => {
    const outer = await pairInTerminal()
    const url = await shownUrl(outer)
    const first = await scan(url, 'first')
    await outer.shows(question('first', first))
    outer.type('n')
    expect(await refusal(first)).toBe('pairing_refused')
    const next = await shownUrl(outer, url)
    await outer.shows('"first" (127.0.0.1) was declined.')
    const second = await scan(next, 'second')
    await outer.shows(question('second', second))
    outer.type('r')
    await second.approved
    expect(second.client.host!.read_only).toBe(true)
    await outer.ends()
    expect(outer.textWithScrollback).toMatch(
      /"first" \(127.0.0.1\) was declined\.\n"second" \(127.0.0.1\) was paired and can only watch\.\ncode 0/,
    )
    expectRestored(outer)
  })

  it('asks about several phones in turn, even after the first one is paired', async () => {
    const outer = await pairInTerminal('--read-only')
    const first = await scan(await shownUrl(outer), 'first')
    const asks = ({ code }: WaitingPhone, name: string) =>
      `Allow "${name}" (127.0.0.1) to watch? Digits ${grouped(code)} [y/N]`
    await outer.shows(asks(first, 'first'))
    const second = await scan(await pairingUrl(await desktop()), 'second')
    await outer.shows('1 more phone is waiting.')
    outer.type('y')
    await first.approved
    await outer.shows(asks(second, 'second'))
    // Its code is void, and there is no new one.
    outer.type('y')
    await second.approved
    expect([first, second].map(({ client }) => client.host!.read_only)).toEqual([true, true])
    await outer.ends()
    expect(outer.textWithScrollback).toContain('code 0')
  })

  it('reports an answer from another client', async () => {
    const desk = await desktop()
    const outer = await pairInTerminal()
    const answer = async (name: string, allow: boolean, url: string) => {
      const phone = await scan(url, name)
      await outer.shows(`Allow "${name}"`)
      await desk.answerPairing((await desk.devices()).requests[0]!.pairing_id, { allow })
      await refusal(phone)
    }
    const url = await shownUrl(outer)
    await answer('first', false, url)
    await outer.shows('"first" (127.0.0.1) was declined elsewhere.')
    await answer('second', true, await shownUrl(outer, url))
    await outer.ends()
    expect(outer.textWithScrollback).toContain('"second" (127.0.0.1) was paired elsewhere and can type.\ncode 0')
  })

  it('does not ask with --yes', async () => {
    const outer = await pairInTerminal('--yes')
    await (await scan(await shownUrl(outer))).approved
    await outer.ends()
    expect(outer.raw).not.toContain('Allow')
    expect(outer.textWithScrollback).toContain('was paired and can type.\ncode 0')
    expectRestored(outer)
  })

  it.each([
    ['Ctrl-C', '\x03', 130],
    ['q', 'q', 130],
    ['SIGTERM', 'SIGTERM', 143],
    ['SIGHUP', 'SIGHUP', 129],
    ['SIGINT', 'SIGINT', 130],
  ] as const)('case 17: ends on %s, restores the terminal and voids the code', async (_what, how, code) => {
    const outer = await pairInTerminal()
    const url = await shownUrl(outer)
    if (how.startsWith('SIG')) process.kill(otgIn(outer), how as NodeJS.Signals)
    else outer.type(how)
    await outer.shows(`code ${code}`)
    await outer.ends()
    expectRestored(outer)
    expect(outer.textWithScrollback).not.toContain('#v1.')
    await expect(scan(url)).rejects.toMatchObject({ code: 'channel_refused' })
  })

  it('case 17: ends and voids the code when the terminal closes during a prompt', async () => {
    const outer = await pairInTerminal()
    const url = await shownUrl(outer)
    const phone = await scan(url)
    await outer.shows(question('Chrome on Android', phone))
    const pid = otgIn(outer)
    outer.hangUp()
    await until(() => !isAlive(pid), 'otg to be gone')
    expect(phone.client.state.name).toBe('awaiting_approval')
    await expect(scan(url)).rejects.toMatchObject({ code: 'channel_refused' })
  })

  it('restores the terminal when the host is killed', async () => {
    const mine = await startCliHost()
    const outer = await pairInTerminal('', mine.dataDir)
    process.kill(mine.pid, 'SIGKILL')
    await outer.ends()
    expect(outer.textWithScrollback).toContain('code 1')
    expect(outer.textWithScrollback).toContain('otg: ')
    expectRestored(outer)
  })
})

const FRAGMENT = `#v1.${'k'.repeat(43)}.${'s'.repeat(43)}`
const address = (name: string, kind: PairingAddress['kind']): PairingAddress => ({
  url: `http://${name}:7317/${FRAGMENT}`,
  name,
  kind,
})
const ADDRESSES = [
  address('desk.example.ts.net', 'tailnet'),
  address('192.168.1.7', 'lan'),
  address('172.17.0.1', 'container'),
  address('127.0.0.1', 'loopback'),
]

function request(change: Partial<PairingRequest> = {}): PairingRequest {
  return {
    pairing_id: 'one',
    name: 'Chrome on Android',
    code: '123456',
    address: '192.168.1.20',
    secure: false,
    expires_at: Date.now() + 120_000,
    again: false,
    looks_like: null,
    ...change,
  }
}

function device(change: Partial<DeviceInfo> = {}): DeviceInfo {
  return {
    device_id: '0123456789abcdef',
    name: 'Chrome on Android',
    read_only: false,
    secure: false,
    created_at: new Date(2026, 0, 31, 12).getTime(),
    last_seen: Date.now() - 7_200_000,
    address: '192.168.1.20',
    connected: 0,
    notified: false,
    ...change,
  }
}

describe('the pairing screen', () => {
  const started = async (options = '', size = { cols: 80, rows: 24 }) => {
    const stub = await startStubHost({ addresses: ADDRESSES })
    const outer = new OuterTerminal(stub.dataDir, `$otg pair ${options}`, size)
    await outer.shows('Ctrl-C: cancel')
    return { stub, outer }
  }

  it('shows the code, the address, the countdown and the warning about plain HTTP', async () => {
    const { outer } = await started()
    expect(outer.screen).toMatch(/^ +█▀▀▀▀▀█/m)
    for (const text of ['http://desk.example.ts.net:7317', 'tailnet', 'Plain HTTP: '])
      expect(outer.screen).toContain(text)
    expect(outer.screen.replace(/\n.{47}/g, ' ')).toMatch(/can +alter traffic on this network can +alter +the +page/)
    await outer.shows(/Expires in 1:5\d/)
    await outer.until(() => /Expires in 1:(5[0-7]|4)/.test(outer.screen), 'the countdown')
    // Nothing has scrolled, and no row is wider than the screen.
    expect(outer.terminal.buffer.active.baseY).toBe(0)
  })

  it('selects another address with Tab, a digit or --address', async () => {
    const { outer } = await started('--address 172')
    await outer.shows('http://172.17.0.1:7317')
    expect(outer.screen).toContain('› 3 172.17.0.1  virtual network')
    outer.type('\t')
    await outer.shows('› 4 127.0.0.1  this computer only')
    // On one computer, traffic does not pass a network.
    expect(outer.screen).not.toContain('Plain HTTP')
    const before = outer.screen
    outer.type('2')
    await outer.shows('› 2 192.168.1.7  local network')
    expect(outer.screen.split('\n')[10]!.slice(0, 45)).not.toBe(before.split('\n')[10]!.slice(0, 45))
    outer.type('u')
    await outer.until(() => outer.firstParagraph === ADDRESSES[1]!.url, 'the address in letters')
    outer.type('9\t\t\t')
    await outer.until(() => outer.firstParagraph === ADDRESSES[0]!.url, 'the first again')
  })

  it('shows a renewed code, and who has opened the link', async () => {
    const { stub, outer } = await started()
    const code = () =>
      outer.screen
        .split('\n')
        .map(row => row.slice(0, 45))
        .join('\n')
    const before = code()
    const fresh = ADDRESSES.map(one => ({ ...one, url: one.url.replace('s', 't') }))
    stub.publish({
      addresses: fresh,
      expires_at: Date.now() + 100_000,
      reached: { address: '::ffff:192.168.1.20', at: 1 },
    })
    await outer.shows(/Expires in 1:(40|39)/)
    // The screen arrives in pieces.
    await outer.until(() => code() !== before, 'another code')
    const isTold = () =>
      /A browser at 192\.168\.1\.20 has +opened the link\./.test(outer.screen.replace(/\n.{47}/g, ' '))
    await outer.until(isTold, 'who has opened the link')
  })

  it.each([
    [120, 40],
    [100, 24],
    [60, 44],
    [40, 20],
    [20, 8],
  ])('fits %i x %i, even after a resize', async (cols, rows) => {
    const { outer } = await started()
    outer.resize(cols, rows)
    await outer.until(() => outer.screen.includes('Expires in') || rows < 10, 'the new screen')
    await outer.until(() => outer.screen.split('\n').every(row => row.length <= cols), 'rows that fit')
    expect(outer.terminal.buffer.active.baseY).toBe(0)
    if (cols === 120)
      await outer.until(() => outer.screen.replaceAll('\n', '').includes(ADDRESSES[0]!.url), 'code and letters')
    if (cols === 60) expect(outer.screen).toMatch(/^ +█▀▀▀▀▀█/m)
    if (cols === 40) await outer.shows('too small for the code')
    outer.resize(80, 24)
    await outer.until(
      () => /^ +█▀▀▀▀▀█/m.test(outer.screen) && outer.screen.includes('Ctrl-C: cancel'),
      'the code again',
    )
    outer.type('\x03')
    expect(await outer.ends()).toBe(130)
  })

  it('prints no control sequences from names and addresses', async () => {
    const { stub, outer } = await started()
    const name = '\x1b]0;owned\x07\x1b[2J"\u202e (10.0.0.1)? Digits 999 999 [y/N]\n\x9b31m'
    stub.publish({ requests: [request({ name, address: '\x1b[H192.168.1.20' })] })
    await outer.shows('Digits 123 456')
    await outer.shows('y   allow it to type')
    expect(outer.raw).not.toMatch(/owned\x07|\x9b|\u202e|\x1b\]/)
    expect(outer.screen).toMatch(/^Allow "\u{fffd}\]0;owned.*…" \(.*192\.168\.1\.20\)\? Digits 123 456/u)
    // The name cannot close its quotation marks, and the real code is also on its own row.
    expect(outer.screen.match(/"/g)).toHaveLength(2)
    expect(outer.screen).toMatch(/^ {4}123 456$/m)
  })

  it('reports why a phone could not be paired, and asks again', async () => {
    const stub = await startStubHost({ addresses: ADDRESSES }, () => {
      throw new CodedError('too_many_devices', '64 devices are paired')
    })
    const outer = new OuterTerminal(stub.dataDir, '$otg pair')
    await outer.shows('Ctrl-C: cancel')
    stub.publish({ requests: [request()] })
    await outer.shows(KEYS)
    outer.type('y')
    await outer.shows('The phone could not be paired: 64 devices are paired.')
    await outer.shows(KEYS)
    outer.type('\x03')
    expect(await outer.ends()).toBe(130)
  })

  it('rejects an unknown address', async () => {
    const stub = await startStubHost({ addresses: ADDRESSES })
    const { code, stderr } = await otg(stub.dataDir, ['pair', '--address', 'nowhere'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/^otg: --address takes desk.example.ts.net or 192.168.1.7 or .*, not nowhere; see: /)
    const outer = new OuterTerminal(stub.dataDir, '$otg pair --address nowhere')
    expect(await outer.ends()).toBe(2)
    expect(outer.raw).not.toContain('\x1b[?1049h')
  })
})

describe('a host in a terminal', () => {
  const started = async (dataDir = join(temporaryFolder(), 'data')) => {
    const outer = new OuterTerminal(dataDir, `trap '' INT; ${printingSettings('$otg host --port 0 --bind loopback')}`)
    await outer.until(() => outer.raw.includes('Stop: Ctrl-C'), 'the host to be ready')
    return { dataDir, outer }
  }

  it('shows the code until the first phone is paired, and next time only how to pair', async () => {
    const { dataDir, outer } = await started()
    await outer.shows('q: skip   Ctrl-C: stop the host')
    expect(outer.screen).toMatch(/^ +█▀▀▀▀▀█/m)
    outer.type('u')
    const phone = await scan(await shownUrl(outer))
    await outer.shows(question('Chrome on Android', phone))
    outer.type('y')
    await phone.approved
    await outer.shows('"Chrome on Android" (127.0.0.1) was paired and can type.')
    expect(outer.terminal.buffer.active.type).toBe('normal')
    expect(outer.textWithScrollback).toMatch(
      /http:\/\/127\.0\.0\.1:\d+\/ +this computer only\n(http.*\n)*Pair a phone: otg pair/,
    )
    expect(outer.textWithScrollback).not.toContain('#v1.')
    // The terminal is in its normal state again.
    outer.type('\x03')
    await outer.ends()
    expect(outer.textWithScrollback).toContain('code 0')
    expectRestored(outer)

    const again = await started(dataDir)
    const [known] = (await (await desktop(dataDir)).devices()).devices
    expect(known!.name).toBe('Chrome on Android')
    again.outer.type('\x03')
    await again.outer.ends()
    expect(again.outer.raw).not.toContain('\x1b[?1049h')
    expect(again.outer.textWithScrollback).toContain(`Pair a phone: otg pair --data-dir ${dataDir}\n`)
  })

  it('skips pairing and voids the code on q', async () => {
    const { dataDir, outer } = await started()
    await outer.shows('q: skip')
    outer.type('u')
    const url = await shownUrl(outer)
    outer.type('q')
    await outer.until(() => outer.terminal.buffer.active.type === 'normal', 'the screen to be given back')
    await expect(scan(url)).rejects.toMatchObject({ code: 'channel_refused' })
    expect((await otg(dataDir, ['ls'])).code).toBe(0)
    outer.type('\x03')
    await outer.ends()
    expect(outer.textWithScrollback).toContain('code 0')
    expectRestored(outer)
  })

  it('stops on Ctrl-C while it shows the code, and kills sessions on a second one', async () => {
    const { dataDir, outer } = await started()
    await outer.shows('q: skip')
    const id = await startSession(dataDir, ['sh', '-c', "trap '' HUP; while :; do sleep 1000; done"])
    const [session] = await (await desktop(dataDir)).list()
    expect(session!.session_id).toBe(id)
    outer.type('\x03')
    await outer.shows('Ending 1 session (press Ctrl-C again to force)')
    await outer.until(() => {
      outer.type('\x03')
      return outer.code !== undefined || !isAlive(session!.pid!)
    }, 'the end of the session')
    await outer.ends()
    expectRestored(outer)
  })

  it.each(['SIGTERM', 'SIGHUP'] as const)('restores the terminal after %s', async signal => {
    const { outer } = await started()
    await outer.shows('q: skip')
    process.kill(otgIn(outer), signal)
    await outer.ends()
    expect(outer.textWithScrollback).toContain('code 0')
    expectRestored(outer)
  })

  it('does not touch the terminal as a background job', async () => {
    const dataDir = join(temporaryFolder(), 'data')
    // With job control, the job has its own process group and is stopped if it touches the terminal.
    const outer = new OuterTerminal(dataDir, 'set -m; $otg host --port 0 --bind loopback & wait $!; echo "code $?"')
    await outer.shows('Stop: Ctrl-C')
    expect((await otg(dataDir, ['ls'])).code).toBe(0)
    expect(outer.raw).not.toContain('\x1b[?1049h')
    process.kill(readHostInfo(dataDir)!.pid, 'SIGTERM')
    await outer.shows('code 0')
  })
})

describe('paired devices', () => {
  const paired = async (name: string) => {
    const desk = await desktop()
    const url = await pairingUrl(desk)
    const phone = await scan(url, name)
    await desk.answerPairing((await desk.devices()).requests[0]!.pairing_id, { allow: true })
    await phone.approved
    desk.close()
    return phone
  }

  it('are listed, followed by pairing requests', async () => {
    expect(await otg(folder, ['devices'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'no paired devices; pair one with: otg pair\n',
    })
    const phone = await paired('Chrome on Android')
    const day = new Date().toLocaleDateString('sv')
    expect((await otg(folder, ['devices'])).stdout).toMatch(
      new RegExp(
        `^NAME +LAST SEEN +CAN +PAIRED +ADDRESS\nChrome on Android +connected +type +${day} +127\\.0\\.0\\.1\n$`,
      ),
    )
    phone.client.close()
    const desk = await desktop()
    await until(async () => (await desk.devices()).devices[0]!.connected === 0, 'the phone to be gone')
    const asking = await scan(await pairingUrl(desk), 'another')
    expect((await otg(folder, ['devices'])).stdout).toMatch(
      new RegExp(
        `Chrome on Android +\\d+s ago +type .*\n"another" \\(127.0.0.1\\) wants to pair. Digits ${grouped(asking.code)}; answer with: otg pair\n$`,
      ),
    )
    expect((await otg(folder, ['devices', '--json'])).json()).toMatchObject([
      { device_id: expect.any(String), name: 'Chrome on Android', read_only: false, connected: 0 },
      { pairing_id: expect.any(String), name: 'another', code: asking.code },
    ])
  })

  it('can be renamed and made read-only or full while connected', async () => {
    const phone = await paired('Chrome on Android')
    const renamed = await otg(folder, ['devices', 'chrome', '--rename', 'Ada’s phone'])
    expect(renamed).toMatchObject({ code: 0, stdout: '"Ada’s phone" (was "Chrome on Android") can type.\n' })
    expect(phone.client.state.name).toBe('ready')
    const looks = await otg(folder, ['devices', 'ADA', '--read-only'])
    expect(looks).toMatchObject({ code: 0, stdout: '"Ada’s phone" can only watch.\n' })
    expect(await end(phone.client)).toBe('device_changed')
    const back = await comeBack(phone.identity)
    expect(back.host!.read_only).toBe(true)
    await expect(back.create({})).rejects.toMatchObject({ code: 'device_read_only' })
    const full = await otg(folder, ['--json', 'devices', 'ada', '--full'])
    expect(full.json()).toMatchObject([{ name: 'Ada’s phone', read_only: false }])
    expect(await end(back)).toBe('device_changed')
    expect((await comeBack(phone.identity)).host!.read_only).toBe(false)
    const nameless = await otg(folder, ['--json', 'devices', 'ada', '--rename', '\x1b[2J'])
    expect({ code: nameless.code, error: nameless.error().code }).toEqual({ code: 1, error: 'device_name_invalid' })
    expect((await otg(folder, ['devices', 'ada'])).stdout).toContain('\nAda’s phone  connected')
  })

  it('case 103: can be limited to chosen sessions, and see all of them again', async () => {
    const desk = await desktop()
    const { session_id } = await desk.create({ command: ['cat'] })
    await desk.create({ command: ['cat'] })
    const phone = await paired('Chrome')
    const limited = await otg(folder, ['devices', 'chrome', '--sessions', session_id.slice(0, 13)])
    expect(limited).toMatchObject({
      code: 0,
      stdout: '"Chrome" can type in 1 of the sessions, and in those that it starts.\n',
    })
    expect(await end(phone.client)).toBe('device_changed')
    const back = await comeBack(phone.identity)
    expect((await back.list()).map(one => one.session_id)).toEqual([session_id])
    expect((await otg(folder, ['devices'])).stdout).toContain('type (1 session)')
    const unknown = await otg(folder, ['--json', 'devices', 'chrome', '--sessions', 'nothing'])
    expect({ code: unknown.code, error: unknown.error().code }).toEqual({ code: 1, error: 'session_unknown' })
    expect((await otg(folder, ['devices', 'chrome', '--all-sessions'])).stdout).toBe('"Chrome" can type.\n')
    expect((await (await comeBack(phone.identity)).list()).length).toBeGreaterThan(1)
  })

  it('can be revoked at once, by name or ID', async () => {
    const [first, second, third] = [await paired('Chrome'), await paired('Chrome'), await paired('Safari')]
    const { devices } = await (await desktop()).devices()
    expect(devices.map(({ name }) => name)).toEqual(['Chrome', 'Chrome 2', 'Safari'])
    const vague = await otg(folder, ['--json', 'revoke', 'chr'])
    expect({ code: vague.code, error: vague.error().code }).toEqual({ code: 1, error: 'device_ambiguous' })
    for (const { device_id } of devices.slice(0, 2)) expect(vague.error().message).toContain(device_id)
    const unknown = await otg(folder, ['revoke', 'nokia'])
    expect(unknown).toMatchObject({ code: 1, stderr: 'otg: no device is named nokia; list them with: otg devices\n' })
    // A complete name wins, even if another one begins with it.
    const one = await otg(folder, ['revoke', 'nokia', 'CHROME', devices[2]!.device_id.slice(0, 12)])
    expect(one.code).toBe(1)
    expect(one.stdout).toMatch(/^Revoked "Chrome"\. .*\nRevoked "Safari"\. .*\n$/)
    for (const phone of [first!, third!]) {
      expect(await end(phone.client)).toBe('device_revoked')
      await expect(comeBack(phone.identity)).rejects.toMatchObject({ code: 'channel_refused' })
    }
    expect(second!.client.state.name).toBe('ready')
    const last = await otg(folder, ['--json', 'revoke', devices[1]!.device_id])
    expect(last.json()).toEqual([{ device_id: devices[1]!.device_id, revoked: true }])
    expect(await end(second!.client)).toBe('device_revoked')
  })

  it('are listed in a table that their names cannot break', async () => {
    const stub = await startStubHost()
    const name = '\x1b[2J\x1b]52;c;AAAA\x07\u202e\n漢字 and then a name that goes on and on and on'
    stub.publish({
      devices: [device({ name }), device({ device_id: 'f'.repeat(16), name: 'x', connected: 1, read_only: true })],
    })
    stub.publish({ requests: [request({ name, address: '\x9b1m10.0.0.1' })] })
    const { stdout } = await otg(stub.dataDir, ['devices'])
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
    const rows = stdout.trimEnd().split('\n')
    expect(rows).toHaveLength(4)
    expect(rows[2]).toMatch(/^x +connected +watch +2026-01-31 +192\.168\.1\.20$/)
    expect(rows[1]).toMatch(/ 2h ago +type +2026-01-31 +192\.168\.1\.20$/)
    const vague = await otg(stub.dataDir, ['revoke', '\x1b[2j'])
    expect(vague.stdout + vague.stderr).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/)
  })
})

/** The otg process inside the terminal. */
function otgIn(outer: OuterTerminal): number {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', `${outer.pid}`], { encoding: 'utf8' })
  return Number(children.trim().split('\n').at(-1))
}
