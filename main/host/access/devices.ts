// The paired devices: who may come in and what they may do, kept in a file. Knows nothing of sockets or handshakes.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { decodeBase64url, encodeBase64url, KEY_BYTES } from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { oneLine } from '../../../protocol/one-line.ts'
import { writeAtomically } from '../files/atomic-file.ts'

/** More than one person's phones, tablets and browsers; each further one is a key that somebody forgot. */
export const MAX_DEVICES = 64

/** Characters of a device's name; a hello carries no more. */
const NAME_CHARACTERS = 64

/**
 * When a device was last seen matters by the day; a phone that flaps need not wear out a disk. And a full disk is tried
 * again as often.
 */
const WRITE_LATER_MS = 30_000

const Device = z.strictObject({
  device_id: z.string().min(1).max(64),
  name: z
    .string()
    .min(1)
    .max(2 * NAME_CHARACTERS),
  public_key: z.string().refine(text => decodeBase64url(text)?.length === KEY_BYTES, 'is no key'),
  read_only: z.boolean(),
  /** Its key was made on an HTTPS page, and comes in that way only; else on a plain one. */
  secure: z.boolean(),
  created_at: z.int(),
  last_seen: z.int(),
  address: z.string().max(256),
})
export type Device = z.infer<typeof Device>
const File = z.strictObject({
  version: z.literal(1),
  // Two with one key, and revoking the first would leave the second.
  devices: z.array(Device).max(MAX_DEVICES).refine(distinct, 'has a device twice'),
})

export interface DevicesOptions {
  file: string
  /** A device that was away for longer is forgotten. */
  idle_ms: () => number
  now?: () => number
  /** The list, or something in it, is different. */
  changed?(): void
  /** What this device was let in with holds no longer: its connections have to end. */
  ended?(device_id: string, why: CodedError): void
  log: { info(what: object, message: string): void; error(what: object, message: string): void }
}

/** Changes are on disk when a call returns; what it throws of the disk, it throws after the change took effect. */
export class Devices {
  readonly #options: DevicesOptions
  readonly #now: () => number
  #devices: Device[]
  #laterTimer: NodeJS.Timeout | undefined

  /** Throws `devices_damaged`: to go on without would let no phone in and overwrite what could be mended. */
  constructor(options: DevicesOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#devices = read(options.file)
  }

  list(): readonly Device[] {
    return this.#devices
  }

  /**
   * The device with this key, coming from a page of the same kind as the one where the key was made: whoever can tamper
   * with plain HTTP can have read a key that was kept there, and must not come in by TLS with it.
   */
  find(publicKey: Uint8Array, secure: boolean): Device | undefined {
    const key = encodeBase64url(publicKey)
    const device = this.#devices.find(one => one.public_key === key)
    return device && device.secure === secure && !this.#idle(device) ? device : undefined
  }

