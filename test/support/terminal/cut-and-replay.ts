// Writes a log to one terminal completely and to another as a keyframe plus the rest, and compares the two.

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
  /** If the first event is output, the keyframe is taken inside it, after `cut` bytes (modulo its length + 1). */
  after: Event[]
  cut: number
  /** What the terminal that receives the keyframe showed before. */
  junk: Event[]
}

function play(screen: Screen, event: Event): void {
  if (typeof event === 'string') screen.write(encode(event))
  else screen.resize(event.cols, event.rows)
}

/** Returns the differences between a terminal that received the whole log and one that began with a keyframe. */
export function keyframeDifferences({ size, scrollback, before, after, cut, junk }: Case): string[] {
  const replies: [string[], string[]] = [[], []]
  const hooks = (terminal: 0 | 1) => ({ answer: (text: string) => void replies[terminal].push(text) })
  const whole = new Screen({ ...size, scrollback, hooks: hooks(0) })
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
  const restored = new Screen({ ...size, scrollback, hooks: hooks(1) })
  for (const event of junk) play(restored, event)
  restored.resize(keyframe.cols, keyframe.rows)
  restored.write(keyframe.vt)
  restored.write(keyframe.pending)

  const found: string[] = []
  const compare = (when: string) => {
    for (const line of differences(whole.terminal, restored.terminal)) found.push(`${when}: ${line}`)
  }
  dropUnsavedState(whole.terminal)
  compare('after the keyframe')
  dropUnsavedState(restored.terminal) // invisible state: where links were seen, leftovers of clusters
  replies[0].length = replies[1].length = 0
  if (found.length === 0) {
    for (const event of rest) {
      for (const screen of [whole, restored]) {
        if (event instanceof Uint8Array) screen.write(event)
        else play(screen, event)
      }
    }
    compare('at the end')
    if (replies[0].join() !== replies[1].join()) found.push(`replies\n  wanted ${replies[0]}\n  got    ${replies[1]}`)
  }
  if (found.length > 0)
    found.push([keyframe.vt, keyframe.pending].map(bytes => JSON.stringify(decode(bytes))).join(' + '))
  whole.dispose()
  restored.dispose()
  return found
}
