// The keyframe that needs no screen: a fresh terminal.
import { LOG_START } from '../../../protocol/position.ts'
import { zstd } from './compression.ts'
import type { Size, StoredKeyframe } from './types.ts'

/** A fresh terminal: where every session begins. Its blob is not shared: blobs are transferred between threads. */
export function birthKeyframe({ cols, rows }: Size): StoredKeyframe {
  return { position: LOG_START, cols, rows, size: 0, checksum: 0, blob: zstd(new Uint8Array()) }
}
