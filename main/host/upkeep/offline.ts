// A data folder that no host uses, opened for upkeep.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'
import { AtRest } from '../at-rest/at-rest.ts'
import { SystemKeystore } from '../at-rest/keystore.ts'
import type { SecretFiles } from '../files/secret-files.ts'
import { parseSettings, readSettingsFile } from '../settings/settings.ts'
import { holdFolderAndFile } from '../store/file-lock.ts'
import type { DatabaseFile } from '../store/open-database.ts'
import { BACKUP_FILES } from './backup.ts'

export interface OfflineFolder {
  database: DatabaseFile
  files: SecretFiles
  /** Lets a host use it again. */
  release(): void
}

/**
 * Locks the folder, and fetches the key of what is encrypted in it. Throws `host_running`, `data_dir_unusable`,
 * `settings_invalid`, and errors of the keystore.
 */
export async function openOffline(folder: string): Promise<OfflineFolder> {
  const lockFile = join(folder, 'lock.db')
  if (!existsSync(join(folder, 'otg.db')))
    throw new CodedError('data_dir_unusable', `${folder} has no history; name the data folder with --data-dir`)
  let release: (() => void) | undefined
  try {
    release = holdFolderAndFile(folder, lockFile)
  } catch (cause) {
    throw new CodedError('data_dir_unusable', `${folder} cannot be used: ${(cause as Error).message}`, { cause })
  }
  if (!release) throw new CodedError('host_running', `a host runs on ${folder}; stop it first`)
  try {
    const settingsFile = join(folder, 'settings.json')
    const settings = parseSettings(readSettingsFile(settingsFile), settingsFile)
    const atRest = await AtRest.open({
      folder,
      database: join(folder, 'otg.db'),
      files: BACKUP_FILES.filter(name => name !== 'settings.json').map(name => join(folder, name)),
      mode: settings.keystore,
      keystore: new SystemKeystore(),
      log: { info: () => {}, error: () => {} },
    })
    return { database: (await atRest.prepareHistory()).file, files: atRest, release }
  } catch (error) {
    release()
    throw error
  }
}
