import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CodedError } from '../../../protocol/errors.ts'
import { PlayClock } from '../../../ui/player/play-clock.ts'
import { Player, type PlayerState } from '../../../ui/player/player.ts'
import { FakeRecording, FakeScreen } from '../../support/terminal/fake-recording.ts'

let players: Player[] = []
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  for (const player of players) player.dispose()
  players = []
  vi.useRealTimers()
})

function play(recording: FakeRecording) {
  const screen = new FakeScreen()
  const player = new Player({ recording, screen, from: recording.from, to: recording.to })
  players.push(player)
  return { player, screen }
}

/** Resolves when everything that does not wait for a timer has happened. */
const settled = () => vi.advanceTimersByTimeAsync(0)
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds)

/** A line per second from 0 to 9, in two chunks. */
const lines = () =>
  new FakeRecording()
    .add([0, 1, 2, 3, 4].map(i => ({ at: i * 1000, text: `${i}\n` })))
    .add([5, 6, 7, 8, 9].map(i => ({ at: i * 1000, text: `${i}\n` })))

describe('the clock of a player', () => {
  it('runs only between start and stop', () => {
    let now = 100
    const clock = new PlayClock(() => now)
    clock.time = 5
    now += 1000
    expect(clock.time).toBe(5)
    clock.start()
    now += 1000
    expect(clock.time).toBe(1005)
    clock.stop()
    now += 1000
    expect(clock.time).toBe(1005)
    clock.start()
    now += 1
    expect(clock.time).toBe(1006)
  })

  it('continues from the same time when its speed changes', () => {
    let now = 0
    const clock = new PlayClock(() => now)
    clock.start()
    now = 1000
    clock.speed = 4
    expect(clock.time).toBe(1000)
    now = 2000
    expect(clock.time).toBe(5000)
    clock.speed = 0.5
    now = 4000
    expect(clock.time).toBe(6000)
  })
})

describe('seeking', () => {
  it('draws the screen at that time in one step', async () => {
    const recording = lines()
    const { player, screen } = play(recording)
    player.seek({ at: 7_400 })
    expect(player.state.seeking).toBe(true)
    await settled()
    expect(screen.text).toBe(recording.textAt(7_400))
    expect(player.state).toMatchObject({ at: 7_400, seeking: false, playing: false })
    // From the keyframe rather than the first chunk, without intermediate pictures.
    expect(recording.requests).toEqual(['seek at 7400', 'chunk 10', 'chunk 20'])
    expect(screen.drawn).toEqual(['80x24 0\n1\n2\n3\n4\n5\n6\n7\n'])
  })

  it('includes output at exactly that time, and ends before the byte at an offset', async () => {
    const { player, screen } = play(lines())
    player.seek({ at: 3_000 })
    await settled()
    expect(screen.text).toBe('0\n1\n2\n3\n')
    player.seek({ offset: 13 })
    await settled()
    expect(screen.text).toBe('0\n1\n2\n3\n4\n5\n6')
    expect(player.state.at).toBe(6_000)
    expect(player.position).toEqual({ offset: 13, n: 0 })
  })

  it('continues from the current position if that leads there, and reads nothing twice', async () => {
    const recording = lines()
    const { player, screen } = play(recording)
    player.seek({ at: 5_000 })
    await settled()
    recording.requests = []
    player.seek({ at: 8_000 })
    await settled()
    expect(screen.text).toBe(recording.textAt(8_000))
    expect(recording.requests).toEqual(['chunk 20'])
    player.seek({ at: 6_000 })
    await settled()
    expect(screen.text).toBe(recording.textAt(6_000))
    expect(recording.requests).toEqual(['chunk 20', 'seek at 6000'])
  })

  it('shows the same screen at any position, however it was reached', async () => {
    const recording = lines()
    const { player, screen } = play(recording)
    for (const at of [0, 9_000, 4_500, 5_000, 4_999, 2_000, 8_888, 1, 9_000, 0]) {
      player.seek({ at })
      await settled()
      expect(screen.text, String(at)).toBe(recording.textAt(at))
      expect(player.state.at).toBe(at)
    }
  })

  it('stays within the recording', async () => {
    const { player, screen } = play(lines())
    player.seek({ at: 99_999 })
    await settled()
    expect(player.state.at).toBe(9_000)
    player.seek({ at: -5 })
    await settled()
    expect(player.state.at).toBe(0)
    expect(screen.text).toBe('0\n')
  })

  it('ends at the latest of several targets', async () => {
    const recording = lines()
    const { player, screen } = play(recording)
    for (const at of [1_000, 2_000, 3_000, 8_000]) player.seek({ at })
    await settled()
    expect(screen.text).toBe(recording.textAt(8_000))
    expect(recording.requests.filter(one => one.startsWith('seek'))).toEqual(['seek at 1000', 'seek at 8000'])
  })

  it('applies each resize in order, after the output before it has been parsed', async () => {
    const recording = new FakeRecording().add([
      { at: 0, text: 'a' },
      { at: 10, cols: 100, rows: 30 },
      { at: 20, text: 'b' },
      { at: 30, cols: 40, rows: 10 },
      { at: 40, text: 'c' },
    ])
    const { player, screen } = play(recording)
    const sizes: string[] = []
    for (const at of [0, 10, 25, 30, 40]) {
      player.seek({ at })
      await settled()
      sizes.push(`${screen.size} ${screen.text}`)
    }
    expect(sizes).toEqual(['80x24 a', '100x30 a', '100x30 ab', '40x10 ab', '40x10 abc'])
    player.seek({ offset: 2 })
    await settled()
    expect(`${screen.size} ${screen.text}`).toBe('100x30 ab')
  })

  it('reports a failure, and the next seek tries again', async () => {
    const recording = lines()
    const { player, screen } = play(recording)
    const { seek } = recording
    recording.seek = () => Promise.reject(new CodedError('connection_lost', 'gone'))
    player.seek({ at: 3_000 })
    await settled()
    expect(player.state).toMatchObject({ seeking: false, playing: false })
    expect(player.state.error?.code).toBe('connection_lost')
    recording.seek = seek
    player.seek({ at: 3_000 })
    await settled()
    expect(player.state.error).toBe(undefined)
    expect(screen.text).toBe(recording.textAt(3_000))
  })

  it('does nothing after the player was disposed of', async () => {
    const { player, screen } = play(lines())
    player.seek({ at: 3_000 })
    player.dispose()
    await settled()
    expect(screen.drawn).toEqual([])
  })
})

