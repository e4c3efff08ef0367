// The size of a build log on disk, without and with its text.
import { MB } from './support/files.ts'
import { filledHost, LARGEST_MB } from './support/filled-host.ts'
import { mb, printTable, ratio, seconds } from './support/table.ts'

export async function disk(): Promise<void> {
  const { before, after, textSeconds } = await filledHost()
  const raw = LARGEST_MB * MB
  const { file_bytes, segment_bytes, keyframe_bytes, text_bytes } = after
  const rest = file_bytes - segment_bytes - keyframe_bytes - text_bytes
  printTable(`the database after ${LARGEST_MB} MB of build log`, [
    ['file before its text is rendered', mb(before.file_bytes), ratio(before.file_bytes, raw), 'of raw'],
    [
      '  without the text that is already rendered',
      mb(before.file_bytes - before.text_bytes),
      ratio(before.file_bytes - before.text_bytes, raw),
    ],
    ['file, with all text', mb(file_bytes), ratio(file_bytes, raw)],
    ['of which segments', mb(segment_bytes), ratio(segment_bytes, raw)],
    ['keyframes', mb(keyframe_bytes), ratio(keyframe_bytes, raw)],
    ['text', mb(text_bytes), ratio(text_bytes, raw), `rendered and indexed in ${seconds(textSeconds)}`],
    ['index and overhead', mb(rest), ratio(rest, raw), 'index target 0.40 x'],
  ])
}
