// Screens that break their worker.
import { birthKeyframe } from '../../main/host/recording/initial-keyframe.ts'
import type { ScreenLog } from '../../main/host/screen/pooled-screen.ts'
import { ScreenPool } from '../../main/host/screen/screen-pool.ts'
import { bytesOf, onCleanUp } from './host.ts'

/** Fills every cell with a cluster of its own: more than a small heap holds. */
export const TOO_MUCH = bytesOf(`a${'\u0301'.repeat(31)}`.repeat(4000))

/** A pool with one shared worker. */
export function openPool(heapMB: number) {
  const pool = new ScreenPool('0', new Map(), { maxWorkers: 1, heapMB })
  onCleanUp(() => pool.close())
  /** A screen with a log of everything that was written to it. */
  return (cols = 80, rows = 24) => {
    const entries: { kind: 'output'; offset: number; bytes: Uint8Array }[] = []
    const heard = { answers: [] as string[], bells: 0, titles: [] as string[], failed: [] as string[], rebuilt: 0 }
    let end = 0
    const screen = pool.open(cols, rows, {
      parsed: () => {},
      answer: text => void heard.answers.push(text),
      title: title => void heard.titles.push(title),
      cwd: () => {},
      bell: () => void heard.bells++,
      notice: () => {},
      rebuild: (): ScreenLog => {
        heard.rebuilt++
        return { keyframe: birthKeyframe({ cols, rows }), entries }
      },
      failed: error => void heard.failed.push(error.code),
    })
    const write = (bytes: Uint8Array) => {
      entries.push({ kind: 'output', offset: end, bytes })
      end += bytes.length
      screen.write(bytes)
    }
    return { screen, heard, write, forget: () => entries.splice(0) }
  }
}
