// Keyframes that need no screen. Knows nothing of who stores or sends them.
import zlib from 'node:zlib'
import { BIRTH } from '../../../protocol/position.ts'
import type { Size, StoredKeyframe } from './types.ts'

const NOTHING = zlib.zstdCompressSync(new Uint8Array(0))

/** A fresh terminal: where every session begins. */
export function birthKeyframe({ cols, rows }: Size): StoredKeyframe {
  return { position: BIRTH, cols, rows, size: 0, checksum: 0, blob: NOTHING }
}
