// How the small files that hold secrets are read and written: plainly, or encrypted (at-rest/).
import { CodedError } from '../../../protocol/errors.ts'
import { writeAtomically } from './atomic-file.ts'
import { readPlainFile } from './plain-file.ts'

/** What is at this path is no file: only a person can tell what it should be. Any other error may pass, and the file be intact. */
const NO_FILE = ['ENOENT', 'EISDIR', 'ELOOP', 'ENOTDIR', 'EINVAL']

/**
 * The text of a file of the data folder. Throws `data_dir_unusable` if the system cannot read it at the moment: it must be taken
 * neither for missing nor for damaged, and not be replaced. Errors in NO_FILE are thrown as they are.
 */
export function readDataFile(file: string): string {
  try {
    return readPlainFile(file)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code !== undefined && NO_FILE.includes(code)) throw cause
    throw new CodedError('data_dir_unusable', `${file} cannot be read: ${message}`, { cause })
  }
}

export interface SecretFiles {
  /** Throws like `readDataFile`, and an error if the file cannot be decrypted. */
  read(file: string): string
  /** All or nothing. Throws `data_dir_unusable`. */
  write(file: string, text: string): void
}

export const PLAIN_FILES: SecretFiles = {
  read: readDataFile,
  write: writeAtomically,
}