describe('playing', () => {
  it('writes output at its recorded time', async () => {
    const { player, screen } = play(lines())
    player.seek({ at: 0 })
    await settled()
    player.play()
    await pass(950)
    expect(screen.text).toBe('0\n')
    await pass(100)
    expect(screen.text).toBe('0\n1\n')
    expect(player.state.at).toBeGreaterThan(950)
    await pass(5_000)
    expect(screen.text).toBe('0\n1\n2\n3\n4\n5\n6\n')
  })

  it('stops at the end, and then plays from the beginning', async () => {
    const recording = lines()
    const { player, screen } = play(recording)
    player.seek({ at: 8_500 })
    await settled()
    player.play()
    await pass(1_000)
    expect(player.state).toMatchObject({ playing: false, end: 'over', at: 9_000 })
    expect(screen.text).toBe(recording.textAt(9_000))
    player.play()
    await pass(100)
    expect(player.state.playing).toBe(true)
    expect(screen.text).toBe('0\n')
  })

  it('plays at the selected speed', async () => {
    const { player, screen } = play(lines())
    player.seek({ at: 0 })
    player.speed = 4
    player.play()
    await pass(1_080)
    expect(screen.text).toBe('0\n1\n2\n3\n4\n')
    player.speed = 0.5
    await pass(1_000)
    expect(screen.text).toBe('0\n1\n2\n3\n4\n')
    await pass(1_000)
    expect(screen.text).toBe('0\n1\n2\n3\n4\n5\n')
  })

  it('pauses at the current time', async () => {
    const { player, screen } = play(lines())
    player.seek({ at: 0 })
    player.play()
    await pass(1_500)
    player.pause()
    const { at } = player.state
    await pass(60_000)
    expect(player.state.at).toBe(at)
    expect(screen.text).toBe('0\n1\n')
    player.play()
    await pass(600)
    expect(screen.text).toBe('0\n1\n2\n')
  })

  it('continues from the position of a seek', async () => {
    const { player, screen } = play(lines())
    player.play()
    await pass(1_500)
    player.seek({ at: 6_000 })
    await pass(1_100)
    expect(player.state.playing).toBe(true)
    expect(screen.text).toBe('0\n1\n2\n3\n4\n5\n6\n7\n')
  })

  const idle = () =>
    new FakeRecording().add([
      { at: 0, text: 'a' },
      { at: 60_000, text: 'b' },
      { at: 61_000, text: 'c' },
    ])

  it('skips idle time after two seconds', async () => {
    const { player, screen } = play(idle())
    player.seek({ at: 0 })
    player.play()
    await pass(1_900)
    expect(screen.text).toBe('a')
    await pass(300)
    expect(screen.text).toBe('ab')
    expect(player.state.at).toBeGreaterThanOrEqual(60_000)
    expect(player.state.at).toBeLessThan(60_300)
  })

  it('plays idle time in full if it is not skipped', async () => {
    const { player, screen } = play(idle())
    player.seek({ at: 0 })
    player.skipIdle = false
    player.play()
    await pass(59_000)
    expect(screen.text).toBe('a')
    await pass(1_100)
    expect(screen.text).toBe('ab')
  })

  it('shows two seconds of idle time when started within it', async () => {
    const { player, screen } = play(idle())
    player.seek({ at: 30_000 })
    player.play()
    await pass(1_900)
    expect(player.state.at).toBeGreaterThan(31_000)
    expect(player.state.at).toBeLessThan(32_000)
    await pass(300)
    expect(screen.text).toBe('ab')
  })

  it('does not jump after the computer slept', async () => {
    let now = 0
    const recording = lines()
    const screen = new FakeScreen()
    const player = new Player({ recording, screen, from: recording.from, to: recording.to, now: () => now })
    players.push(player)
    player.play()
    await settled()
    now += 3_600_000
    await pass(50)
    expect(player.state.at).toBeLessThan(2_000)
    expect(player.state.playing).toBe(true)
  })

  it('stops the clock while it waits for the host', async () => {
    const recording = lines()
    const { player, screen } = play(recording)
    player.seek({ at: 0 })
    await settled()
    let open = () => {}
    recording.gate = new Promise(resolve => {
      open = resolve
    })
    player.play()
    await pass(20_000)
    expect(screen.text).toBe('0\n1\n2\n3\n4\n')
    expect(player.state.at).toBeLessThanOrEqual(4_100)
    open()
    await pass(850)
    expect(screen.text).toBe('0\n1\n2\n3\n4\n')
    await pass(200)
    expect(screen.text).toBe('0\n1\n2\n3\n4\n5\n')
  })

  it('keeps a bounded number of chunks, however long the recording is', async () => {
    const recording = new FakeRecording()
    const text = 'x'.repeat(1024 * 1024)
    for (let i = 0; i < 24; i++) recording.add([{ at: i * 1000, text }])
    const { player, screen } = play(recording)
    screen.write = () => Promise.resolve()
    player.speed = 16
    player.seek({ at: 0 })
    player.play()
    await pass(2_000)
    expect(player.state.end).toBe('over')
    const asked = recording.requests.length
    // The beginning is no longer cached.
    player.seek({ at: 0 })
    await settled()
    expect(recording.requests.slice(asked)).toContain('chunk 0')
  })

  it('follows a running session', async () => {
    const recording = lines()
    recording.live = true
    const { player, screen } = play(recording)
    player.seek({ at: 9_000 })
    player.play()
    await pass(500)
    expect(player.state).toMatchObject({ end: 'live', playing: true })
    recording.grow([{ at: 12_345, text: 'new\n' }])
    await pass(1_100)
    expect(screen.text).toMatch(/9\nnew\n$/)
    expect(player.state).toMatchObject({ end: 'live', playing: true, at: 12_345, to: 12_345 })
    recording.live = false
    await pass(1_100)
    expect(player.state).toMatchObject({ end: 'over', playing: false })
  })
})

