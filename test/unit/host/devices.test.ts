// The list of paired devices and its file, in a real folder and with a fake clock.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Devices, MAX_DEVICES } from '../../../main/host/access/devices.ts'
import { HostKey } from '../../../main/host/access/host-key.ts'
import { encodeBase64url, generateKeyPair } from '../../../protocol/channel/keys.ts'
import { CodedError } from '../../../protocol/errors.ts'
import { scaledRuns } from '../../support/repeat.ts'

const cleanups: (() => unknown)[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const undo of cleanups.splice(0).reverse()) undo()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'otg-test-'))
  cleanups.push(() => rmSync(path, { recursive: true, force: true }))
  return path
}

const DAY_MS = 24 * 3_600_000

function setUp(file = join(folder(), 'devices.json')) {
  let now = 1_000 * DAY_MS
  const ended: string[] = []
  const errors: string[] = []
  const open = () => {
    const devices = new Devices({
      file,
      idle_ms: () => 90 * DAY_MS,
      now: () => now,
      ended: (device_id, why) => ended.push(`${device_id} ${why.code}`),
      log: { info: () => {}, error: (_what, message) => errors.push(message) },
    })
    cleanups.push(() => devices.close())
    return devices
  }
  return {
    file,
    ended,
    errors,
    devices: open(),
    /** The list as the next start of the host reads it. */
    reopen: open,
    wait: (milliseconds: number) => {
      now += milliseconds
    },
  }
}

const key = (n: number) => new Uint8Array(32).fill(n)
const who = (n: number, more: { name?: string; read_only?: boolean; secure?: boolean } = {}) => ({
  publicKey: key(n),
  name: `phone ${n}`,
  read_only: false,
  secure: false,
  address: '192.168.1.9',
  ...more,
})
const coded = (code: string) => expect.objectContaining({ code })
const text = (file: string) => readFileSync(file, 'utf8')

/** A full disk, for this file: its temporary name is taken by a folder. */
function fillDisk(file: string): () => void {
  mkdirSync(join(`${file}.new`, 'x'), { recursive: true })
  return () => rmSync(`${file}.new`, { recursive: true })
}

describe('a paired device', () => {
  it('is found by its key, even after a restart', () => {
    const { devices, reopen } = setUp()
    const { device_id } = devices.admit(who(1, { read_only: true }))
    for (const list of [devices, reopen()]) {
      expect(list.find(key(1), false)).toMatchObject({ device_id, name: 'phone 1', read_only: true })
      expect(list.find(key(2), false)).toBeUndefined()
    }
  })

  it.each([true, false])('is not found from a page of the other kind (key from an HTTPS page: %s)', secure => {
    const { devices } = setUp()
    devices.admit(who(1, { secure }))
    expect(devices.find(key(1), secure)).toBeDefined()
    expect(devices.find(key(1), !secure)).toBeUndefined()
  })

  it('stays one device when it is paired again, and its connections end', () => {
    const { devices, ended, reopen } = setUp()
    const { device_id } = devices.admit(who(1, { read_only: true }))
    devices.admit(who(2))
    expect(ended).toEqual([])
    devices.admit(who(1, { name: 'phone 1', secure: true }))
    expect(ended).toEqual([`${device_id} device_changed`])
    expect(reopen().list()).toHaveLength(2)
    expect(devices.find(key(1), true)).toMatchObject({ device_id, name: 'phone 1', read_only: false })
    expect(devices.find(key(1), false)).toBeUndefined()
  })

  it('counts once toward the limit of 64, even when it is paired again', () => {
    const { devices } = setUp()
    for (let i = 0; i < MAX_DEVICES; i++) devices.admit(who(i))
    expect(() => devices.admit(who(200))).toThrow(coded('too_many_devices'))
    expect(devices.find(key(200), false)).toBeUndefined()
    devices.admit(who(7))
    devices.revoke(devices.find(key(9), false)!.device_id)
    devices.admit(who(200))
    expect(devices.list()).toHaveLength(MAX_DEVICES)
  })
})

