// The paired devices: their names, keys and permissions, in a file.
import { createHash } from 'node:crypto'
import * as z from 'zod'
import { decodeBase64url, encodeBase64url, KEY_BYTES } from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { MAX_DEVICE_SESSIONS } from '../../../protocol/limits.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import { PLAIN_FILES, type SecretFiles } from '../files/secret-files.ts'
import type { Logger } from '../log/logger.ts'
import { looksLike, visible } from './look-alike.ts'

/** More than one person's phones, tablets and browsers; further ones are forgotten keys. */
export const MAX_DEVICES = 64

/** Characters of a device's name; a hello carries no more. */
const NAME_CHARACTERS = 64

/**
 * How late `last_seen` is written, which matters by the day: a phone with a bad connection must not wear out a disk. Also
 * the delay after which a failed write is repeated.
 */
const WRITE_LATER_MS = 30_000

const Device = z.strictObject({
  device_id: z.string().min(1).max(64),
  name: z
    .string()
    .min(1)
    .max(2 * NAME_CHARACTERS),
  public_key: z.string().refine(text => decodeBase64url(text)?.length === KEY_BYTES, 'is not a key'),
  read_only: z.boolean(),
  /** Its key was generated on an HTTPS page and works only there; otherwise on a plain HTTP page, and only there. */
  secure: z.boolean(),
  created_at: z.int(),
  last_seen: z.int(),
  address: z.string().max(256),
  /** Limited to these and to those that it starts (session-scope.ts). */
  sessions: z.array(z.string().min(1).max(64)).max(MAX_DEVICE_SESSIONS).optional(),
})
export type Device = z.infer<typeof Device>
const File = z.strictObject({
  version: z.literal(1),
  // With one key twice, revoking the first device would leave the second.
  devices: z.array(Device).max(MAX_DEVICES).refine(distinct, 'has a device twice'),
})

/** What a person changes of a device. `sessions`: null ends its limit. */
export interface DeviceChange {
  name?: string | undefined
  read_only?: boolean | undefined
  sessions?: readonly string[] | null | undefined
}

export interface DevicesOptions {
  file: string
  /** Default: plain files. */
  files?: SecretFiles
  /** A device that did not connect for longer is removed. */
  idle_ms: () => number
  /** A device that was confirmed longer ago has to be confirmed again when it connects. Default: never. */
  ask_again_ms?: () => number
  /** A date to store, and the time by which devices expire: see DeletionClock. Default: the wall clock's. */
  now?: () => number
  deletionTime?: () => number
  /** The list, or a device in it, changed. */
  changed?(): void
  /** The device was revoked, or its permissions changed: its connections have to end. */
  ended?(device_id: string, why: CodedError): void
  log: Pick<Logger, 'info' | 'error'>
}

/** Changes are on disk when a call returns. An error of the disk is thrown after the change took effect. */
export class Devices {
  readonly #options: DevicesOptions
  readonly #now: () => number
  readonly #deletionTime: () => number
  #devices: Device[]
  #laterTimer: NodeJS.Timeout | undefined

  /** Throws `data_dir_unusable`, and `devices_damaged`: to continue would lock out all phones, and overwrite a file that can be repaired. */
  constructor(options: DevicesOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#deletionTime = options.deletionTime ?? this.#now
    this.#devices = read(options)
  }

  list(): readonly Device[] {
    return this.#devices
  }

  /**
   * The device with this key, if the page is of the same kind (`secure`) as the one that generated it: an attacker who
   * tampers with plain HTTP can read a key that is stored there, and must not connect over TLS with it.
   */
  find(publicKey: Uint8Array, secure: boolean): Device | undefined {
    const key = encodeBase64url(publicKey)
    const device = this.#devices.find(one => one.public_key === key)
    return device && device.secure === secure && !this.#isIdle(device) ? device : undefined
  }

  /** Whether this device is paired, and not read-only. */
  mayType(device_id: string): boolean {
    return this.#devices.some(device => device.device_id === device_id && !device.read_only)
  }

