// Which key does what while a recording is shown. Knows no player.
import { Dialog } from '../../ui/kit/dialog.tsx'

const KEYS: [string, string][] = [
  ['Space', 'Play or pause'],
  ['.  ,', 'To the next pause in the output, to the last one'],
  ['←  →', '5 seconds back or on; with Shift a minute'],
  ['PageUp  PageDown', 'A tenth of all back or on; with Shift scrolls the screen'],
  ['Home  End', 'Beginning, end'],
  ['g', 'Type a time'],
  ['<  >', 'Slower, faster'],
  ['i', 'Skip idle time, or do not'],
  ['m', 'Mark this moment'],
  ['c', 'Copy the selection, or the screen'],
  ['[  ]', 'The range to export begins or ends here'],
  ['e', 'Export'],
  ['Esc', 'Back to the history'],
]

export function PlayerKeys({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" class="player-keys" onClose={close}>
      <dl>
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{does}</dd>
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
