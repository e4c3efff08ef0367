// A recording in the window: playing, seeking, stepping, marking, renaming and deleting, with pointer and keyboard.
import type { ElectronApplication, Page } from '@playwright/test'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import type { HostMessage, SessionInfo } from '../../protocol/messages.ts'
import { expect, expectShown, picture, resize, shownText, startSession, test } from './support/app.ts'
import { connectTo, recordSession } from './support/host-socket.ts'

/** A line every 400 ms, and a last one after one second. */
const COUNTING = 'for i in 1 2 3 4 5 6; do echo "line $i"; sleep 0.4; done; sleep 0.6; echo "the end"'

const shown = async (page: Page) => (await shownText(page)).trimEnd()
const time = (page: Page) => page.getByLabel('Time in the recording')
const slider = (page: Page) => page.getByRole('slider', { name: 'Position in the recording' })
const counted = (count: number) => Array.from({ length: count }, (_, i) => `line ${i + 1}`).join('\n')

/** Opens the recording of the session with this title, which shows its end. */
async function openRecording(page: Page, title: string): Promise<void> {
  await page.locator('[data-recorded]').filter({ hasText: title }).first().getByRole('button').click()
  await expect(page.locator('.recording h1')).toHaveText(title)
  await expect(page.locator('.stage')).toHaveAttribute('data-at', /\d/)
}

async function openHistory(page: Page): Promise<void> {
  await expect(page.getByRole('button', { name: 'History' })).toBeVisible()
  await page.keyboard.press('Control+Shift+H')
  await expect(page.getByRole('searchbox')).toBeFocused()
}

interface Opened {
  app: ElectronApplication
  page: Page
  client: LocalClient
}

/** The window with the history open, so that it does not resize sessions that are recorded meanwhile. */
async function open(start: () => Promise<ElectronApplication>, dataDir: string, later: (undo: () => unknown) => void) {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  await openHistory(page)
  return { app, page, client } satisfies Opened
}

/** Waits for some animation frames. */
async function frames(page: Page, count: number): Promise<void> {
  await page.evaluate(async count => {
    for (let i = 0; i < count; i++) await new Promise(requestAnimationFrame)
  }, count)
}

test('opens at its end, and plays from the beginning with the original timing', async ({ start, dataDir, later }) => {
  const { page, client } = await open(start, dataDir, later)
  await recordSession(client, COUNTING, { title: 'counting' })
  await openRecording(page, 'counting')
  await expectShown(page, /line 6\nthe end/)
  await picture(page, 'recording')
  // The keyboard works wherever the focus is.
  await expect(page.locator('.recording')).toBeFocused()
  await page.keyboard.press('Home')
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible()
  await expect.poll(() => shown(page)).not.toContain('line 2')
  await page.keyboard.press('>')
  await page.keyboard.press('<')
  await expect(page.getByLabel('Speed')).toHaveValue('1')
  const began = Date.now()
  await page.keyboard.press(' ')
  await expectShown(page, /^line 1\nline 2\nline 3\s*$/)
  // Playback takes as long as the original.
  expect(Date.now() - began).toBeGreaterThan(650)
  await page.keyboard.press(' ')
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible()
  const paused = await time(page).inputValue()
  const text = await shown(page)
  await frames(page, 60)
  expect(await time(page).inputValue()).toBe(paused)
  expect(await shown(page)).toBe(text)
  await picture(page, 'recording-paused')
  for (const _ of [2, 4, 8, 16]) await page.keyboard.press('>')
  await expect(page.getByLabel('Speed')).toHaveValue('16')
  await page.keyboard.press(' ')
  await expectShown(page, /line 6\nthe end\s*$/)
  await expect(page.getByRole('button', { name: 'Play from the beginning' })).toBeVisible()
})

