// Rendered text from the store. What is damaged counts as not rendered: it is made of the log, and rendered again.
import { unzstd } from '../../recording/compression.ts'
import type { Store } from '../../store/store.ts'
import { TextBlocks } from './text-blocks.ts'

/** The text of a log row, if it was rendered and is intact. */
export function storedText(store: Store, row_id: number): TextBlocks | undefined {
  const stored = store.logRows.text(row_id)
  if (!stored) return undefined
  try {
    const text = new TextBlocks(unzstd(stored.blob, stored.size))
    // Texts of earlier versions have no checksum; at least they have to be whole.
    if (!stored.isChecked) text.range(0, text.lineCount)
    return text
  } catch {
    store.logRows.textDamaged(row_id)
    return undefined
  }
}
