// How a recording is written to a file: as what, which part, without which words; then how far it is. Knows no player.
import './export-dialog.css'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { toCoded } from '../../protocol/errors.ts'
import { MAX_PATTERNS, PATTERN_CHARACTERS } from '../../protocol/limits.ts'
import type { ExportFormat } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { EXPORT_FORMATS, exportFile, RAW_FORMATS } from '../../ui/player/export-file.ts'
import { parseTimeCode, timeCode } from '../../ui/player/time-code.ts'
import type { TimeRange } from '../../ui/player/timeline.tsx'

export interface ExportDialogProps {
  client: HostClient
  session_id: string
  /** Fit to be shown. */
  title: string
  created_at: number | undefined
  range: TimeRange
  /** The recording's end. */
  most: number
  close: () => void
}

export function ExportDialog({ client, session_id, title, created_at, range, most, close }: ExportDialogProps) {
  const [format, setFormat] = useState<ExportFormat>('cast')
  const [from, setFrom] = useState(range.from === undefined ? '' : timeCode(range.from, true))
  const [to, setTo] = useState(range.to === undefined ? '' : timeCode(range.to, true))
  const [patterns, setPatterns] = useState('')
  const [secrets, setSecrets] = useState(false)
  const [progress, setProgress] = useState<number>()
  const [wrong, setWrong] = useState('')
  const controller = useRef<AbortController>(undefined)
  useEffect(() => () => controller.current?.abort(), [])

  const start = async () => {
    const begin = from.trim() === '' ? undefined : parseTimeCode(from)
    const end = to.trim() === '' ? undefined : parseTimeCode(to)
    const lines = patterns.split('\n').filter(line => line !== '')
    const fault = faultOf({ from, to, begin, end, lines })
    setWrong(fault)
    if (fault) return
    const { signal } = (controller.current = new AbortController())
    setProgress(0)
    try {
      const said = await exportFile(client, session_id, {
        format,
        title,
        created_at,
        signal,
        ...(begin === undefined ? {} : { from: begin }),
        ...(end === undefined ? {} : { to: end }),
        ...(lines.length > 0 || secrets ? { redact: { patterns: lines, secrets } } : {}),
        progress: (done, total) => setProgress(total > 0 ? done / total : 0),
      })
      controller.current = undefined
      toast(said)
      close()
    } catch (error) {
      controller.current = undefined
      setProgress(undefined)
      if (signal.aborted) return
      const { message } = toCoded(error)
      setWrong(`${message.charAt(0).toUpperCase()}${message.slice(1)}.`)
    }
  }
  const busy = progress !== undefined
  const redacts = secrets || patterns.trim() !== ''
  return (
    <Dialog
      title="Export"
      class="export-dialog"
      // Whoever leaves while it is being written means to stop it, and stays to see that.
      mayClose={() => !busy}
      onClose={close}
    >
      <form
        onSubmit={event => {
          event.preventDefault()
          if (!busy) void start()
        }}
      >
        <fieldset class="formats" disabled={busy}>
          <legend>As</legend>
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
          <legend>Which part</legend>
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
            to
            <input
              value={to}
              placeholder={timeCode(most)}
              autocomplete="off"
              onInput={event => setTo(event.currentTarget.value)}
            />
          </label>
        </fieldset>
        <fieldset class="redact" disabled={busy}>
          <legend>Black out</legend>
          <label class="check">
            <input type="checkbox" checked={secrets} onChange={event => setSecrets(event.currentTarget.checked)} />
            What looks like a password, a key or a token
          </label>
          <label>
            What matches these, one regular expression a line
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
            What a program drew piece by piece may be missed in this format: look before you share it.
          </p>
        )}
        <p class="wrong" role="alert">
          {wrong}
        </p>
        {busy && <progress aria-label="Exporting" value={progress} max={1} />}
        <div class="actions">
          {busy ? (
            <button type="button" ref={focusOnce} onClick={() => controller.current?.abort()}>
              Stop
            </button>
          ) : (
            <button type="button" onClick={close}>
              Cancel
            </button>
          )}
          <button type="submit" class="primary" disabled={busy}>
            {busy ? `Exporting, ${Math.round(100 * progress)} %` : 'Export'}
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** The button that was pressed is gone; who goes on by keyboard can stop it. */
function focusOnce(button: HTMLButtonElement | null): void {
  button?.focus()
}

interface Asked {
  from: string
  to: string
  begin: number | undefined
  end: number | undefined
  lines: string[]
}

/** What is wrong with what was typed, as a sentence. The host looks at the patterns itself. */
function faultOf({ from, to, begin, end, lines }: Asked): string {
  if (from.trim() !== '' && begin === undefined) return '“From” is no time: 1:30 is a minute and a half.'
  if (to.trim() !== '' && end === undefined) return '“to” is no time: 1:30 is a minute and a half.'
  if (begin !== undefined && end !== undefined && begin >= end) return 'The part ends before it begins.'
  if (lines.length > MAX_PATTERNS) return `At most ${MAX_PATTERNS} patterns can be looked for.`
  const long = lines.findIndex(line => line.length > PATTERN_CHARACTERS)
  return long < 0 ? '' : `Pattern ${long + 1} is too long.`
}