test('steps from pause to pause, forward and back', async ({ start, dataDir, later }) => {
  const { page, client } = await open(start, dataDir, later)
  await recordSession(client, COUNTING, { title: 'counting' })
  await openRecording(page, 'counting')
  await page.keyboard.press('Home')
  await expect.poll(() => shown(page)).toBe(counted(1))
  for (const count of [2, 3, 4]) {
    await page.keyboard.press('.')
    await expect.poll(() => shown(page)).toBe(counted(count))
  }
  await page.keyboard.press(',')
  await expect.poll(() => shown(page)).toBe(counted(3))
  await page.getByRole('button', { name: 'Step back' }).click()
  await expect.poll(() => shown(page)).toBe(counted(2))
  await page.getByRole('button', { name: 'Step forward' }).click()
  await expect.poll(() => shown(page)).toBe(counted(3))
})

test('seeks with the pointer, with keys, and to a typed time', async ({ start, dataDir, later }) => {
  const { page, client } = await open(start, dataDir, later)
  const session = await recordSession(client, COUNTING, { title: 'counting' })
  // What each moment looked like, from the host's recording.
  const stretch = await client.history.readChunk(session.session_id, { offset: 0, n: 0 })
  if (stretch.kind !== 'output') throw new Error('nothing was recorded')
  const starts = stretch.runs.filter((_, i) => i % 2 === 0)
  const linesAt = (at: number) => starts.filter(one => one <= at).length
  const { from, to } = await client.history.timeline(session.session_id, 1)
  await openRecording(page, 'counting')
  const box = (await slider(page).boundingBox())!
  const middle = (part: number) => [box.x + box.width * part, box.y + box.height / 2] as const
  for (const part of [0.5, 0.2, 0.8]) {
    await page.mouse.click(...middle(part))
    const at = from + (to - from) * part
    await expect.poll(async () => Number(await page.locator('.stage').getAttribute('data-at'))).toBeGreaterThan(at - 30)
    await expect
      .poll(() => shown(page))
      .toBe(counted(linesAt(Number(await page.locator('.stage').getAttribute('data-at')))))
  }
  // Dragging shows every moment on the way and stays at the last.
  await page.mouse.move(...middle(0.1))
  await page.mouse.down()
  await page.mouse.move(...middle(0.9), { steps: 12 })
  await page.mouse.move(...middle(0.35), { steps: 6 })
  await page.mouse.up()
  await expect.poll(() => shown(page)).toBe(counted(linesAt(from + (to - from) * 0.35)))
  await expect(slider(page)).toHaveAttribute('aria-valuetext', /^0:01 of 0:0\d$/)

  await page.keyboard.press('g')
  await expect(time(page)).toBeFocused()
  await page.keyboard.type('0:01.0')
  await page.keyboard.press('Enter')
  await expect(page.locator('.stage')).toHaveAttribute('data-at', '1000')
  await expect.poll(() => shown(page)).toBe(counted(linesAt(1000)))
  await page.keyboard.press('g')
  await page.keyboard.type('soon')
  await expect(time(page)).toHaveAttribute('aria-invalid', 'true')
  await page.keyboard.press('Escape')
  await expect(time(page)).toHaveValue('0:01.0')

  await page.keyboard.press('ArrowRight')
  await expectShown(page, /the end/)
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => shown(page)).toBe(counted(1))
  await page.keyboard.press('PageDown')
  const tenth = Math.round(from + (to - from) / 10)
  await expect(page.locator('.stage')).toHaveAttribute('data-at', String(tenth))
  await page.keyboard.press('End')
  await expectShown(page, /the end/)
  await page.keyboard.press('Home')
  await expect.poll(() => shown(page)).toBe(counted(1))
})

test('seeks across the segments of a long recording', async ({ start, dataDir, later }) => {
  const { page, client } = await open(start, dataDir, later)
  // Three segments of a megabyte with numbered lines.
  const session = await recordSession(client, 'seq -f "number %07g of the flood" 1 100000; sleep 0.5', {
    title: 'flood',
  })
  expect(session.bytes).toBe(2_900_000)
  const found = await client.history.search('"number 0050000"', { filter: { session_id: session.session_id } })
  expect(found.hits).toHaveLength(1)
  await openRecording(page, 'flood')
  await expectShown(page, /number 0100000 of the flood/)
  await page.keyboard.press('Escape')
  await page.getByRole('searchbox').fill('"number 0050000"')
  await page.locator('.hit').click()
  await expectShown(page, /number 0049999 of the flood\nnumber 0050000 of the flood\s*$/)
  await page.keyboard.press('Home')
  await expect.poll(() => shown(page)).not.toContain('0050000')
  await page.keyboard.press('End')
  await expectShown(page, /number 0100000 of the flood/)
})

