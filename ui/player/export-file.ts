// Exports a recording and hands it over as a file. Knows nothing of who asks, or of how far it is shown to be.
import type { HostClient } from '../../protocol/client/client.ts'
import type { ExportOptions } from '../../protocol/client/history-client.ts'
import type { ExportFormat } from '../../protocol/messages.ts'
import { FileChunks, fileName, saveFile } from '../kit/save-file.ts'
import { formatBytes } from '../sessions/session-text.ts'

interface Format {
  format: ExportFormat
  name: string
  description: string
  extension: string
  type: string
}

export const EXPORT_FORMATS: Format[] = [
  {
    format: 'cast',
    name: 'asciicast v2',
    description: 'plays in asciinema',
    extension: 'cast',
    type: 'application/x-asciicast',
  },
  {
    format: 'cast3',
    name: 'asciicast v3',
    description: 'asciinema 3 and later',
    extension: 'cast',
    type: 'application/x-asciicast',
  },
  { format: 'txt', name: 'Plain text', description: 'what could be read', extension: 'txt', type: 'text/plain' },
  { format: 'html', name: 'HTML', description: 'text with its colours', extension: 'html', type: 'text/html' },
  {
    format: 'raw',
    name: 'Raw',
    description: 'every byte as it came',
    extension: 'raw',
    type: 'application/octet-stream',
  },
]

/** Formats that keep what was drawn as it came, not as lines. */
export const RAW_FORMATS = new Set<ExportFormat>(['cast', 'cast3', 'raw'])

export interface ExportFileOptions extends ExportOptions {
  /** Fit to be shown. */
  title: string
  created_at: number | undefined
}

/** Returns what came of it, in words. Rejects as `history.export` does. */
export async function exportFile(client: HostClient, session_id: string, wish: ExportFileOptions): Promise<string> {
  const { title, created_at, ...options } = wish
  const { extension, type } = EXPORT_FORMATS.find(one => one.format === options.format)!
  const parts = new FileChunks()
  const { bytes, redacted } = await client.history.export(session_id, options, part => parts.add(part))
  saveFile(parts.toBlob(type), fileName(title, created_at, extension))
  const places = redacted === 1 ? '1 place' : `${redacted} places`
  return `${formatBytes(bytes)} exported${redacted > 0 ? `, ${places} blacked out` : ''}`
}