  /** Whether a person has to confirm the device again. */
  needsConfirmation({ created_at }: Device): boolean {
    const limit = this.#options.ask_again_ms?.() ?? 0
    return limit > 0 && this.#deletionTime() - created_at > limit
  }

  /** Whether it would be let in now, without a person. */
  isLetIn(device: Device): boolean {
    return !this.#isIdle(device) && !this.needsConfirmation(device)
  }

  /**
   * Pairs a device; a key that was paired before replaces its device. `confirms`: only if it still is, and with the name and the
   * permission that it has now. Throws `too_many_devices`, `device_unknown`.
   */
  admit(candidate: {
    publicKey: Uint8Array
    name: string
    read_only: boolean
    secure: boolean
    address: string
    confirms?: boolean
  }): Device {
    const { publicKey, secure, address, confirms } = candidate
    const device_id = deviceIdOf(publicKey)
    const public_key = encodeBase64url(publicKey)
    const before = this.#devices.find(one => one.public_key === public_key)
    if (confirms && !before) throw new CodedError('device_unknown', 'this device was revoked')
    const kept = confirms ? before : undefined
    const read_only = candidate.read_only || kept?.read_only === true
    const others = this.#devices.filter(one => one !== before)
    if (others.length >= MAX_DEVICES)
      throw new CodedError('too_many_devices', `${MAX_DEVICES} devices are paired; revoke one that you do not use`)
    const now = this.#now()
    const name = unusedName(proposedName(kept?.name ?? candidate.name), others)
    const device = {
      device_id,
      name,
      public_key,
      read_only,
      secure,
      created_at: now,
      last_seen: now,
      address,
      // Pairing again does not end a limit.
      ...(before?.sessions && { sessions: before.sessions }),
    }
    // On disk first: a device that was admitted is still known after a crash.
    save(this.#options, [...others, device])
    this.#devices = [...others, device]
    // Its connections have the old permissions.
    if (before)
      this.#options.ended?.(before.device_id, new CodedError('device_changed', 'this device was paired again'))
    this.#options.log.info({ device_id, read_only, secure, address }, 'device paired')
    this.#options.changed?.()
    return device
  }

  /** Throws `device_unknown`, `device_name_invalid`. */
  update(device_id: string, { name, read_only, sessions }: DeviceChange): void {
    const device = this.#get(device_id)
    const others = this.#devices.filter(one => one !== device)
    const newName = name === undefined ? device.name : unusedName(checkName(name), others)
    const isReadOnly = read_only ?? device.read_only
    const { sessions: before, ...rest } = device
    const limit = sessions === undefined ? before : sessions === null ? undefined : [...new Set(sessions)]
    this.#put({ ...rest, name: newName, read_only: isReadOnly, ...(limit && { sessions: limit }) })
    if (isReadOnly !== device.read_only || sessions !== undefined)
      this.#options.ended?.(device_id, new CodedError('device_changed', 'the permissions of this device were changed'))
    this.#save()
    this.#options.log.info({ device_id, read_only: isReadOnly, is_limited: limit !== undefined }, 'device changed')
  }

  /** The device started a session: it sees it, also if it is limited. */
  startedSession(device_id: string, session_id: string): void {
    const device = this.#devices.find(one => one.device_id === device_id)
    if (!device?.sessions) return
    this.#put({ ...device, sessions: [...device.sessions, session_id].slice(-MAX_DEVICE_SESSIONS) })
    this.#saveNow()
  }

  /** Throws `device_unknown`. */
  revoke(device_id: string): void {
    this.#remove(this.#get(device_id), 'device revoked')
    this.#save()
  }

  /** The device has connected or disconnected. */
  seen(device_id: string, address: string): void {
    const device = this.#devices.find(one => one.device_id === device_id)
    if (!device) return
    this.#put({ ...device, last_seen: this.#now(), address })
    this.#saveLater()
  }

  /** Removes devices that did not connect for too long. Does not throw, because no request waits for it. */
  expire(isConnected: (device_id: string) => boolean): void {
    for (const device of this.#devices) {
      // A connected device counts as seen now; so does one from the future, of a clock that was wrong for a day.
      if (isConnected(device.device_id) || device.last_seen > this.#now()) this.seen(device.device_id, device.address)
      else if (this.#isIdle(device)) this.#remove(device, 'device removed: not connected for too long')
    }
  }

  close(): void {
    if (this.#laterTimer) this.#saveNow()
    // From now on another host may own the file.
    clearTimeout(this.#laterTimer)
  }

  #isIdle({ last_seen }: Device): boolean {
    return this.#deletionTime() - last_seen > this.#options.idle_ms()
  }

  #get(device_id: string): Device {
    const device = this.#devices.find(one => one.device_id === device_id)
    if (!device) throw new CodedError('device_unknown', 'no device has this id')
    return device
  }

  #put(device: Device): void {
    this.#devices = this.#devices.map(one => (one.device_id === device.device_id ? device : one))
    this.#options.changed?.()
  }

  #remove(device: Device, why: string): void {
    const { device_id } = device
    this.#devices = this.#devices.filter(one => one.device_id !== device_id)
    // Before the disk, which may be full: revocation takes effect now (case 21).
    this.#options.ended?.(device_id, new CodedError('device_revoked', 'this device was revoked'))
    this.#options.changed?.()
    this.#options.log.info({ device_id }, why)
    this.#saveLater()
  }

  #save(): void {
    try {
      save(this.#options, this.#devices)
    } catch (cause) {
      this.#options.log.error({ err: cause }, 'the list of devices could not be written')
      this.#saveLater()
      const message = `the change is in effect, but may be lost when the host restarts: ${(cause as Error).message}`
      throw new CodedError('data_dir_unusable', message, { cause })
    }
  }

  #saveLater(): void {
    this.#laterTimer ??= setTimeout(() => this.#saveNow(), WRITE_LATER_MS).unref()
  }