test('plays a resize where it happened', async ({ start, dataDir, later }) => {
  const { page, client } = await open(start, dataDir, later)
  const { session_id } = await client.create({
    command: ['/bin/sh', '-c', 'echo small; read a; echo large; read b'],
    size: { cols: 40, rows: 10 },
    title: 'sizes',
  })
  const sink = { write: (_: Uint8Array, done: () => void) => done(), resize: () => {}, reset: () => {} }
  const attached = client.attach(session_id, sink, { size: { cols: 40, rows: 10 } })
  await expect.poll(async () => (await client.history.timeline(session_id, 1)).end.offset).toBeGreaterThan(6)
  attached.resize(100, 30)
  await expect.poll(async () => (await client.history.timeline(session_id, 1)).end.n).toBe(1)
  attached.type(new TextEncoder().encode('x\n'))
  await expect.poll(async () => (await client.history.timeline(session_id, 1)).end.offset).toBeGreaterThan(14)
  client.detach(attached)
  await client.kill(session_id)
  await openRecording(page, 'sizes')
  const count = () => page.locator('.xterm-rows > div').count()
  await expect.poll(count).toBe(30)
  await page.keyboard.press('Home')
  await expect.poll(count).toBe(10)
  await expectShown(page, /^small/)
  await page.keyboard.press('End')
  await expect.poll(count).toBe(30)
  await expectShown(page, /large/)
})

