// Plays a log to one terminal whole, to another as a keyframe and what follows, and says what differs. Knows nothing of
// how logs are made up.

import { Screen } from '../../main/host/screen/screen.ts'
import { differences } from './compare-terminals.ts'
import { forget } from './forget.ts'
import type { Event, Resize } from './vt-streams.ts'

const encode = (text: string) => new TextEncoder().encode(text)

export interface Case {
  size: Resize
  scrollback: number
  before: Event[]
  after: Event[]
  cut: number
}

function play(screen: Screen, event: Event): void {
  if (typeof event === 'string') screen.write(encode(event))
  else screen.resize(event.cols, event.rows)
}

/** Returns what differs between a terminal that saw everything and one that began with a keyframe. */
export function check({ size, scrollback, before, after, cut }: Case): string[] {
  const heard: [string[], string[]] = [[], []]
  const listen = (who: 0 | 1) => ({ answer: (text: string) => void heard[who].push(text) })
  const whole = new Screen({ ...size, scrollback, hooks: listen(0) })
  for (const event of before) play(whole, event)
  // The cut may fall at any byte of the first event after it.
  let rest = after
  const first = after[0]
  if (typeof first === 'string') {
    const bytes = encode(first)
    const at = Math.min(bytes.length, cut)
    whole.write(bytes.subarray(0, at))
    const keyframe = whole.keyframe()
    return finish(keyframe, [bytes.subarray(at), ...after.slice(1)])
  }
  rest = after
  return finish(whole.keyframe(), rest)

  function finish(keyframe: ReturnType<Screen['keyframe']>, rest: (Event | Uint8Array)[]): string[] {
    const later = new Screen({ cols: keyframe.cols, rows: keyframe.rows, scrollback, hooks: listen(1) })
    later.write(keyframe.vt)
    later.write(keyframe.pending)
    forget(whole.terminal)
    forget(later.terminal)
    heard[0].length = heard[1].length = 0
    const found = differences(whole.terminal, later.terminal).map(line => `at once: ${line}`)
    if (found.length === 0) {
      for (const event of rest) {
        for (const screen of [whole, later])
          if (event instanceof Uint8Array) screen.write(event)
          else play(screen, event)
      }
      found.push(...differences(whole.terminal, later.terminal).map(line => `at the end: ${line}`))
      if (heard[0].join() !== heard[1].join()) found.push(`answers\n  wanted ${heard[0]}\n  got    ${heard[1]}`)
    }
    if (found.length > 0)
      found.push(
        JSON.stringify(new TextDecoder().decode(keyframe.vt)) +
          ' + ' +
          JSON.stringify(new TextDecoder().decode(keyframe.pending)),
      )
    whole.dispose()
    later.dispose()
    return found
  }
}
