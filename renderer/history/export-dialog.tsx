// Exports a recording to a file: format, range, redaction, progress.
import './export-dialog.css'
import { useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { MAX_PATTERNS, PATTERN_CHARACTERS } from '../../protocol/limits.ts'
import type { ExportFormat } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { EXPORT_FORMATS, RAW_FORMATS } from '../../ui/player/export-file.ts'
import { parseTimeCode, timeCode } from '../../ui/player/time-code.ts'
import type { TimeRange } from '../../ui/player/timeline.tsx'
import { useExport } from '../../ui/player/use-export.ts'

export interface ExportDialogProps {
  client: LocalClient
  session_id: string
  /** Printable. */
  title: string
  created_at: number | undefined
  range: TimeRange
  /** Length of the recording in milliseconds. */
  end: number
  close: () => void
}

export function ExportDialog({ client, session_id, title, created_at, range, end, close }: ExportDialogProps) {
  const [format, setFormat] = useState<ExportFormat>('cast')
  const [from, setFrom] = useState(range.from === undefined ? '' : timeCode(range.from, true))
  const [to, setTo] = useState(range.to === undefined ? '' : timeCode(range.to, true))
  const [patterns, setPatterns] = useState('')
  const [secrets, setSecrets] = useState(false)
  const { progress, error, setError, start, stop } = useExport(client, session_id, close)

  const submit = () => {
    const begin = from.trim() === '' ? undefined : parseTimeCode(from)
    const end = to.trim() === '' ? undefined : parseTimeCode(to)
    const lines = patterns.split('\n').filter(line => line !== '')
    const invalid = findError({ from, to, begin, end, lines })
    setError(invalid)
    if (invalid) return
    void start({
      format,
      title,
      created_at,
      ...(begin === undefined ? {} : { from: begin }),
      ...(end === undefined ? {} : { to: end }),
      ...(lines.length > 0 || secrets ? { redact: { patterns: lines, secrets } } : {}),
    })
  }
  const busy = progress !== undefined
  const redacts = secrets || patterns.trim() !== ''
  return (
    <Dialog
      title="Export"
      class="export-dialog"
      // Leaving during an export stops it; the dialog stays open to show that.
      mayClose={() => !busy}
      onClose={close}
    >
      <form
        onSubmit={event => {
          event.preventDefault()
          if (!busy) submit()
        }}
      >
        <fieldset class="formats" disabled={busy}>
          <legend>Format</legend>
          {EXPORT_FORMATS.map(one => (
            <label key={one.format}>
              <input
                type="radio"
                name="format"
                value={one.format}
                checked={format === one.format}
                onChange={() => setFormat(one.format)}
              />
              <span>{one.name}</span>
              <span class="means">{one.description}</span>
            </label>
          ))}
        </fieldset>
        <fieldset class="part" disabled={busy}>
          <legend>Range</legend>
          <label>
            From
            <input
              value={from}
              placeholder="0:00"
              autocomplete="off"
              onInput={event => setFrom(event.currentTarget.value)}
            />
          </label>
          <label>
            To
            <input
              value={to}
              placeholder={timeCode(end)}
              autocomplete="off"
              onInput={event => setTo(event.currentTarget.value)}
            />
          </label>
        </fieldset>
        <fieldset class="redact" disabled={busy}>
          <legend>Redaction</legend>
          <label class="check">
            <input type="checkbox" checked={secrets} onChange={event => setSecrets(event.currentTarget.checked)} />
            Redact passwords, keys and tokens
          </label>
          <label>
            Redact matches of these regular expressions, one per line
            <textarea
              rows={2}
              value={patterns}
              spellcheck={false}
              autocomplete="off"
              onInput={event => setPatterns(event.currentTarget.value)}
            />
          </label>
        </fieldset>
        {redacts && RAW_FORMATS.has(format) && (
          <p class="careful">
            In this format, text that a program drew in several steps may not be redacted. Check before you share it.
          </p>
        )}
        <p class="wrong" role="alert">
          {error}
        </p>
        {busy && <progress aria-label="Exporting" value={progress} max={1} />}
        <div class="actions">
          {busy ? (
            <button type="button" ref={focusOnce} onClick={stop}>
              Stop
            </button>
          ) : (
            <button type="button" onClick={close}>
              Cancel
            </button>
          )}
          <button type="submit" class="primary" disabled={busy}>
            {busy ? `Exporting, ${Math.round(100 * progress)}%` : 'Export'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Replaces the button that was pressed, so that the keyboard can stop the export. */
function focusOnce(button: HTMLButtonElement | null): void {
  button?.focus()
}

interface FormInput {
  from: string
  to: string
  begin: number | undefined
  end: number | undefined
  lines: string[]
}

/** What is invalid, as a sentence; empty if nothing is. The host checks the patterns itself. */
function findError({ from, to, begin, end, lines }: FormInput): string {
  if (from.trim() !== '' && begin === undefined) return '“From” is not a valid time. Use a form like 1:30.'
  if (to.trim() !== '' && end === undefined) return '“To” is not a valid time. Use a form like 1:30.'
  if (begin !== undefined && end !== undefined && begin >= end) return 'The range ends before it begins.'
  if (lines.length > MAX_PATTERNS) return `Use at most ${MAX_PATTERNS} patterns.`
  const long = lines.findIndex(line => line.length > PATTERN_CHARACTERS)
  return long < 0 ? '' : `Pattern ${long + 1} is too long.`
}
