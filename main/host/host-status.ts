// What `otg status` shows of a host, besides its trouble.
import type { HostStatus } from './clients/health-requests.ts'
import type { Health } from './health/health.ts'
import type { TroubleKind } from './health/troubles.ts'
import type { History } from './history/write/history.ts'
import type { Address } from './listen/candidates.ts'
import type { LoginEnvironment } from './session/login-environment.ts'

/** A database that does not answer within this is shown as one that cannot be read. */
const DATABASE_MS = 1_000

export interface StatusSources {
  started_at: number
  health: Health
  history: History
  /** Undefined: sessions get the host's own environment. */
  login(): LoginEnvironment | undefined
  addresses(): Address[]
  /** Running sessions. */
  running(): number
  devices(): readonly { device_id: string }[]
  isConnected(device_id: string): boolean
  folder: { readonly database: string; readonly log: string }
}

/** While one of these lasts, some or all output is not recorded. */
const NOT_RECORDING: readonly TroubleKind[] = [
  'disk_full',
  'recording_refused',
  'recording_damaged',
  'recording_failed',
]

/** Gives the status, after the login shell was asked again if that is wanted. */
export function statusSource(sources: StatusSources): (renewEnvironment: boolean) => Promise<HostStatus> {
  return async renewEnvironment => {
    if (renewEnvironment) await sources.login()?.renew()
    return statusOf(sources)
  }
}

async function statusOf(sources: StatusSources): Promise<HostStatus> {
  const { health, history, started_at, folder } = sources
  const devices = sources.devices()
  const isOff = NOT_RECORDING.some(kind => health.has(kind))
  return {
    started_at,
    addresses: sources.addresses().map(({ origin, kind }) => ({ url: `${origin}/`, kind })),
    sessions: sources.running(),
    devices: {
      paired: devices.length,
      connected: devices.filter(({ device_id }) => sources.isConnected(device_id)).length,
    },
    recording: {
      state: isOff ? 'off' : health.has('recording_behind') ? 'behind' : 'on',
      waiting_bytes: history.behind,
      database: await databaseOf(history, folder.database),
    },
    environment: sources.login()?.state ?? 'host',
    log: folder.log,
  }
}

async function databaseOf(history: History, path: string): Promise<HostStatus['recording']['database']> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<undefined>(resolve => {
    timer = setTimeout(() => resolve(undefined), DATABASE_MS)
  })
  const stats = await Promise.race([history.stats().catch(() => undefined), timeout])
  clearTimeout(timer)
  return stats ? { path, bytes: stats.file_bytes } : null
}
