// Plays a log to one terminal completely and to another as a keyframe plus the rest, and compares the two.

import { Screen } from '../../../main/host/screen/screen.ts'
import { differences } from './compare-terminals.ts'
import { dropUnsavedState } from './drop-unsaved-state.ts'
import type { Event, Resize } from './vt-streams.ts'

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const encode = (text: string) => new TextEncoder().encode(text)

export interface Case {
  size: Resize
  scrollback: number
  before: Event[]
  /** The keyframe is taken inside the first event, after `cut` bytes (modulo its length), if it is output. */
  after: Event[]
  cut: number
  /** What the terminal that receives the keyframe has drawn before. */
  junk: Event[]
}

function play(screen: Screen, event: Event): void {
  if (typeof event === 'string') screen.write(encode(event))
  else screen.resize(event.cols, event.rows)
}

/** Returns the differences between a terminal that got everything and one that began with a keyframe. */
export function keyframeDifferences({ size, scrollback, before, after, cut, junk }: Case): string[] {
  const heard: [string[], string[]] = [[], []]
  const listen = (who: 0 | 1) => ({ answer: (text: string) => void heard[who].push(text) })
  const whole = new Screen({ ...size, scrollback, hooks: listen(0) })
  for (const event of before) play(whole, event)
  let rest: (Event | Uint8Array)[] = after
  const first = after[0]
  if (typeof first === 'string') {
    const bytes = encode(first)
    const at = cut % (bytes.length + 1)
    whole.write(bytes.subarray(0, at))
    rest = [bytes.subarray(at), ...after.slice(1)]
  }

  const keyframe = whole.keyframe()
  const later = new Screen({ ...size, scrollback, hooks: listen(1) })
  for (const event of junk) play(later, event)
  later.resize(keyframe.cols, keyframe.rows)
  later.write(keyframe.vt)
  later.write(keyframe.pending)

  const found: string[] = []
  const compare = (when: string) => {
    for (const line of differences(whole.terminal, later.terminal)) found.push(`${when}: ${line}`)
  }
  dropUnsavedState(whole.terminal)
  compare('at once')
  dropUnsavedState(later.terminal) // invisible state: where links were seen, leftovers of clusters
  heard[0].length = heard[1].length = 0
  if (found.length === 0) {
    for (const event of rest) {
      for (const screen of [whole, later]) {
        if (event instanceof Uint8Array) screen.write(event)
        else play(screen, event)
      }
    }
    compare('at the end')
    if (heard[0].join() !== heard[1].join()) found.push(`answers\n  wanted ${heard[0]}\n  got    ${heard[1]}`)
  }
  if (found.length > 0)
    found.push([keyframe.vt, keyframe.pending].map(bytes => JSON.stringify(decode(bytes))).join(' + '))
  whole.dispose()
  later.dispose()
  return found
}