describe('case 22: a revoked device', () => {
  it('is gone at once and after a restart, and its connections end', () => {
    const { devices, ended, reopen } = setUp()
    const { device_id } = devices.admit(who(1))
    devices.admit(who(2))
    devices.revoke(device_id)
    expect(ended).toEqual([`${device_id} device_revoked`])
    for (const list of [devices, reopen()]) {
      expect(list.find(key(1), false)).toBeUndefined()
      expect(list.find(key(2), false)).toBeDefined()
    }
    for (const id of [device_id, '', '__proto__']) expect(() => devices.revoke(id)).toThrow(coded('device_unknown'))
    devices.seen(device_id, '192.168.1.9')
    expect(devices.list()).toHaveLength(1)
  })

  it('is gone even if the disk is full, and leaves the file as soon as there is room', () => {
    vi.useFakeTimers()
    const { file, devices, ended, errors, reopen } = setUp()
    const { device_id } = devices.admit(who(1))
    const free = fillDisk(file)
    expect(() => devices.revoke(device_id)).toThrow(coded('data_dir_unusable'))
    expect(devices.find(key(1), false)).toBeUndefined()
    expect(ended).toEqual([`${device_id} device_revoked`])
    vi.advanceTimersByTime(60_000)
    expect(errors.length).toBeGreaterThan(1)
    free()
    vi.advanceTimersByTime(30_000)
    expect(reopen().list()).toEqual([])
    const logged = errors.length
    vi.advanceTimersByTime(3_600_000)
    expect(errors).toHaveLength(logged)
  })

  it('leaves the file when the host stops, if there is room then', () => {
    const { file, devices, reopen } = setUp()
    const { device_id } = devices.admit(who(1))
    const free = fillDisk(file)
    expect(() => devices.revoke(device_id)).toThrow(coded('data_dir_unusable'))
    free()
    devices.close()
    expect(reopen().list()).toEqual([])
  })
})

describe('case 23: a device that does not connect for 90 days', () => {
  it('is rejected, and removed', () => {
    const { devices, ended, wait, reopen } = setUp()
    const { device_id } = devices.admit(who(1))
    wait(90 * DAY_MS)
    expect(devices.find(key(1), false)).toBeDefined()
    wait(1)
    expect(devices.find(key(1), false)).toBeUndefined()
    devices.expire(() => false)
    expect(devices.list()).toEqual([])
    expect(ended).toEqual([`${device_id} device_revoked`])
    devices.close()
    expect(reopen().list()).toEqual([])
  })

  it('has another 90 days after it connected', () => {
    const { devices, wait } = setUp()
    const { device_id } = devices.admit(who(1))
    wait(89 * DAY_MS)
    devices.seen(device_id, '192.168.1.10')
    wait(89 * DAY_MS)
    devices.expire(() => false)
    expect(devices.find(key(1), false)).toMatchObject({ address: '192.168.1.10' })
  })

  it('stays while it is connected, even if it sends nothing', () => {
    const { devices, ended, wait } = setUp()
    devices.admit(who(1))
    for (let day = 0; day < 200; day++) {
      wait(DAY_MS)
      devices.expire(() => true)
    }
    expect(ended).toEqual([])
    // Also for its further connections, and after a crash in which its disconnection was not recorded.
    expect(devices.find(key(1), false)).toBeDefined()
    wait(89 * DAY_MS)
    devices.expire(() => false)
    expect(devices.find(key(1), false)).toBeDefined()
  })

  it('is removed even if the clock was years ahead when it was last seen', () => {
    const { devices, wait } = setUp()
    wait(20_000 * DAY_MS)
    devices.admit(who(1))
    wait(-20_000 * DAY_MS)
    devices.expire(() => false)
    expect(devices.find(key(1), false)).toBeDefined()
    wait(91 * DAY_MS)
    devices.expire(() => false)
    expect(devices.list()).toEqual([])
  })

  it('is removed without an error if the disk is full', () => {
    const { file, devices, wait } = setUp()
    devices.admit(who(1))
    devices.admit(who(2))
    cleanups.push(fillDisk(file))
    wait(91 * DAY_MS)
    devices.expire(() => false)
    expect(devices.list()).toEqual([])
  })
})

