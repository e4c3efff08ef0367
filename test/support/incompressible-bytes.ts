// Pseudorandom bytes that do not compress, like those of a photo or an archive.
import { createCipheriv } from 'node:crypto'

const AES_BYTES = 16

/** The same bytes in every run for the same `seed`: a key stream, because a loop over tens of megabytes takes seconds. */
export function incompressibleBytes(bytes: number, seed = 1): Uint8Array {
  const key = Buffer.alloc(AES_BYTES)
  key.writeDoubleLE(seed)
  return new Uint8Array(createCipheriv('aes-128-ctr', key, Buffer.alloc(AES_BYTES)).update(Buffer.alloc(bytes)))
}
