// Lists the keyboard shortcuts of a recording (recording-shortcuts.ts).
import { Dialog } from '../../ui/kit/dialog.tsx'

const KEYS: [string, string][] = [
  ['Space', 'Play or pause'],
  [',  .', 'Previous or next pause in the output'],
  ['←  →', 'Back or forward 5 seconds; 1 minute with Shift'],
  ['PageUp  PageDown', 'Back or forward a tenth; scroll with Shift'],
  ['Home  End', 'Go to the beginning or end'],
  ['g', 'Go to a time'],
  ['<  >', 'Slower or faster'],
  ['i', 'Turn skipping idle time on or off'],
  ['m', 'Mark this moment'],
  ['c', 'Copy the selection or the screen'],
  ['[  ]', 'Begin or end the range to export here'],
  ['e', 'Export'],
  ['Esc', 'Back to history'],
]

export function ShortcutsDialog({ close }: { close: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" class="player-keys" onClose={close}>
      <dl>
        {KEYS.map(([key, action]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{action}</dd>
          </div>
        ))}
      </dl>
      <div class="actions">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  )
}