describe('a change of permissions', () => {
  it('ends the device’s connections; setting the same permissions does not', () => {
    const { devices, ended, reopen } = setUp()
    const { device_id } = devices.admit(who(1))
    devices.update(device_id, { name: 'of Anna' })
    devices.update(device_id, { read_only: false })
    devices.update(device_id, {})
    expect(ended).toEqual([])
    devices.update(device_id, { read_only: true })
    expect(ended).toEqual([`${device_id} device_changed`])
    expect(reopen().find(key(1), false)).toMatchObject({ name: 'of Anna', read_only: true })
    expect(() => devices.update('nobody', { read_only: false })).toThrow(coded('device_unknown'))
  })

  it('takes effect at once even if the disk is full', () => {
    const { file, devices, ended } = setUp()
    const { device_id } = devices.admit(who(1))
    cleanups.push(fillDisk(file))
    expect(() => devices.update(device_id, { read_only: true })).toThrow(coded('data_dir_unusable'))
    expect(devices.find(key(1), false)).toMatchObject({ read_only: true })
    expect(ended).toEqual([`${device_id} device_changed`])
  })
})

describe('device names', () => {
  it.each([
    ['equal', 'Phone', 'Phone', 'Phone 2'],
    ['equal except for case', 'Phone', 'pHONE', 'pHONE 2'],
    ['equal except for invisible characters, which are removed,', 'Phone', 'Pho\u00adne\u3164', 'Phone 2'],
    ['equal except for variation selectors', 'Phone', 'Phone\ufe0f', 'Phone 2'],
    ['equal except for wide letters', 'Phone', 'Ｐｈｏｎｅ', 'Ｐｈｏｎｅ 2'],
    ['composed differently', 'Andr\u00e9', 'Andre\u0301', 'Andre\u0301 2'],
    ['equal except for spaces', 'My phone', 'My\u00a0 phone', 'My phone 2'],
    ['case 115: equal to the eye, with letters of another script', 'A', '\u0410', '\u0410 2'],
    ['mixed from three scripts', 'iPhone', '\u0456\u0420h\u03bfn\u0435', '\u0456\u0420h\u03bfn\u0435 2'],
    ['written with digits for letters', 'Pixel 10', 'Pixel lO', 'Pixel lO 2'],
    ['equal except for letters without a shape', 'Phone', 'Pho\u200dne\u2800', 'Phone 2'],
  ])('get a number if they are %s', (_what, first, second, called) => {
    const { devices } = setUp()
    expect(devices.admit(who(1, { name: first })).name).toBe(first)
    expect(devices.admit(who(2, { name: second })).name).toBe(called)
  })

  it('skip numbers that are taken', () => {
    const { devices } = setUp()
    const names = ['Phone 2', 'Phone', 'Phone', 'Phone'].map((name, i) => devices.admit(who(i, { name })).name)
    expect(names).toEqual(['Phone 2', 'Phone', 'Phone 3', 'Phone 4'])
  })

  it.each([
    ['control characters', 'a\u001b]0;x\u0007b\nc', 'a ]0;x b c'],
    ['joiners', 'An\u200cna\u200d\ufe0f', 'Anna'],
    ['a blank Braille pattern', '\u2800 x', 'x'],
    ['letters that run backward', '\u202egnihton\u202c', 'gnihton'],
    ['nothing', '', 'Phone'],
    ['only invisible characters', '\u200b\u2060\u3164\u00ad', 'Phone'],
    ['half a surrogate pair', 'a\ud83d', 'a'],
    ['too many characters', 'x'.repeat(1000), 'x'.repeat(64)],
  ])('become one line if they have %s', (_what, name, called) => {
    const { devices, reopen } = setUp()
    expect(devices.admit(who(1, { name })).name).toBe(called)
    expect(reopen().list()[0]!.name).toBe(called)
  })

  it.each(['', ' ', 'a\nb', 'a\u202eb', '\u3164', '\u001b[31mred', 'x'.repeat(65)])(
    'cannot be set to %j at the desktop',
    name => {
      const { devices } = setUp()
      const { device_id } = devices.admit(who(1))
      expect(() => devices.update(device_id, { name, read_only: true })).toThrow(coded('device_name_invalid'))
      expect(devices.list()[0]).toMatchObject({ name: 'phone 1', read_only: false })
    },
  )

  it('can be set to their current value', () => {
    const { devices } = setUp()
    const { device_id } = devices.admit(who(1))
    devices.update(device_id, { name: 'phone 1' })
    devices.update(device_id, { name: ' PHONE 1 ' })
    expect(devices.list()[0]!.name).toBe('PHONE 1')
  })
})

