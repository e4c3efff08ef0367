// How a text is looked at, and taking it along. Knows nothing of how it is drawn.
import { copy } from '../../ui/kit/copy.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import type { ReadingLooks } from '../page/display-preferences.ts'
import { LettersRow } from '../page/font-size-row.tsx'
import { share } from '../terminal/selection-bar.tsx'

export interface ReadingMenuProps {
  looks: ReadingLooks
  setLooks: (change: Partial<ReadingLooks>) => void
  setSize: (size: number) => void
  /** All that is shown. */
  text: () => string
  close: () => void
}

export function ReadingMenu({ looks, setLooks, setSize, text, close }: ReadingMenuProps) {
  const then = (act: () => unknown) => () => {
    close()
    act()
  }
  return (
    <Dialog title="Text" onClose={close}>
      <div class="menu">
        <LettersRow size={looks.size} set={size => setSize(size ?? 14)} chosen={looks.size !== 14} />
        <button type="button" aria-pressed={looks.wraps} onClick={then(() => setLooks({ wraps: !looks.wraps }))}>
          <Icon name="wrap" /> {looks.wraps ? 'Do not wrap lines' : 'Wrap lines'}
        </button>
        <button type="button" onClick={then(() => copy(text(), 'Copied all that is loaded'))}>
          <Icon name="copy" /> Copy all shown
        </button>
        {'share' in navigator && (
          <button type="button" onClick={then(() => share(text()))}>
            <Icon name="share" /> Share all shown
          </button>
        )}
      </div>
    </Dialog>
  )
}
