// CRC-32 as zlib, gzip and PNG use it (ISO 3309, polynomial 0xEDB88320).

const TABLES: Uint32Array[] = makeTables()

/** Four tables, to process four bytes at a time: browsers have no built-in CRC, and a segment is a megabyte. */
function makeTables(): Uint32Array[] {
  const tables = Array.from({ length: 4 }, () => new Uint32Array(256))
  for (let i = 0; i < 256; i++) {
    let value = i
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1
    tables[0]![i] = value
  }
  for (let i = 0; i < 256; i++)
    for (let k = 1; k < 4; k++) {
      const before = tables[k - 1]![i]!
      tables[k]![i] = (before >>> 8) ^ tables[0]![before & 0xff]!
    }
  return tables
}

/** The checksum as an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3] = TABLES as [Uint32Array, Uint32Array, Uint32Array, Uint32Array]
  let crc = 0xffff_ffff
  let at = 0
  for (const whole = bytes.length & ~3; at < whole; at += 4) {
    crc ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    crc = t3[crc & 0xff]! ^ t2[(crc >>> 8) & 0xff]! ^ t1[(crc >>> 16) & 0xff]! ^ t0[crc >>> 24]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[at]!) & 0xff]!
  return (crc ^ 0xffff_ffff) >>> 0
}
