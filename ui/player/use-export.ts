// An export under way: its progress, its failure, and how to stop it.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { toCoded } from '../../protocol/errors.ts'
import { sentence } from '../kit/sentence.ts'
import { toast } from '../kit/toast.tsx'
import { type ExportFileOptions, exportFile } from './export-file.ts'

export interface ExportState {
  /** From 0 to 1; undefined while nothing is exported. */
  progress: number | undefined
  /** A sentence, or empty. */
  error: string
  setError: (error: string) => void
  /** Saves the file, shows a toast, and calls `done`. */
  start: (options: Omit<ExportFileOptions, 'signal' | 'progress'>) => Promise<void>
  stop: () => void
}

/** Leaving the page stops the export. */
export function useExport(client: HostClient, session_id: string, done: () => void): ExportState {
  const [progress, setProgress] = useState<number>()
  const [error, setError] = useState('')
  const controller = useRef<AbortController>(undefined)
  useEffect(() => () => controller.current?.abort(), [])

  const start = async (options: Omit<ExportFileOptions, 'signal' | 'progress'>) => {
    const { signal } = (controller.current = new AbortController())
    setProgress(0)
    setError('')
    try {
      const message = await exportFile(client, session_id, {
        ...options,
        signal,
        progress: (bytes, total) => setProgress(total > 0 ? bytes / total : 0),
      })
      toast(message)
      done()
    } catch (error) {
      setProgress(undefined)
      if (signal.aborted) return
      setError(sentence(toCoded(error).message))
    } finally {
      controller.current = undefined
    }
  }
  return { progress, error, setError, start, stop: () => controller.current?.abort() }
}
