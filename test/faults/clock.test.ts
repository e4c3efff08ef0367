// Clocks that are wrong, jump, stand and go back, turned for real host processes by libfaketime.
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { SessionInfo } from '../../protocol/messages.ts'
import {
  type CliHost,
  changeSettings,
  otg,
  screenOf,
  sessions,
  startCliHost,
  startSession,
  withClient,
} from '../support/cli.ts'
import { cleanUp, temporaryFolder, until } from '../support/host.ts'

const FAKETIME = '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1'

afterEach(cleanUp)

/** The clock of the hosts of one test. `is`: ahead of the true one, like `+31d`; `x0` after it: it stands. */
class FakeClock {
  readonly #file = join(temporaryFolder(), 'clock')
  /** For the environment of a host. */
  readonly env: Record<string, string>

  /** `monotonic`: other programs that fake clocks turn that one, too. */
  constructor({ monotonic = false } = {}) {
    this.is('+0')
    this.env = {
      LD_PRELOAD: FAKETIME,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      ...(!monotonic && { FAKETIME_DONT_FAKE_MONOTONIC: '1' }),
    }
  }

  is(offset: string): void {
    writeFileSync(this.#file, offset)
  }
}

const isFakeable = existsSync(FAKETIME)

describe.skipIf(!isFakeable)('a clock that jumps', () => {
  it('31 days or ten years ahead deletes nothing, and is announced; also if the host starts with it', async () => {
    const clock = new FakeClock()
    const host = await startCliHost(undefined, [], clock.env)
    const ended = await endedSession(host.dataDir)
    clock.is('+31d')
    await enforceRetention(host.dataDir)
    await until(async () => (await troubles(host.dataDir)).includes('clock_jumped'), 'the announcement')
    await enforceRetention(host.dataDir)
    expect(await recorded(host.dataDir)).toContain(ended)
    await stop(host)
    clock.is('+3653d')
    for (let starts = 0; starts < 2; starts++) {
      const again = await startCliHost(host.dataDir, [], clock.env)
      await enforceRetention(host.dataDir)
      expect(await troubles(host.dataDir)).toContain('clock_jumped')
      await stop(again)
    }
    clock.is('+0')
    await startCliHost(host.dataDir, [], clock.env)
    await enforceRetention(host.dataDir)
    expect(await recorded(host.dataDir)).toContain(ended)
    expect(await troubles(host.dataDir)).not.toContain('clock_jumped')
  })

  it.each([
    ['the wall clock', false],
    ['every clock of the process', true],
  ])('25 hours ahead ends no idle session: %s', async (_what, monotonic) => {
    const clock = new FakeClock({ monotonic })
    const host = await startCliHost(undefined, [], clock.env)
    const session_id = await startSession(host.dataDir, ['cat'])
    clock.is('+25h')
    // A change of these settings ends what is idle at once.
    for (const idle_hours of [23, 24, 22]) await changeSettings(host.dataDir, { idle_hours, end_busy: true })
    expect(await sessions(host.dataDir)).toMatchObject([{ session_id, state: 'running', idle: false }])
  })

  it('back by 40 days, while sessions end and a host crashes, deletes none of them when it is right again', async () => {
    const clock = new FakeClock()
    const host = await startCliHost(undefined, [], clock.env)
    await endedSession(host.dataDir)
    clock.is('-40d')
    const ended = await endedSession(host.dataDir)
    const crashed = await startSession(host.dataDir, ['cat'])
    await until(async () => (await recorded(host.dataDir)).includes(crashed), 'the session to be recorded')
    await kill(host)
    const again = await startCliHost(host.dataDir, [], clock.env)
    await stop(again)
    clock.is('+0')
    await startCliHost(host.dataDir, [], clock.env)
    await enforceRetention(host.dataDir)
    expect(await recorded(host.dataDir)).toEqual(expect.arrayContaining([ended, crashed]))
  })
})

describe.skipIf(!isFakeable)('a recording is timed by elapsed time', () => {
  it.each([
    ['stands', '@2026-06-01 12:00:00 x0.000001'],
    ['goes back', '-2d'],
    ['goes ahead', '+2d'],
  ])('when the clock %s', async (_how, time) => {
    const clock = new FakeClock()
    const { dataDir } = await startCliHost(undefined, [], clock.env)
    const go = join(temporaryFolder(), 'go')
    const script = `echo one; until test -e ${go}; do sleep 0.02; done; echo two; sleep 1; echo three`
    const session_id = await startSession(dataDir, ['env', '-u', 'LD_PRELOAD', 'sh', '-c', script])
    await until(async () => (await screenOf(dataDir, session_id)).includes('one'), 'the first line')
    clock.is(time)
    writeFileSync(go, '')
    await until(async () => (await sessions(dataDir))[0]?.state === 'exited', 'the session to end')
    const [one, two, three] = await timesOf(dataDir, session_id, ['one', 'two', 'three'])
    expect(two).toBeGreaterThan(one!)
    expect(two! - one!).toBeLessThan(60)
    expect(three! - two!).toBeGreaterThan(0.9)
    expect(three! - two!).toBeLessThan(60)
    const [session] = await sessions(dataDir)
    expect(session!.ended_at! - session!.created_at).toBeGreaterThan(900)
  })
})

/** A session of which the history knows that it has ended. */
async function endedSession(dataDir: string): Promise<string> {
  const session_id = await startSession(dataDir, ['echo', 'ended'])
  const isEnded = async () =>
    (await history(dataDir)).some(one => one.session_id === session_id && one.state === 'exited')
  await until(isEnded, 'the session to be recorded')
  return session_id
}

let retention_days = 30

/** A change of the setting deletes what is too old at once; a session that is recorded afterwards shows that it was done. */
async function enforceRetention(dataDir: string): Promise<void> {
  retention_days = retention_days === 30 ? 29 : 30
  await changeSettings(dataDir, { retention_days })
  await endedSession(dataDir)
}

function history(dataDir: string): Promise<SessionInfo[]> {
  return withClient(dataDir, async client => (await client.history.sessions({ filter: {}, limit: 50 })).sessions)
}

async function recorded(dataDir: string): Promise<string[]> {
  return (await history(dataDir)).map(({ session_id }) => session_id)
}

function troubles(dataDir: string): Promise<string[]> {
  return withClient(dataDir, async client => (await client.troubles()).map(({ kind }) => kind))
}

/** When each of these lines was printed, in seconds, according to an export. */
async function timesOf(dataDir: string, session_id: string, lines: string[]): Promise<number[]> {
  const { stdout } = await otg(dataDir, ['export', session_id, '--format', 'cast'])
  const [header, ...events] = stdout
    .split('\n')
    .filter(line => line.startsWith('[') || line.startsWith('{'))
    .map(line => JSON.parse(line))
  let time = 0
  const timed = events.map(([at, , data]: [number, string, string]) => {
    time = header.version === 3 ? time + at : at
    return { time, data }
  })
  return lines.map(line => timed.find(({ data }) => data.includes(line))!.time)
}

async function kill(host: CliHost): Promise<void> {
  host.child.kill('SIGKILL')
  await host.finished
}

async function stop(host: CliHost): Promise<void> {
  host.child.kill('SIGTERM')
  await host.finished
}
