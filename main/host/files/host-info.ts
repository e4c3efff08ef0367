// Finds a running host: the folder it uses by default, and what it announces there. Imports nothing large: every command does this.
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { readPlainFile } from './plain-file.ts'

/** The file in the data folder that holds a `HostInfo` while a host runs. */
export const HOST_INFO_FILE = 'host.json'

/** What a running host tells its clients, in `host.json`. No secrets: it may end up in backups. */
export interface HostInfo {
  pid: number
  /** Path of the local socket, or the name of the pipe on Windows. */
  socket: string
  version: string
  started_at: number
}

/** The folder that is used if none is named. */
export function defaultDataDir(env: NodeJS.ProcessEnv): string {
  if (env.OTG_DATA_DIR) return resolve(env.OTG_DATA_DIR)
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'On the Go')
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'On the Go')
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'on-the-go')
}

/** The name of the local socket, where its path is short enough. */
export const SOCKET_NAME = 'otg.sock'

/**
 * What the host on this folder announced; undefined: none did, or it cannot be read. The host may have crashed since. On a full disk
 * it could not announce anything: then only its socket is known, and `pid` is 0.
 */
export function readHostInfo(path: string): HostInfo | undefined {
  try {
    return JSON.parse(readPlainFile(join(path, HOST_INFO_FILE))) as HostInfo
  } catch {
    const socket = join(path, SOCKET_NAME)
    return existsSync(socket) ? { pid: 0, socket, version: '', started_at: 0 } : undefined
  }
}