describe('stepping', () => {
  /** Three bursts: a prompt, a command with its output, and a flood of two seconds. */
  const bursts = () =>
    new FakeRecording()
      .add([
        { at: 0, text: '$ ' },
        { at: 5_000, text: 'l' },
        { at: 5_100, text: 's' },
        { at: 5_150, text: '\nfile\n$ ' },
      ])
      .add(Array.from({ length: 21 }, (_, i) => ({ at: 9_000 + i * 100, text: `${i % 10}` })))

  it('goes from pause to pause, and through a flood in bursts', async () => {
    const { player, screen } = play(bursts())
    player.seek({ at: 0 })
    await settled()
    const seen: string[] = []
    for (let i = 0; i < 6; i++) {
      seen.push(screen.text)
      player.step(1)
      await settled()
    }
    const first = '$ ls\nfile\n$ '
    expect(seen).toEqual([
      '$ ',
      first,
      `${first}0123456789`,
      `${first}01234567890123456789`,
      `${first}012345678901234567890`,
      `${first}012345678901234567890`,
    ])
    expect(player.state).toMatchObject({ end: 'over', at: 11_000, playing: false })
  })

  it('goes back by the same steps', async () => {
    const { player, screen } = play(bursts())
    player.seek({ at: 11_000 })
    await settled()
    const seen: string[] = []
    const at: number[] = []
    for (let i = 0; i < 5; i++) {
      player.step(-1)
      await settled()
      seen.push(screen.text)
      at.push(player.state.at)
    }
    const first = '$ ls\nfile\n$ '
    expect(seen).toEqual([`${first}01234567890123456789`, `${first}0123456789`, first, '$ ', '$ '])
    expect(at).toEqual([10_900, 9_900, 5_150, 0, 0])
  })

  it('adds up steps that are requested together', async () => {
    const { player, screen } = play(bursts())
    player.seek({ at: 0 })
    await settled()
    player.step(1)
    player.step(1)
    player.step(1)
    player.step(-1)
    await settled()
    expect(screen.text).toBe('$ ls\nfile\n$ 0123456789')
  })

  it('stops playing', async () => {
    const { player } = play(bursts())
    player.play()
    await pass(100)
    player.step(1)
    expect(player.state.playing).toBe(false)
  })
})