describe('devices.json', () => {
  const valid = (more: object = {}) => ({
    device_id: 'abc',
    name: 'phone',
    public_key: encodeBase64url(key(1)),
    read_only: false,
    secure: false,
    created_at: 1,
    last_seen: 1,
    address: '::1',
    ...more,
  })
  const file = (devices: unknown, more: object = {}) => JSON.stringify({ version: 1, devices, ...more })

  it.each([
    ['empty', ''],
    ['cut off', file([valid()]).slice(0, -3)],
    ['zeros', '\0'.repeat(4096)],
    ['null', 'null'],
    ['a list', '[]'],
    ['of another version', file([], { version: 2 })],
    ['without devices', '{"version":1}'],
    ['with an unknown field', file([], { more: 1 })],
    ['with __proto__', '{"version":1,"devices":[],"__proto__":{}}'],
    ['with a device that has an unknown field', file([valid({ admin: true })])],
    ['with a device without permissions', file([valid({ read_only: undefined })])],
    ['with a permission that is a string', file([valid({ read_only: 'false' })])],
    ['with a short key', file([valid({ public_key: encodeBase64url(key(1).subarray(1)) })])],
    ['with a key in another encoding', file([valid({ public_key: `${encodeBase64url(key(1))}=` })])],
    ['with a long name', file([valid({ name: 'x'.repeat(200) })])],
    ['with an impossible time', file([valid({ last_seen: 1e300 })])],
    ['with a key twice', file([valid(), valid({ device_id: 'abd' })])],
    ['with an id twice', file([valid(), valid({ public_key: encodeBase64url(key(2)) })])],
    [
      'with too many devices',
      file(Array.from({ length: 65 }, (_, i) => valid({ device_id: `${i}`, public_key: encodeBase64url(key(i)) }))),
    ],
  ])('is rejected and not changed when damaged or invalid: %s', (_what, content) => {
    const path = join(folder(), 'devices.json')
    writeFileSync(path, content)
    expect(() => setUp(path)).toThrow(coded('devices_damaged'))
    expect(text(path)).toBe(content)
    expect(readdirSync(join(path, '..'))).toEqual(['devices.json'])
  })

  it('is rejected if it is a folder', () => {
    const path = join(folder(), 'devices.json')
    mkdirSync(path)
    expect(() => setUp(path)).toThrow(coded('devices_damaged'))
  })

  it('is read or rejected with a code for arbitrary content, and never changed by that', () => {
    const path = join(folder(), 'devices.json')
    const field = fc.constantFrom(...Object.keys(valid()))
    const device = fc.oneof(
      fc.tuple(field, fc.jsonValue()).map(([name, value]) => valid({ [name]: value })),
      fc.jsonValue(),
      fc.constant(valid()),
    )
    const content = fc.oneof(
      fc.array(device, { maxLength: 3 }).map(devices => file(devices)),
      fc.json(),
      fc.tuple(fc.nat(200), fc.string()).map(([at, middle]) => {
        const whole = file([valid()])
        return whole.slice(0, at) + middle + whole.slice(at + 1)
      }),
    )
    fc.assert(
      fc.property(content, content => {
        writeFileSync(path, content)
        try {
          for (const device of setUp(path).devices.list())
            expect(Object.keys(device).sort()).toEqual(Object.keys(valid()).sort())
        } catch (error) {
          expect(error).toBeInstanceOf(CodedError)
          expect(error).toMatchObject({ code: 'devices_damaged' })
        }
        expect(text(path)).toBe(content)
      }),
      scaledRuns(300),
    )
  })

  it('survives a crash between writing and renaming: the old file stays, and the temporary one is overwritten', () => {
    const { file, devices, reopen } = setUp()
    devices.admit(who(1))
    const before = text(file)
    writeFileSync(`${file}.new`, before.slice(0, 20))
    chmodSync(`${file}.new`, 0o666)
    const again = reopen()
    expect(again.list()).toHaveLength(1)
    expect(text(file)).toBe(before)
    again.admit(who(2))
    expect(readdirSync(join(file, '..'))).toEqual(['devices.json'])
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(reopen().list()).toHaveLength(2)
  })

  it('is not written through a symbolic link at its temporary name', () => {
    const { file, devices, reopen } = setUp()
    const victim = join(folder(), 'victim')
    writeFileSync(victim, 'as it was')
    symlinkSync(victim, `${file}.new`)
    devices.admit(who(1))
    expect(text(victim)).toBe('as it was')
    expect(reopen().list()).toHaveLength(1)
  })

  it('admits no device that could not be saved', () => {
    const { file, devices, reopen } = setUp()
    devices.admit(who(1))
    const before = text(file)
    const free = fillDisk(file)
    expect(() => devices.admit(who(2))).toThrow(coded('data_dir_unusable'))
    expect(devices.find(key(2), false)).toBeUndefined()
    expect(devices.list()).toHaveLength(1)
    expect(text(file)).toBe(before)
    free()
    devices.admit(who(2))
    expect(reopen().list()).toHaveLength(2)
  })

  it('is not written after the host has closed, because another host can own the folder', () => {
    vi.useFakeTimers()
    const { file, devices } = setUp()
    const { device_id } = devices.admit(who(1))
    const free = fillDisk(file)
    devices.seen(device_id, '10.0.0.1')
    devices.close()
    free()
    writeFileSync(file, 'of the next host')
    vi.advanceTimersByTime(3_600_000)
    expect(text(file)).toBe('of the next host')
  })

  it('case 50: is readable by its user only, even under umask 000', () => {
    const umask = process.umask(0)
    cleanups.push(() => process.umask(umask))
    const { file, devices } = setUp()
    devices.admit(who(1))
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
  })
})

