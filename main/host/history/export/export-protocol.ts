// What the host's main loop and the thread of one export say to each other. Types only.
import type { ExportJob } from './formats.ts'

export interface ExportWorkerData {
  file: string
  job: ExportJob
}

/** One more part may be sent. */
export type ToExport = { do: 'more' }

export type FromExport =
  | { say: 'part'; bytes: Uint8Array }
  /** In bytes of the log; also a sign of life. */
  | { say: 'progress'; done: number; total: number }
  | { say: 'done'; bytes: number; redacted: number }
  | { say: 'failed'; code: string; message: string }