describe('gaps', () => {
  const broken = (reason: 'damaged' | 'unrecorded' = 'damaged') =>
    new FakeRecording()
      .add([{ at: 0, text: 'before ' }])
      .add([{ at: 1_000, text: 'lost ' }], { gap: reason })
      .add([
        { at: 20_000, text: 'after ' },
        { at: 21_000, text: 'end' },
      ])

  it('are reported while playback is in them, and left with the keyframe after them', async () => {
    const recording = broken()
    const states: (PlayerState['gap'] | undefined)[] = []
    const { player, screen } = play(recording)
    player.on('change', ({ gap }) => states.at(-1) !== gap && states.push(gap))
    player.seek({ at: 0 })
    player.play()
    await pass(500)
    expect(player.state.gap).toEqual({ reason: 'damaged', bytes: 5 })
    expect(screen.text).toBe('before ')
    await pass(2_700)
    // As a terminal would have shown it: the host's keyframe includes the missing output.
    expect(screen.text).toBe('before lost after ')
    expect(player.state.gap).toBe(undefined)
    await pass(1_100)
    expect(screen.text).toBe('before lost after end')
  })

  it('can be sought, and sought past', async () => {
    const { player, screen } = play(broken('unrecorded'))
    player.seek({ at: 20_500 })
    await settled()
    expect(screen.text).toBe('before lost after ')
    player.seek({ offset: 9 })
    await settled()
    expect(screen.text).toBe('before ')
    expect(player.state).toMatchObject({ seeking: false, gap: { reason: 'unrecorded', bytes: 5 } })
    player.step(1)
    await settled()
    expect(player.state.gap).toBe(undefined)
    expect(screen.text).toBe('before lost ')
  })

  it('are the first playback position if the recording starts with one', async () => {
    const recording = new FakeRecording()
      .add([{ at: 0, text: 'gone ' }], { gap: 'trimmed' })
      .add([{ at: 9_000, text: 'kept' }])
    const { player, screen } = play(recording)
    player.seek({ at: 0 })
    await settled()
    expect(player.state.at).toBe(9_000)
    expect(screen.text).toBe('gone kept')
  })

  it('are reported at the last position if the recording ends with one', async () => {
    const recording = new FakeRecording()
      .add([{ at: 0, text: 'kept' }])
      .add([{ at: 9_000, text: 'gone' }], { gap: 'unrecorded' })
    const { player, screen } = play(recording)
    player.seek({ at: recording.to })
    await settled()
    expect(screen.text).toBe('kept')
    expect(player.state).toMatchObject({ end: 'over', gap: { reason: 'unrecorded', bytes: 4 } })
  })

  it('are an error rather than an endless loop if they lead nowhere', async () => {
    const recording = lines()
    const { player } = play(recording)
    recording.readChunk = async position => ({
      kind: 'gap',
      from: position,
      to: position,
      next: position,
      reason: 'damaged',
    })
    player.seek({ at: 5_000 })
    await settled()
    expect(player.state.error?.code).toBe('bad_message')
  })
})
