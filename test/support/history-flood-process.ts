// A process that floods a history with numbered lines and reports commits to its parent, until it is killed.
import { History } from '../../main/host/history/write/history.ts'
import { DEFAULT_LIMITS } from '../../main/host/history/write/worker-protocol.ts'
import { keyframeOf, sessionInfo } from './history.ts'

/** Like a host: at most this much is uncommitted. */
const MAX_BEHIND = 4 * 1024 * 1024

/** Less than a segment of the product, so that a short run seals several. */
const SEGMENT_BYTES = 512 * 1024

const slow = process.argv[3] === 'slow'

const history = await History.open(process.argv[2]!, DEFAULT_LIMITS, {
  trouble: (code, message) => {
    throw new Error(`${code}: ${message}`)
  },
  recovered: () => {},
  committed: () => process.send!({ session_id: info.session_id, committed: offset - history.behind }),
})
const info = sessionInfo()
const began = performance.now()
let offset = 0
let line = 0
let sealed = 0
history.insertSession(info, null)
for (;;) {
  let text = ''
  do text += `${line++} the quick brown fox jumps over the lazy dog\r\n`
  while (!slow && text.length < 32_768)
  const bytes = Buffer.from(text)
  history.append(info.session_id, { kind: 'output', offset, bytes, at: performance.now() - began })
  offset += bytes.length
  if (offset - sealed >= SEGMENT_BYTES) {
    const position = { offset, n: 0 }
    history.seal(info.session_id, position)
    history.keyframe(info.session_id, keyframeOf('', position))
    sealed = offset
  }
  while (history.behind > MAX_BEHIND) await new Promise(resolve => setImmediate(resolve))
  if (slow) process.send!({ session_id: info.session_id, appended: offset })
  // Leaves some disk bandwidth to other tests.
  await new Promise(resolve => setTimeout(resolve, slow ? 10 : 1))
}
