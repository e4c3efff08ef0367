// The menu of the reading screen: font size, wrapping, copy and share.
import { copy } from '../../ui/kit/copy.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import type { ReadingStyle } from '../page/display-preferences.ts'
import { FontSizeRow } from '../page/font-size-row.tsx'
import { share } from '../terminal/selection-bar.tsx'

export interface ReadingMenuProps {
  readingStyle: ReadingStyle
  setReadingStyle: (change: Partial<ReadingStyle>) => void
  setSize: (size: number) => void
  /** All loaded text. */
  text: () => string
  close: () => void
}

export function ReadingMenu({ readingStyle, setReadingStyle, setSize, text, close }: ReadingMenuProps) {
  const then = (act: () => unknown) => () => {
    close()
    act()
  }
  return (
    <Dialog title="Text" onClose={close}>
      <div class="menu">
        <FontSizeRow size={readingStyle.size} set={size => setSize(size ?? 14)} chosen={readingStyle.size !== 14} />
        <button
          type="button"
          aria-pressed={readingStyle.wrap}
          onClick={then(() => setReadingStyle({ wrap: !readingStyle.wrap }))}
        >
          <Icon name="wrap" /> {readingStyle.wrap ? 'Stop wrapping lines' : 'Wrap lines'}
        </button>
        <button type="button" onClick={then(() => copy(text(), 'Copied the loaded text'))}>
          <Icon name="copy" /> Copy loaded text
        </button>
        {'share' in navigator && (
          <button type="button" onClick={then(() => share(text()))}>
            <Icon name="share" /> Share loaded text
          </button>
        )}
      </div>
    </Dialog>
  )
}
