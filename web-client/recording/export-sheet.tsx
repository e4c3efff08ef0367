// Takes a recording along as a file: as what, with or without what looks like a secret. Knows no player; the window has
// more to choose from.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { toCoded } from '../../protocol/errors.ts'
import type { ExportFormat } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { EXPORT_FORMATS, exportFile, RAW_FORMATS } from '../../ui/player/export-file.ts'

export interface ExportSheetProps {
  client: HostClient
  session_id: string
  /** Fit to be shown. */
  title: string
  created_at: number | undefined
  close: () => void
}

export function ExportSheet({ client, session_id, title, created_at, close }: ExportSheetProps) {
  // What a phone can open.
  const format = useSignal<ExportFormat>('txt')
  const secrets = useSignal(true)
  const done = useSignal<number | undefined>(undefined)
  const wrong = useSignal('')
  const controller = useRef<AbortController>(undefined)
  useEffect(() => () => controller.current?.abort(), [])
  const busy = done.value !== undefined

  const start = async () => {
    const { signal } = (controller.current = new AbortController())
    done.value = 0
    wrong.value = ''
    try {
      const said = await exportFile(client, session_id, {
        format: format.value,
        title,
        created_at,
        signal,
        ...(secrets.value ? { redact: { secrets: true } } : {}),
        progress: (bytes, total) => {
          done.value = total > 0 ? bytes / total : 0
        },
      })
      toast(said)
      close()
    } catch (error) {
      done.value = undefined
      if (signal.aborted) return
      const { message } = toCoded(error)
      wrong.value = `${message.charAt(0).toUpperCase()}${message.slice(1)}.`
    }
  }
  return (
    <Dialog title="Export" class="export-sheet" noAutofocus mayClose={() => !busy} onClose={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          if (!busy) void start()
        }}
      >
        <label>
          <span>As</span>
          <select
            class="format"
            value={format.value}
            disabled={busy}
            onChange={event => {
              format.value = event.currentTarget.value as ExportFormat
            }}
          >
            {EXPORT_FORMATS.map(one => (
              <option key={one.format} value={one.format}>
                {one.name} - {one.description}
              </option>
            ))}
          </select>
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={secrets.value}
            disabled={busy}
            onChange={event => {
              secrets.value = event.currentTarget.checked
            }}
          />
          Black out what looks like a password, a key or a token
        </label>
        {secrets.value && RAW_FORMATS.has(format.value) && (
          <p>What a program drew piece by piece may be missed in this format: look before you share it.</p>
        )}
        <p class="wrong" role="alert">
          {wrong.value}
        </p>
        {busy && <progress aria-label="Exporting" value={done.value} max={1} />}
        <div class="actions">
          <button type="button" onClick={() => (busy ? controller.current?.abort() : close())}>
            {busy ? 'Stop' : 'Cancel'}
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {busy ? `Exporting, ${Math.round(100 * (done.value ?? 0))} %` : 'Export'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
