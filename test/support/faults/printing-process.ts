// A program in a terminal that prints numbered lines with the time, in a pattern, and repeats them in a file: what a
// recording is compared with. A line is `number milliseconds`, by the monotonic clock; padding follows.
import { openSync, writeSync } from 'node:fs'

export type Pattern = 'steady' | 'rare' | 'bursts' | 'flood'

const [, , pattern, truthFile] = process.argv as unknown as [string, string, Pattern, string]
const truth = openSync(truthFile, 'a')
let number = 0

function print(count: number, padding = ''): void {
  let lines = ''
  for (let i = 0; i < count; i++)
    lines += `${number++} ${Math.floor(Number(process.hrtime.bigint()) / 1e6)} ${padding}\n`
  writeSync(truth, lines)
  // Blocks while the terminal takes nothing.
  for (let rest = Buffer.from(lines); rest.length > 0; )
    try {
      rest = rest.subarray(writeSync(1, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
}

switch (pattern) {
  case 'steady':
    setInterval(() => print(1), 80)
    break
  case 'rare':
    setInterval(() => print(1), 1_300)
    break
  case 'bursts':
    setInterval(() => print(3_000, 'x'.repeat(80)), 900)
    break
  case 'flood':
    setInterval(() => print(400, 'x'.repeat(80)), 10)
}