describe('host.key', () => {
  const path = () => join(folder(), 'host.key')
  const keyOf = (file: string) => HostKey.open(file).pair

  it('is generated once, and stays the same', () => {
    const file = path()
    const key = keyOf(file)
    expect(keyOf(file)).toEqual(key)
    expect(keyOf(path())).not.toEqual(key)
    expect(readdirSync(join(file, '..'))).toEqual(['host.key'])
  })

  it('case 50: is readable by its user only, even under umask 000', () => {
    const umask = process.umask(0)
    cleanups.push(() => process.umask(umask))
    const file = path()
    keyOf(file)
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
  })

  const whole = encodeBase64url(generateKeyPair().secretKey)
  it.each([
    ['empty', ''],
    ['cut off', whole.slice(0, 42)],
    ['too long', `${whole}AAAA`],
    ['two keys', `${whole}\n${whole}\n`],
    ['something else', 'not a key, and as long as one would be, 43 c'],
    ['zeros', '\0'.repeat(44)],
  ])('is rejected and not changed if it is %s, because another key would lock out every phone', (_what, content) => {
    const file = path()
    writeFileSync(file, content)
    expect(() => keyOf(file)).toThrow(coded('host_key_damaged'))
    expect(text(file)).toBe(content)
  })

  it('is rejected if it cannot be read: a folder, a dangling link', () => {
    const file = path()
    mkdirSync(file)
    expect(() => keyOf(file)).toThrow(coded('host_key_damaged'))
    rmSync(file, { recursive: true })
    symlinkSync('/nowhere/host.key', file)
    expect(() => keyOf(file)).toThrow(coded('host_key_damaged'))
  })

  it('stays in memory while the disk is full, is saved when there is room, and is complete or missing until then', () => {
    const file = path()
    const free = fillDisk(file)
    const key = HostKey.open(file)
    expect(key.trySave()).toBe(false)
    expect(() => key.requireSaved()).toThrow(coded('data_dir_unusable'))
    expect(readdirSync(join(file, '..'))).toEqual(['host.key.new'])
    free()
    writeFileSync(`${file}.new`, 'half a k')
    expect(key.trySave()).toBe(true)
    expect(keyOf(file)).toEqual(key.pair)
    expect(readdirSync(join(file, '..'))).toEqual(['host.key'])
  })

  it('does not replace another one that appeared before it could be saved', () => {
    const file = path()
    const free = fillDisk(file)
    const key = HostKey.open(file)
    free()
    const other = keyOf(file)
    expect(() => key.requireSaved()).toThrow(coded('data_dir_unusable'))
    expect(keyOf(file)).toEqual(other)
  })
})
