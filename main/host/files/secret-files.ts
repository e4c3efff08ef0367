// How the small files that hold secrets are read and written: plainly, or encrypted (at-rest/).
import { readFileSync } from 'node:fs'
import { writeAtomically } from './atomic-file.ts'

export interface SecretFiles {
  /** Throws errors of the file system, and an error if the file cannot be decrypted. */
  read(file: string): string
  /** All or nothing. Throws `data_dir_unusable`. */
  write(file: string, text: string): void
}

export const PLAIN_FILES: SecretFiles = {
  read: file => readFileSync(file, 'utf8'),
  write: writeAtomically,
}