test('adds, lists, seeks to and removes marks', async ({ start, dataDir, later }) => {
  const { page, client } = await open(start, dataDir, later)
  const session = await recordSession(client, COUNTING, { title: 'counting' })
  await openRecording(page, 'counting')
  await page.keyboard.press('Home')
  await page.keyboard.press('.')
  await expect.poll(() => shown(page)).toBe(counted(2))
  await page.keyboard.press('m')
  await page.keyboard.type('<b>here</b> it\u202e began')
  await picture(page, 'recording-mark')
  await page.keyboard.press('Enter')
  const mark = page.locator('[data-mark]')
  await expect(mark).toHaveText(/0:00<b>here<\/b> it began/)
  await expect(page.locator('.timeline .tick')).toHaveCount(1)
  // Keys typed into the label are not shortcuts.
  await expect.poll(() => shown(page)).toBe(counted(2))
  await page.keyboard.press('End')
  await expectShown(page, /the end/)
  await page.getByRole('button', { name: 'Mark this moment' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Mark' }).click()
  await expect(mark).toHaveCount(2)
  await picture(page, 'recording-marks')
  await mark.first().getByRole('button').first().click()
  await expect.poll(() => shown(page)).toBe(counted(2))
  await page.getByRole('button', { name: 'Remove the mark <b>here' }).click()
  await expect(mark).toHaveCount(1)
  const { marks } = await client.history.timeline(session.session_id, 1)
  expect(marks.map(one => one.label)).toEqual([''])
})

test('renames a recording, and deletes it after a confirmation', async ({ start, dataDir, later }) => {
  const { page, client } = await open(start, dataDir, later)
  const session = await recordSession(client, 'echo secret', { title: 'first name' })
  await recordSession(client, 'echo other', { title: 'other' })
  await openRecording(page, 'first name')
  await page.getByRole('button', { name: 'Rename' }).click()
  await page.keyboard.type('second name')
  await page.keyboard.press('Enter')
  await expect(page.locator('.recording h1')).toHaveText('second name')
  await page.keyboard.press('Escape')
  await expect(page.locator('[data-recorded] .title')).toHaveText(['other', 'second name'])
  await page.getByRole('searchbox').fill('secret')
  await page.locator('.hit').click()
  await expect(page.locator('.recording h1')).toHaveText('second name')
  await page.getByRole('button', { name: 'Delete' }).click()
  await picture(page, 'recording-delete')
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByText('“second name” deleted')).toBeVisible()
  // Its search results disappear, too.
  await expect(page.getByText('No lines found')).toBeVisible()
  expect((await client.history.sessions({ filter: { session_id: session.session_id } })).sessions).toEqual([])
  expect((await client.history.search('secret')).hits).toEqual([])
  await page.getByRole('searchbox').fill('')
  await expect(page.locator('[data-recorded] .title')).toHaveText(['other'])
})

test('shows the progress of a long deletion, and can stop it', async ({ join, later }) => {
  let asked: number | undefined
  const { page, relay, behind } = await join(message => {
    if (message.type !== 'ok' || message.request_id !== asked) return message
    return { type: 'progress', request_id: message.request_id, done: 3, total: 4 }
  })
  const client = await connectTo(behind)
  later(() => client.close())
  await openHistory(page)
  await recordSession(client, 'echo x', { title: 'large' })
  await openRecording(page, 'large')
  await page.getByRole('button', { name: 'Delete' }).click()
  const { change } = relay
  relay.change = message => {
    asked = relay.asked.findLast(one => one.type === 'delete_session')?.request_id
    return change(message)
  }
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
  await expect(page.getByRole('progressbar', { name: 'Deleting' })).toHaveAttribute('value', '0.75')
  await picture(page, 'recording-deleting')
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(page.getByText('Stopped. Part of the recording may be deleted already')).toBeVisible()
  expect(relay.asked).toContainEqual({ type: 'cancel', request_id: asked })
})

test('plays a running session up to now, and returns to live', async ({ start, dataDir, later }) => {
  const app = await start()
  const page = await app.firstWindow()
  const client = await connectTo(dataDir)
  later(() => client.close())
  await startSession(page)
  await page.keyboard.type('echo one\n')
  await expectShown(page, /\none/)
  await page.getByRole('button', { name: 'Play recording' }).click()
  await expectShown(page, /\none/)
  await expect(page.getByRole('button', { name: 'Delete (end the session first)' })).toBeDisabled()
  await expect(page.getByText('live', { exact: true })).toBeVisible()
  await page.keyboard.press('Home')
  await expect.poll(() => shown(page)).not.toContain('one')
  await picture(page, 'recording-running')
  // New output arrives in the recording, too.
  await page.keyboard.press('End')
  await page.keyboard.press(' ')
  const [session] = await client.list()
  const sink = { write: (_: Uint8Array, done: () => void) => done(), resize: () => {}, reset: () => {} }
  const attached = client.attach((session as SessionInfo).session_id, sink, {})
  await new Promise<void>(resolve => attached.on('caught_up', () => resolve()))
  attached.type(new TextEncoder().encode('echo t""wo\n'))
  await expectShown(page, /\ntwo/)
  await page.getByRole('button', { name: 'Back to live' }).click()
  await expect(page.locator('.pane .xterm-helper-textarea')).toBeFocused()
  await page.keyboard.type('echo three\n')
  // Keys pressed in the recording were not typed into the session.
  await expectShown(page, /^\$ echo one\none\n\$ echo t""wo\ntwo\n\$ echo three\nthree\n\$\s*$/)
})

test('copies the screen or the selection', async ({ start, dataDir, later }) => {
  const { app, page, client } = await open(start, dataDir, later)
  await recordSession(client, 'printf "\\033[?1000h\\033[?1006h"; echo "first line"; echo second', { title: 'copied' })
  await openRecording(page, 'copied')
  await expectShown(page, /second/)
  const clipboard = () => app.evaluate(({ clipboard }) => clipboard.readText())
  await page.keyboard.press('c')
  await expect(page.getByText('Screen copied')).toBeVisible()
  expect(await clipboard()).toBe('first line\nsecond\n')
  await app.evaluate(({ clipboard }) => clipboard.clear())
  await page.keyboard.press('Control+Shift+C')
  await expect.poll(clipboard).toBe('first line\nsecond\n')
  // The program turned on mouse tracking, which a recording ignores.
  const row = (await page.locator('.xterm-rows > div').first().boundingBox())!
  await page.mouse.dblclick(row.x + 12, row.y + row.height / 2)
  await page.getByRole('button', { name: 'Copy selection' }).click()
  await expect.poll(clipboard).toBe('first')
})

test('shows gaps on the timeline and while playback is at one', async ({ join, later }) => {
  const { page, relay, behind } = await join()
  const client = await connectTo(behind)
  later(() => client.close())
  await openHistory(page)
  await recordSession(client, 'echo before; sleep 0.5; echo after', { title: 'gappy' })
  relay.change = (message: HostMessage) => {
    if (message.type === 'timeline') {
      const gap = { from: { offset: 1, n: 0 }, to: { offset: 500_001, n: 0 }, reason: 'unrecorded' as const }
      return { ...message, gaps: [{ ...gap, at: Math.round((message.from + message.to) / 2) }] }
    }
    const asked = relay.asked.findLast(one => one.type === 'playback')
    if (message.type === 'playback_chunk' && message.chunk.kind === 'end' && asked?.position.offset !== 900_000)
      return {
        ...message,
        chunk: {
          kind: 'gap',
          from: message.chunk.position,
          to: { offset: 900_000, n: 0 },
          next: { offset: 900_000, n: 0 },
          reason: 'damaged',
        },
      }
    return message
  }
  await openRecording(page, 'gappy')
  await expect(page.getByRole('list', { name: 'Marks and gaps' })).toContainText('500 KB could not be recorded')
  await expect(page.getByText('Output is missing here: 900 KB is damaged and cannot be read.')).toBeVisible()
  await picture(page, 'recording-gap')
})

test('reports a recording that cannot be read, and tries again', async ({ join, later }) => {
  const { page, relay, behind } = await join()
  const client = await connectTo(behind)
  later(() => client.close())
  await openHistory(page)
  await recordSession(client, 'echo there', { title: 'shy' })
  const refuse =
    (type: 'timeline' | 'seek_result') =>
    (message: HostMessage): HostMessage =>
      message.type === type
        ? {
            type: 'error',
            request_id: message.request_id,
            code: 'store_damaged',
            message: 'the database cannot be read',
          }
        : message
  relay.change = refuse('timeline')
  await page.locator('[data-recorded]').filter({ hasText: 'shy' }).getByRole('button').click()
  await expect(page.getByRole('alert')).toContainText('Cannot show this recording: the database cannot be read.')
  await picture(page, 'recording-failed')
  relay.change = refuse('seek_result')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('alert')).toContainText('Playback stopped')
  relay.change = message => message
  await page.getByRole('button', { name: 'Try again' }).click()
  await expectShown(page, /^there/)
  await expect(page.getByRole('alert')).toBeHidden()
})