  #saveNow(): void {
    clearTimeout(this.#laterTimer)
    this.#laterTimer = undefined
    try {
      this.#save()
    } catch {} // logged, and repeated later
  }
}

export function deviceIdOf(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 16)
}

/** A device's own name for itself, made printable. */
export function proposedName(name: string): string {
  return visible(oneLine(name, NAME_CHARACTERS)) || 'Phone'
}

function checkName(name: string): string {
  const plain = oneLine(name, NAME_CHARACTERS)
  if (visible(plain) === '' || plain !== name.trim())
    throw new CodedError('device_name_invalid', `a name has one to ${NAME_CHARACTERS} printable characters`)
  return plain
}

/** No two names look alike: users tell devices apart by name, and `otg revoke` takes one. */
function unusedName(name: string, others: readonly Device[]): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name} ${n}`
    if (!others.some(other => looksLike(other.name, candidate))) return candidate
  }
}

function distinct(devices: readonly { device_id: string; public_key: string }[]): boolean {
  const ids = new Set(devices.map(device => device.device_id))
  const keys = new Set(devices.map(device => device.public_key))
  return ids.size === devices.length && keys.size === devices.length
}

function read({ file, files = PLAIN_FILES }: DevicesOptions): Device[] {
  let text: string
  try {
    text = files.read(file)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    if (cause instanceof CodedError) throw cause
    throw damaged(file, 'it cannot be read', cause)
  }
  try {
    return File.parse(JSON.parse(text)).devices
  } catch (cause) {
    throw damaged(file, 'its content is not valid', cause)
  }
}

function damaged(file: string, why: string, cause: unknown): CodedError {
  return new CodedError('devices_damaged', `${file}: ${why}; repair it, or move it away and pair all phones again`, {
    cause,
  })
}

function save({ file, files = PLAIN_FILES }: DevicesOptions, devices: readonly Device[]): void {
  files.write(file, `${JSON.stringify({ version: 1, devices }, null, 2)}\n`)
}
