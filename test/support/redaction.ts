// Redacts output as exports do: everything is searched, then masked.
import { HiddenFinder } from '../../main/host/history/export/redact/find-hidden.ts'
import { HiddenBytes, Masker } from '../../main/host/history/export/redact/hidden-bytes.ts'
import { Redactor } from '../../main/host/history/export/redact/redactor.ts'
import type { Redaction } from '../../protocol/messages.ts'

export const SCREEN = { cols: 80, rows: 24 }

/** Redacts `bytes`, which arrive in chunks of these lengths and then whole, on a terminal of this size. */
export function redactBytes(
  bytes: Uint8Array,
  redaction: Redaction,
  cuts: readonly number[] = [],
  size = SCREEN,
): Uint8Array {
  const hidden = new HiddenBytes()
  const finder = new HiddenFinder(new Redactor(redaction), hidden)
  finder.begin(size)
  const chunks: { position: number; chunk: Uint8Array }[] = []
  let position = 0
  for (const cut of [...cuts, bytes.length]) {
    const chunk = bytes.subarray(position, position + cut)
    if (chunk.length > 0) chunks.push({ position, chunk })
    position += chunk.length
  }
  for (const { position, chunk } of chunks) finder.write(position, chunk)
  finder.end()
  const masker = new Masker(hidden)
  return Buffer.concat([...chunks.map(({ position, chunk }) => masker.mask(position, chunk)), masker.end()])
}

export function redactText(text: string, redaction: Redaction, cuts: readonly number[] = [], size = SCREEN): string {
  return Buffer.from(redactBytes(Buffer.from(text), redaction, cuts, size)).toString()
}