  /** Lets a key in; one that was let in before is the same device anew. Throws `too_many_devices`. */
  admit(who: { publicKey: Uint8Array; name: string; read_only: boolean; secure: boolean; address: string }): Device {
    const { publicKey, read_only, secure, address } = who
    const device_id = createHash('sha256').update(publicKey).digest('hex').slice(0, 16)
    const public_key = encodeBase64url(publicKey)
    const before = this.#devices.find(one => one.public_key === public_key)
    const others = this.#devices.filter(one => one !== before)
    if (others.length >= MAX_DEVICES)
      throw new CodedError('too_many_devices', `${MAX_DEVICES} devices are paired; revoke one that is not used`)
    const now = this.#now()
    const name = unusedName(proposedName(who.name), others)
    const device = { device_id, name, public_key, read_only, secure, created_at: now, last_seen: now, address }
    // On disk first: a device that was told yes is still known after a crash.
    save(this.#options.file, [...others, device])
    this.#devices = [...others, device]
    // With what it was let in before, it is connected no longer.
    if (before) this.#options.ended?.(before.device_id, new CodedError('device_changed', 'this device was paired anew'))
    this.#options.log.info({ device_id, read_only, secure, address }, 'device paired')
    this.#options.changed?.()
    return device
  }

  /** Throws `device_unknown`, `device_name_invalid`. */
  update(device_id: string, { name, read_only }: { name?: string | undefined; read_only?: boolean | undefined }): void {
    const device = this.#get(device_id)
    const others = this.#devices.filter(one => one !== device)
    const called = name === undefined ? device.name : unusedName(checkName(name), others)
    const mayLook = read_only ?? device.read_only
    this.#put({ ...device, name: called, read_only: mayLook })
    if (mayLook !== device.read_only)
      this.#options.ended?.(device_id, new CodedError('device_changed', 'what this device may do was changed'))
    this.#save()
    this.#options.log.info({ device_id, read_only: mayLook }, 'device changed')
  }

  /** Throws `device_unknown`. */
  revoke(device_id: string): void {
    this.#forget(this.#get(device_id), 'device revoked')
    this.#save()
  }

  /** It is here, or was until now. */
  seen(device_id: string, address: string): void {
    const device = this.#devices.find(one => one.device_id === device_id)
    if (!device) return
    this.#put({ ...device, last_seen: this.#now(), address })
    this.#saveLater()
  }

  /** Forgets who was away for too long. `here` tells who is connected now. Never throws: nobody asked for it. */
  expire(here: (device_id: string) => boolean): void {
    for (const device of this.#devices) {
      // Who stays for months has not been away; nor does a clock that was wrong for a day keep a device for ever.
      if (here(device.device_id) || device.last_seen > this.#now()) this.seen(device.device_id, device.address)
      else if (this.#idle(device)) this.#forget(device, 'device forgotten: away for too long')
    }
  }

  close(): void {
    if (this.#laterTimer) this.#saveNow()
    // Whoever owns the folder next writes it next.
    clearTimeout(this.#laterTimer)
  }

  #idle({ last_seen }: Device): boolean {
    return this.#now() - last_seen > this.#options.idle_ms()
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

  #forget(device: Device, why: string): void {
    const { device_id } = device
    this.#devices = this.#devices.filter(one => one.device_id !== device_id)
    // Before the disk, which may be full: from this moment on nothing it sends counts.
    this.#options.ended?.(device_id, new CodedError('device_revoked', 'this device was revoked'))
    this.#options.changed?.()
    this.#options.log.info({ device_id }, why)
    this.#saveLater()
  }

  #save(): void {
    try {
      save(this.#options.file, this.#devices)
    } catch (cause) {
      this.#options.log.error({ err: cause }, 'the list of devices could not be written')
      this.#saveLater()
      const message = `it holds now, but may be as before when the host starts again: ${(cause as Error).message}`
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
    } catch {} // logged, and tried again
  }
}

/** What a device calls itself, in a shape that can be shown beside others. */
export function proposedName(name: string): string {
  const plain = oneLine(name, NAME_CHARACTERS)
  return asRead(plain) === '' ? 'Phone' : plain
}

function checkName(name: string): string {
  const plain = oneLine(name, NAME_CHARACTERS)
  if (asRead(plain) === '' || plain !== name.trim())
    throw new CodedError('device_name_invalid', `a name has one to ${NAME_CHARACTERS} printable characters`)
  return plain
}

/** People tell devices apart by name, and `otg revoke` takes one. */
function unusedName(name: string, others: readonly Device[]): string {
  const taken = new Set(others.map(other => asRead(other.name)))
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name} ${n}`
    if (!taken.has(asRead(candidate))) return candidate
  }
}

/** The same for names that look the same but for their case: composed or not, wide or narrow, with invisible characters. */
function asRead(name: string): string {
  return name
    .normalize('NFKC')
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase()
}

function distinct(devices: readonly { device_id: string; public_key: string }[]): boolean {
  const ids = new Set(devices.map(device => device.device_id))
  const keys = new Set(devices.map(device => device.public_key))
  return ids.size === devices.length && keys.size === devices.length
}

function read(file: string): Device[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw damaged(file, 'it cannot be read', cause)
  }
  try {
    return File.parse(JSON.parse(text)).devices
  } catch (cause) {
    throw damaged(file, 'it does not hold what it should', cause)
  }
}

function damaged(file: string, why: string, cause: unknown): CodedError {
  return new CodedError('devices_damaged', `${file}: ${why}; mend it, or move it away and pair anew`, { cause })
}

function save(file: string, devices: readonly Device[]): void {
  writeAtomically(file, `${JSON.stringify({ version: 1, devices }, null, 2)}\n`)
}
