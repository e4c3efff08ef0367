// Exports a recording and hands it over as a file. Knows nothing of who asks, or of how far it is shown to be.
import type { HostClient } from '../../protocol/client/client.ts'
import type { ExportOptions } from '../../protocol/client/history-client.ts'
import type { ExportFormat } from '../../protocol/messages.ts'
import { fileName, Parts, saveFile } from '../kit/save-file.ts'
import { amount } from '../sessions/session-text.ts'

interface Format {
  format: ExportFormat
  name: string
  means: string
  extension: string
  type: string
}

export const FORMATS: Format[] = [
  {
    format: 'cast',
    name: 'asciicast v2',
    means: 'plays in asciinema',
    extension: 'cast',
    type: 'application/x-asciicast',
  },
  {
    format: 'cast3',
    name: 'asciicast v3',
    means: 'asciinema 3 and later',
    extension: 'cast',
    type: 'application/x-asciicast',
  },
  { format: 'txt', name: 'Plain text', means: 'what could be read', extension: 'txt', type: 'text/plain' },
  { format: 'html', name: 'HTML', means: 'text with its colours', extension: 'html', type: 'text/html' },
  { format: 'raw', name: 'Raw', means: 'every byte as it came', extension: 'raw', type: 'application/octet-stream' },
]

/** Formats that keep what was drawn as it came, not as lines. */
export const DRAWN = new Set<ExportFormat>(['cast', 'cast3', 'raw'])

export interface ExportWish extends ExportOptions {
  /** Fit to be shown. */
  title: string
  created_at: number | undefined
}

/** Returns what came of it, in words. Rejects as `history.export` does. */
export async function exportFile(client: HostClient, session_id: string, wish: ExportWish): Promise<string> {
  const { title, created_at, ...options } = wish
  const { extension, type } = FORMATS.find(one => one.format === options.format)!
  const parts = new Parts()
  const { bytes, redacted } = await client.history.export(session_id, options, part => parts.add(part))
  saveFile(parts.whole(type), fileName(title, created_at, extension))
  const places = redacted === 1 ? '1 place' : `${redacted} places`
  return `${amount(bytes)} exported${redacted > 0 ? `, ${places} blacked out` : ''}`
}