test('can be used with the keyboard only, even in a small window', async ({ start, dataDir, later }) => {
  const { app, page, client } = await open(start, dataDir, later)
  await recordSession(client, COUNTING, { title: 'counting' })
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expectShown(page, /the end/)
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible()
  await picture(page, 'recording-keys')
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.locator('.recording')).toBeFocused()
  // What is below the dialog can be focused again after the next frame.
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))
  const names: string[] = []
  for (let i = 0; i < 16; i++) {
    await page.keyboard.press('Tab')
    names.push(
      await page.evaluate(() => {
        const element = document.activeElement!
        return element.getAttribute('aria-label') ?? element.textContent!.trim()
      }),
    )
  }
  expect(names.slice(0, 13)).toEqual([
    'Back to history',
    'Rename',
    'Copy screen',
    'Mark this moment',
    'Export',
    'Delete',
    'Position in the recording',
    'Step back',
    'Play from the beginning',
    'Step forward',
    'Time in the recording',
    'Speed',
    'Skip idle',
  ])
  expect(names[13]).toBe('Keyboard shortcuts')
  await resize(app, page, 480, 320)
  await picture(page, 'recording-small')
  // Nothing overflows horizontally.
  expect(await page.locator('.recording').evaluate(element => element.scrollWidth - element.clientWidth)).toBe(0)
})
