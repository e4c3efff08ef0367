// The keyboard shortcuts of a recording. ShortcutsDialog lists them.
import { type Player, type PlayerState, SPEEDS } from '../../ui/player/player.ts'

/** What Left and Right jump, and with Shift. */
const JUMP_MS = 5_000
const LONG_JUMP_MS = 60_000

export interface RecordingActions {
  player: Player
  state: PlayerState
  scrollPages: (pages: number) => void
  copy: () => void
  mark: () => void
  openExport: () => void
  openHelp: () => void
  focusTime: () => void
  /** Sets an end of the range to export. */
  setRange: (end: 'from' | 'to', at: number) => void
  back: () => void
}

/** Runs the shortcut and prevents the default action, unless the key belongs to the focused control. */
export function onRecordingKey(event: KeyboardEvent, actions: RecordingActions): void {
  const target = event.target as HTMLElement
  if (event.defaultPrevented || isField(target)) return
  // As in a terminal.
  if (event.ctrlKey && event.shiftKey && event.key.toLowerCase() === 'c') {
    event.preventDefault()
    return actions.copy()
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return
  // These press the focused button.
  if (target instanceof HTMLButtonElement && (event.key === ' ' || event.key === 'Enter')) return
  if (runShortcut(event, actions)) event.preventDefault()
}

/** False if the key is not a shortcut. */
function runShortcut({ key, shiftKey }: KeyboardEvent, actions: RecordingActions): boolean {
  const { player, state } = actions
  const { at } = state
  const seekBy = (milliseconds: number) => player.seek({ at: at + milliseconds })
  const tenth = (state.to - state.from) / 10
  const speed = SPEEDS.indexOf(state.speed)
  switch (key) {
    case ' ':
      if (state.playing) player.pause()
      else player.play()
      return true
    case '.':
      player.step(1)
      return true
    case ',':
      player.step(-1)
      return true
    case 'ArrowLeft':
      seekBy(shiftKey ? -LONG_JUMP_MS : -JUMP_MS)
      return true
    case 'ArrowRight':
      seekBy(shiftKey ? LONG_JUMP_MS : JUMP_MS)
      return true
    case 'PageUp':
      if (shiftKey) actions.scrollPages(-1)
      else seekBy(-tenth)
      return true
    case 'PageDown':
      if (shiftKey) actions.scrollPages(1)
      else seekBy(tenth)
      return true
    case 'Home':
      player.seek({ at: state.from })
      return true
    case 'End':
      player.seek({ at: state.to })
      return true
    case '<':
      player.speed = SPEEDS[Math.max(0, speed - 1)]!
      return true
    case '>':
      player.speed = SPEEDS[Math.min(SPEEDS.length - 1, speed + 1)]!
      return true
    case 'i':
      player.skipIdle = !state.skipIdle
      return true
    case 'g':
      actions.focusTime()
      return true
    case 'c':
      actions.copy()
      return true
    case 'm':
      player.pause()
      actions.mark()
      return true
    case 'e':
      actions.openExport()
      return true
    case '[':
      actions.setRange('from', at)
      return true
    case ']':
      actions.setRange('to', at)
      return true
    case '?':
      actions.openHelp()
      return true
    case 'Escape':
      actions.back()
      return true
    default:
      return false
  }
}

/** Keys typed into a field are not shortcuts. The terminal's own field does not count, because no one types into it. */
function isField(target: HTMLElement): boolean {
  if (target.classList.contains('xterm-helper-textarea')) return false
  return (
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  )
}
