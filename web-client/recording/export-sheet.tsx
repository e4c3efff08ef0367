// Exports a recording to a file. The desktop window has more options.
import { useSignal } from '@preact/signals'
import type { HostClient } from '../../protocol/client/client.ts'
import type { ExportFormat } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { EXPORT_FORMATS, RAW_FORMATS } from '../../ui/player/export-file.ts'
import { useExport } from '../../ui/player/use-export.ts'

export interface ExportSheetProps {
  client: HostClient
  session_id: string
  /** Printable. */
  title: string
  created_at: number | undefined
  close: () => void
}

export function ExportSheet({ client, session_id, title, created_at, close }: ExportSheetProps) {
  // A format that every phone opens.
  const format = useSignal<ExportFormat>('txt')
  const secrets = useSignal(true)
  const { progress, error, start, stop } = useExport(client, session_id, close)
  const busy = progress !== undefined
  const submit = () =>
    start({ format: format.value, title, created_at, ...(secrets.value ? { redact: { secrets: true } } : {}) })

  return (
    <Dialog title="Export" class="export-sheet" noAutofocus mayClose={() => !busy} onClose={close}>
      <form
        onSubmit={event => {
          event.preventDefault()
          if (!busy) void submit()
        }}
      >
        <label>
          <span>Format</span>
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
          Redact passwords, keys and tokens
        </label>
        {secrets.value && RAW_FORMATS.has(format.value) && (
          <p>
            This format can still contain secrets that a program printed in parts. Check the file before you share it.
          </p>
        )}
        <p class="error" role="alert">
          {error}
        </p>
        {busy && <progress aria-label="Exporting" value={progress} max={1} />}
        <div class="actions">
          <button type="button" onClick={() => (busy ? stop() : close())}>
            {busy ? 'Stop' : 'Cancel'}
          </button>
          <button type="submit" class="primary" disabled={busy}>
            {busy ? `Exporting, ${Math.round(100 * progress)}%` : 'Export'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}
