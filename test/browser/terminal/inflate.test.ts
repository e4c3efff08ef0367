// The page's zstd decoder with valid and hostile frames.
import zlib from 'node:zlib'
import { expect, test } from '@playwright/test'
import { inflate } from '../../../ui/kit/inflate.ts'
import { incompressibleBytes } from '../../support/incompressible-bytes.ts'

const text = Buffer.from('the same words over and over, '.repeat(4000))
const noise = incompressibleBytes(60_000)
const deflate = (bytes: Uint8Array) => new Uint8Array(zlib.zstdCompressSync(bytes))

test('inflates frames of every kind to exactly their bytes', () => {
  for (const raw of [text, noise, text.subarray(0, 1), Buffer.alloc(200_000), Buffer.concat([text, noise, text])])
    expect(Buffer.compare(inflate(deflate(raw), raw.length), raw)).toBe(0)
})

test('case 36: rejects a frame whose content is longer, shorter or other than declared', () => {
  const frame = deflate(text)
  const wrong: [string, Uint8Array, number][] = [
    ['more', frame, text.length - 1],
    ['less', frame, text.length + 1],
    ['cut off', frame.subarray(0, -1), text.length],
    ['followed by something', Buffer.concat([frame, new Uint8Array(1)]), text.length],
    ['two frames', Buffer.concat([frame, frame]), text.length * 2],
    ['no zstd', noise, text.length],
    ['nothing', new Uint8Array(0), 0],
    ['larger than any frame', frame, 2 ** 30],
  ]
  for (const [what, bytes, size] of wrong) expect(() => inflate(bytes, size), what).toThrow(/compressed output/)
})

test('case 36: stops inflating a bomb at its declared size', () => {
  const bomb = deflate(Buffer.alloc(15 * 1024 * 1024))
  expect(bomb.length).toBeLessThan(4096)
  expect(() => inflate(bomb, 1024)).toThrow(/compressed output/)
  // The same without a content size, so that only the output shows it: a window of 1 KiB, then runs of 128 KiB.
  const run = [0b011 | ((0x1ffff << 3) & 0xff), (0x1ffff >> 5) & 0xff, 0x1ffff >> 13, 0x61]
  const runs = Array.from({ length: 100 }, () => [run[0]! & ~1, ...run.slice(1)]).flat()
  const endless = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 0x38, ...runs, ...run])
  expect(() => inflate(endless, 64 * 1024)).toThrow(/compressed output/)
  // A header alone that declares a window of two gigabytes.
  const wide = new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8, 1, 0, 0])
  expect(() => inflate(wide, 10)).toThrow(/window/)
})
