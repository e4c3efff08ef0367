// Sessions that print what test/support/terminal/attacks.ts makes, on a host in a process of its own, while a paired phone types in
// another session. Prints what each costs. OTG_BUILD names another build to compare with, OTG_ATTACK (part of) the name of one attack.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inflate } from '../../main/cli/command/inflate.ts'
import { readHostInfo } from '../../main/host/files/host-info.ts'
import { connectLocal } from '../../main/host/listen/stream-transport.ts'
import type { ClientAttachment } from '../../protocol/client/client-attachment.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import { cleanUp, connectWebSocket, onCleanUp, Recorder, temporaryFolder, until } from '../support/host.ts'
import { answerPairingRequests, openReturnChannel, pairingUrl, pairPhone } from '../support/pairing.ts'
import { ATTACKS } from '../support/terminal/attacks.ts'

const OTG = process.env.OTG_BUILD ?? new URL('../../build/main/cli/otg.js', import.meta.url).pathname
const only = process.env.OTG_ATTACK

/** Output of each attack. It is printed again and again for ATTACK_MS. */
const BYTES = 1_000_000
const ATTACK_MS = 900

/** What an attack may cost. The verdicts have room for a busy machine; the printed figures are to be 100 ms (p99) and 64 MB. */
const MEDIAN_ECHO_MS = 500
const MEMORY_MB = 128
const DESCRIPTORS = 300

/** After all of them: what the C library keeps between blocks that live (docs/decisions.md). */
const KEPT_MB = 128
const GIVEN_BACK_MS = 15_000

let pid: number
let desktop: LocalClient
let phone: LocalClient
let type: (key: string) => void
let echoed: () => Promise<void>

beforeAll(async () => {
  const dataDir = join(temporaryFolder(), 'data')
  const host = spawn(process.execPath, [OTG, 'host', '--json', '--port', '0', '--data-dir', dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onCleanUp(() => host.kill('SIGKILL'))
  await once(host.stdout!, 'data')
  pid = host.pid!
  const { socket } = readHostInfo(dataDir)!
  desktop = new LocalClient({
    connect: () => connectLocal(socket),
    client: { kind: 'desktop', name: 'test' },
    reconnect: false,
    inflate,
  })
  onCleanUp(() => desktop.close())
  await desktop.connect()
  answerPairingRequests(desktop)
  const url = await pairingUrl(desktop)
  const port = Number(new URL(url).port)
  const identity = await pairPhone(url, () => connectWebSocket({ port }))
  phone = new LocalClient({
    connect: async () => openReturnChannel(identity, await connectWebSocket({ port })),
    client: { kind: 'phone', name: 'victim' },
    inflate,
  })
  onCleanUp(() => phone.close())
  await phone.connect()
  const { session_id } = await phone.create({ command: ['sh', '-c', 'stty raw -echo; echo ready; exec cat'] })
  const terminal = new Recorder()
  let heard = () => {}
  const write = terminal.write.bind(terminal)
  terminal.write = (bytes, done) => {
    write(bytes, done)
    heard()
  }
  const attached = phone.attach(session_id, terminal)
  await terminal.shows('ready')
  type = key => attached.type(new TextEncoder().encode(key))
  echoed = () =>
    new Promise(resolve => {
      heard = resolve
    })
}, 60_000)
afterAll(cleanUp)

const rssMB = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
const descriptors = () => readdirSync(`/proc/${pid}/fd`).length

/** Types until `isOver`; resolves with how long each key took to come back, sorted. */
async function typing(isOver: () => boolean): Promise<number[]> {
  const times: number[] = []
  while (!isOver()) {
    const begin = performance.now()
    const back = echoed()
    type('k')
    await Promise.race([back, wait(10_000)])
    times.push(performance.now() - begin)
    await wait(15)
  }
  return times.sort((a, b) => a - b)
}

function caughtUp(attached: ClientAttachment): Promise<string> {
  return new Promise(resolve => {
    attached.on('caught_up', () => resolve('caught up'))
    attached.on('failed', error => resolve(error.code))
  })
}

async function attack(output: string): Promise<{ echo: number[]; memory: number; attached: string; attachMs: number }> {
  const file = join(temporaryFolder(), 'output')
  writeFileSync(file, output)
  const command = ['sh', '-c', `stty raw -echo; while :; do cat '${file}'; done`]
  const { session_id } = await desktop.create({ command })
  const states: string[] = []
  const off = phone.on('state', ({ name }) => void states.push(name))
  let memory = 0
  const sampler = setInterval(() => {
    memory = Math.max(memory, rssMB())
  }, 50)
  let isOver = false
  const times = typing(() => isOver)
  await wait(ATTACK_MS)
  const begin = performance.now()
  const attached = phone.attach(session_id, new Recorder(), { read_only: true })
  // A flood is skipped, but never caught up with: its end is.
  const shown = caughtUp(attached)
  await wait(ATTACK_MS / 3)
  await desktop.kill(session_id).catch(() => {})
  const result = await Promise.race([shown, wait(30_000, 'nothing came')])
  const attachMs = performance.now() - begin
  isOver = true
  const echo = await times
  clearInterval(sampler)
  phone.detach(attached)
  await desktop.history.delete(session_id)
  off()
  expect(states, 'the phone stays connected').toEqual([])
  return { echo, memory, attached: result, attachMs }
}

const at = (times: number[], part: number) =>
  times[Math.min(times.length - 1, Math.floor(times.length * part))]!.toFixed(0)

describe('case 92: while a session prints', () => {
  let base = 0
  beforeAll(async () => {
    await attack('an ordinary line of output\r\n'.repeat(BYTES / 28)) // the first flood makes the host as large as it is afterwards
    await wait(2_000)
    base = rssMB()
  }, 60_000)

  it.each(ATTACKS.filter(({ name }) => name.includes(only ?? '')))(
    '$name, others are served',
    async ({ name, make }) => {
      const before = descriptors()
      const memoryBefore = rssMB()
      const { echo, memory, attached, attachMs } = await attack(make(BYTES))
      const open = descriptors() - before
      const added = memory - memoryBefore
      console.log(
        `${name.padEnd(56)} echo p50 ${at(echo, 0.5)} p99 ${at(echo, 0.99)} ms; memory +${added.toFixed(0)} MB (${(memory - base).toFixed(0)} in all); descriptors ${open}; attach ${attached} in ${attachMs.toFixed(0)} ms`,
      )
      expect(attached).toBe('caught up')
      expect(Number(at(echo, 0.5))).toBeLessThan(MEDIAN_ECHO_MS)
      expect(added).toBeLessThan(MEMORY_MB)
      expect(open).toBeLessThan(DESCRIPTORS)
    },
  )

  it('memory is given back afterwards', async () => {
    const begin = performance.now()
    const kept = () => rssMB() - base
    await until(() => kept() < MEMORY_MB || performance.now() - begin > GIVEN_BACK_MS - 1_000, 'memory')
    console.log(`after all attacks: ${kept().toFixed(0)} MB more than before, ${descriptors()} descriptors`)
    expect(kept()).toBeLessThan(KEPT_MB)
  })
})
