// Exports a recording and saves it as a file.
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
  { format: 'txt', name: 'Plain text', description: 'the text of the session', extension: 'txt', type: 'text/plain' },
  { format: 'html', name: 'HTML', description: 'text with colors', extension: 'html', type: 'text/html' },
  {
    format: 'raw',
    name: 'Raw',
    description: 'every byte of output',
    extension: 'raw',
    type: 'application/octet-stream',
  },
]

/** Formats with the raw output, in which secrets may be split by escape sequences and missed. */
export const RAW_FORMATS = new Set<ExportFormat>(['cast', 'cast3', 'raw'])

export interface ExportFileOptions extends ExportOptions {
  /** Printable; becomes the file name. */
  title: string
  created_at: number | undefined
}

/** Returns a message for the user. Rejects as `history.export` does. */
export async function exportFile(
  client: HostClient,
  session_id: string,
  exportOptions: ExportFileOptions,
): Promise<string> {
  const { title, created_at, ...options } = exportOptions
  const { extension, type } = EXPORT_FORMATS.find(one => one.format === options.format)!
  const chunks = new FileChunks()
  const { bytes, redacted } = await client.history.export(session_id, options, chunk => chunks.add(chunk))
  saveFile(chunks.toBlob(type), fileName(title, created_at, extension))
  const matches = redacted === 1 ? '1 match' : `${redacted} matches`
  return `${formatBytes(bytes)} exported${redacted > 0 ? `, ${matches} redacted` : ''}`
}
