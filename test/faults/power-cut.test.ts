// What a host's data folder holds after the power is cut at any moment: at most POWER_LOSS_MS of output are missing.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { POWER_LOSS_MS } from '../../main/host/history/write/syncer.ts'
import { compileDiskJournal, DiskJournal, journalEnvironment, type Unsynced } from '../support/faults/disk-journal.ts'
import { lostBefore, monotonicNow, startPrintingHost, watchStalls } from '../support/faults/printing-host.ts'
import type { Pattern } from '../support/faults/printing-process.ts'
import { cleanUp, onCleanUp, temporaryFolder, until } from '../support/host.ts'
import { repeatableRandom } from '../support/repeat.ts'

afterEach(cleanUp)

/** Cuts of the power, over all patterns; and those with an image of a file system, which take longer. */
const CUTS = Number(process.env.OTG_FAULT_ROUNDS ?? 40)
const IMAGES = Number(process.env.OTG_FAULT_ROUNDS ?? 6)

const PATTERNS: Pattern[] = ['steady', 'rare', 'bursts', 'flood']

const UNSYNCED: Unsynced[] = ['lost', 'mixed', 'torn', 'kept']

/** A line passes these before it is safe, and on a busy machine waits for each: program, main loop, history's thread, sync. */
const STEPS = 4

/** Each pattern is recorded for this long, and cut after the first seconds, when there is something to lose. */
const RECORDED_MS = 9_000
const FIRST_CUT_MS = 3_000

// The host's writes and syncs are written down, and its folder is made from them as it may be on the disk: everything that was
// synced, and any part of the rest.
it.skipIf(process.platform !== 'linux')(
  `loses at most ${POWER_LOSS_MS} ms of output in a power cut, whatever is printed and whichever unsynced writes are lost`,
  async () => {
    const random = repeatableRandom()
    const folder = temporaryFolder()
    const library = compileDiskJournal(folder)
    const stall = watchStalls()
    const recorded = await Promise.all(PATTERNS.map(pattern => record(pattern, join(folder, pattern), library)))
    const losses: number[] = []
    for (let round = 0; round < CUTS; round++) {
      const { pattern, began, journal, printed } = recorded[round % recorded.length]!
      const unsynced = UNSYNCED[Math.floor(random() * UNSYNCED.length)]!
      const cutAt = began + FIRST_CUT_MS + random() * (RECORDED_MS - FIRST_CUT_MS)
      const left = join(folder, 'left')
      journal.cut(cutAt, unsynced, random, left)
      losses.push(lostBefore(cutAt, join(left, 'otg.db'), printed))
      rmSync(left, { recursive: true })
      expect(losses.at(-1), `${pattern}, ${unsynced}, cut after ${Math.round(cutAt - began)} ms`).toBeLessThan(
        POWER_LOSS_MS + STEPS * stall() + journal.slowestSync,
      )
    }
    report(losses, stall())
    for (const { pattern, began, journal } of recorded)
      console.log(
        `${pattern}: ${(journal.syncs(began, began + RECORDED_MS) / (RECORDED_MS / 1_000)).toFixed(1)} syncs/s`,
      )
  },
)

// The host's folder is on a file system in a file. When the power is cut, what the system has not written there yet is lost.
it.skipIf(!canMount())(
  `loses at most ${POWER_LOSS_MS} ms of output when an image of its file system is taken at any moment`,
  async () => {
    const random = repeatableRandom()
    const folder = temporaryFolder()
    const image = join(folder, 'image')
    execFileSync('truncate', ['-s', '256M', image])
    // Not on everyone's path.
    const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }
    // Initialized at once: the system would write to the image in the background, and it could not be copied for seconds.
    execFileSync('mkfs.ext4', ['-q', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image], { env })
    mount(image, join(folder, 'disk'))
    const stall = watchStalls()
    const pattern = PATTERNS[Math.floor(random() * 3)]!
    const host = await startPrintingHost(join(folder, 'disk', 'data'), pattern, join(folder, 'printed'))
    await until(() => monotonicNow() > host.began + FIRST_CUT_MS, 'something to lose')
    const losses: number[] = []
    for (let round = 0; round < IMAGES; round++) {
      const next = monotonicNow() + random() * 1_000
      await until(() => monotonicNow() > next, 'the next cut')
      const copy = join(folder, 'copy')
      host.stop()
      const cutAt = monotonicNow()
      copyStable(image, copy)
      const printed = host.printed()
      host.goOn()
      const unmount = mount(copy, join(folder, 'left'))
      losses.push(lostBefore(cutAt, join(folder, 'left', 'data', 'otg.db'), printed))
      unmount()
      expect(losses.at(-1), `${pattern}, image ${round}`).toBeLessThan(POWER_LOSS_MS + STEPS * stall())
    }
    await host.kill()
    report(losses, stall())
  },
  600_000,
)

async function record(pattern: Pattern, folder: string, library: string) {
  mkdirSync(folder)
  const dataDir = join(folder, 'data')
  const journal = join(folder, 'journal')
  const environment = journalEnvironment(library, dataDir, journal)
  const host = await startPrintingHost(dataDir, pattern, join(folder, 'printed'), environment)
  await until(() => monotonicNow() > host.began + RECORDED_MS, 'enough to be recorded')
  await host.kill()
  return { pattern, began: host.began, journal: new DiskJournal(journal, dataDir), printed: host.printed() }
}

function report(losses: number[], stall: number): void {
  const sorted = losses.toSorted((a, b) => a - b).map(Math.round)
  const median = sorted[sorted.length >> 1]
  console.log(
    `${losses.length} cuts: median ${median}, most ${sorted.at(-1)} ms lost; the test stalled for ${Math.round(stall)} ms`,
  )
}

/** Whether this user can mount images: root, outside of most containers. */
function canMount(): boolean {
  return process.platform === 'linux' && process.getuid!() === 0 && existsSync('/dev/loop0')
}

/** Returns what unmounts it. */
function mount(image: string, folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  execFileSync('mount', ['-o', 'loop', image, folder])
  let isMounted = true
  const unmount = () => {
    if (isMounted) execFileSync('umount', [folder])
    isMounted = false
  }
  onCleanUp(unmount)
  return unmount
}

/** The system may write to the file meanwhile; two equal copies are as it was at one moment. */
function copyStable(file: string, copy: string): void {
  do {
    rmSync(copy, { force: true })
    execFileSync('cp', ['--sparse=always', file, copy])
  } while (!isEqual(file, copy))
}

function isEqual(a: string, b: string): boolean {
  try {
    execFileSync('cmp', ['-s', a, b])
    return true
  } catch {
    return false
  }
}
