// Hosts whose data folder is encrypted with a key in a real Secret Service.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Keystore, SystemKeystore } from '../../main/host/at-rest/keystore.ts'
import type { Host } from '../../main/host/host.ts'
import { restore } from '../../main/host/upkeep/restore.ts'
import { decodeBase64url, encodeBase64url } from '../../protocol/channel/keys.ts'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { cleanUp, localClient, newPhone, startHost, temporaryFolder, until, webClient } from '../support/host.ts'
import type { PhoneIdentity } from '../support/pairing.ts'
import { hasSecretService, type SecretService, startSecretService } from '../support/secret-service.ts'

const OUTPUT = 'printed-in-plain-sight'
const TOKEN = 'tk_of_an_ntfy_account'
const PHONE = 'a telephone of mine'

/** Written by every start, or not the host's own. */
const CHANGING = ['host.log', 'lock.db', 'lock.db-journal']

let dataDir: string
beforeEach(() => {
  dataDir = join(temporaryFolder(), 'data')
})
afterEach(cleanUp)

const contents = () =>
  Object.fromEntries(
    readdirSync(dataDir, { withFileTypes: true })
      .filter(entry => entry.isFile() && !CHANGING.includes(entry.name))
      .map(({ name }) => [name, readFileSync(join(dataDir, name)).toString('base64')]),
  )

/** Names of the files that contain one of these, in plain or in an encoding that a thief would try. */
function filesWith(...secrets: (string | Uint8Array)[]): string[] {
  const forms = secrets
    .map(secret => Buffer.from(secret))
    .flatMap(bytes => [bytes, encodeBase64url(bytes), bytes.toString('base64'), bytes.toString('hex')])
  return readdirSync(dataDir, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
    .filter(file => forms.some(form => readFileSync(file).includes(form)))
}

async function print(desktop: LocalClient, text: string): Promise<void> {
  const { session_id } = await desktop.create({ command: ['sh', '-c', `echo ${text}; exec sleep 1000`] })
  await until(async () => (await desktop.history.search(text)).hits.some(hit => hit.session.session_id === session_id))
}

const found = async (desktop: LocalClient, text: string) => {
  await until(async () => (await desktop.history.search(text)).hits.length > 0, `${text} to be found`)
}

async function comesBack(host: Host, phone: PhoneIdentity): Promise<string> {
  return webClient(host, { phone, reconnect: false })
    .connect()
    .then(
      () => 'ready',
      error => error.code,
    )
}

it('a host that is not told to use the keystore never asks it (case 138)', async () => {
  const refuse = () => Promise.reject(new Error('was asked'))
  const keystore: Keystore = { get: refuse, set: refuse, remove: refuse }
  const host = await startHost({ dataDir, keystore })
  await host.stop()
  await (await startHost({ dataDir, keystore })).stop()
  expect(existsSync(join(dataDir, 'keystore.json'))).toBe(false)
})

/** .ci/run installs gnome-keyring; where it is missing, these tests would say nothing about the product. */
describe.runIf(hasSecretService || process.env.CI)('a data folder that is encrypted', () => {
  let service: SecretService
  beforeAll(async () => {
    service = await startSecretService()
  })
  afterAll(() => service?.close())
  afterEach(async () => {
    service.thaw()
    await service.wipe()
  })

  const start = (more = {}) => startHost({ dataDir, keystore: new SystemKeystore(), ...more })

  /** A host with a phone, a token and a recorded session, which was started again with this setting. */
  async function encrypted(mode: 'keys' | 'all') {
    const first = await start()
    const key = decodeBase64url(readFileSync(join(dataDir, 'host.key'), 'utf8').trim())!
    const desktop = localClient(first)
    await desktop.changeSettings({ ntfy: { topic: 'a-topic' } })
    await desktop.setNtfyToken(TOKEN)
    const phone = await newPhone(first, PHONE)
    await print(desktop, `first-${OUTPUT}`)
    await desktop.changeSettings({ keystore: mode })
    expect(filesWith(key, TOKEN, PHONE, phone.keys.publicKey)).toEqual([])
    await first.stop()
    const host = await start()
    return { host, key, phone }
  }

  it('shows someone who has the disk neither keys nor devices nor output, while it runs and after (case 134)', async () => {
    const { host, key, phone } = await encrypted('all')
    const desktop = localClient(host)
    await print(desktop, `second-${OUTPUT}`)
    await found(desktop, `first-${OUTPUT}`)
    expect(await comesBack(host, phone)).toBe('ready')
    const secrets = [OUTPUT, 'CREATE TABLE', key, TOKEN, PHONE, phone.keys.publicKey]
    expect(readdirSync(dataDir)).toEqual(expect.arrayContaining(['otg.db', 'otg.db-wal', 'devices.json']))
    expect(filesWith(...secrets)).toEqual([])
    await host.stop()
    expect(filesWith(...secrets)).toEqual([])
    const again = await start()
    await found(localClient(again), `second-${OUTPUT}`)
    expect(await comesBack(again, phone)).toBe('ready')
  })

  it('leaves the history readable with "keys", and nothing else (case 134)', async () => {
    const { host, key, phone } = await encrypted('keys')
    expect(await comesBack(host, phone)).toBe('ready')
    await host.stop()
    expect(filesWith(key, TOKEN, PHONE, phone.keys.publicKey)).toEqual([])
    expect(filesWith('CREATE TABLE')).toEqual([join(dataDir, 'otg.db')])
  })

  it('is decrypted when the setting is taken back, and the keystore then holds nothing (case 136)', async () => {
    const { host, key, phone } = await encrypted('all')
    expect(service.items()).toContain('object path')
    await localClient(host).changeSettings({ keystore: null })
    expect(filesWith(key)).toEqual([join(dataDir, 'host.key')])
    // The history follows with the next start, for which the key is still there.
    expect(service.items()).toContain('object path')
    await host.stop()
    const again = await start()
    await found(localClient(again), `first-${OUTPUT}`)
    expect(await comesBack(again, phone)).toBe('ready')
    await again.stop()
    expect(existsSync(join(dataDir, 'keystore.json'))).toBe(false)
    await until(() => !service.items().includes('object path'))
    await service.end()
    await found(localClient(await start()), `first-${OUTPUT}`)
  })

  it.each([
    ['is locked', 'keystore_locked', () => service.lock()],
    ['does not answer', 'keystore_unavailable', () => service.freeze()],
    ['is missing', 'keystore_unavailable', () => service.end()],
  ])(
    'keeps the host from starting while the keystore %s, unchanged, and opens after that (case 135)',
    async (_, code, break_) => {
      const { host, phone } = await encrypted('all')
      await host.stop()
      const before = contents()
      await break_()
      await expect(start()).rejects.toMatchObject({ code, message: expect.stringContaining('Nothing was changed') })
      expect(contents()).toEqual(before)
      service.thaw()
      await service.restart()
      const again = await start()
      await found(localClient(again), `first-${OUTPUT}`)
      expect(await comesBack(again, phone)).toBe('ready')
    },
  )

  it.each([
    ['was reset', async () => service.wipe()],
    [
      'has another key under the same name',
      async () => {
        const { id } = JSON.parse(readFileSync(join(dataDir, 'keystore.json'), 'utf8'))
        await new SystemKeystore().set(`data folder ${id}`, encodeBase64url(new Uint8Array(32)))
      },
    ],
  ])('keeps the host from starting with new keys when the keystore %s (case 135)', async (_, break_) => {
    const { host } = await encrypted('all')
    await host.stop()
    const before = contents()
    await break_()
    for (const mode of ['all', 'off'] as const) {
      const settings = JSON.parse(readFileSync(join(dataDir, 'settings.json'), 'utf8'))
      writeFileSync(join(dataDir, 'settings.json'), JSON.stringify({ ...settings, keystore: mode }))
      await expect(start()).rejects.toMatchObject({
        code: 'keystore_key_missing',
        message: expect.stringContaining('Nothing was changed'),
      })
    }
    expect({ ...contents(), 'settings.json': '' }).toEqual({ ...before, 'settings.json': '' })
  })

  it('gives up on a keystore that waits for a person who does not come (case 135)', async () => {
    const { host } = await encrypted('keys')
    await host.stop()
    service.freeze()
    await expect(start({ keystore: new SystemKeystore(100) })).rejects.toMatchObject({ code: 'keystore_locked' })
  })

  it('a process that gave up on its keystore can end (case 135)', async () => {
    service.freeze()
    const program = join(import.meta.dirname, '../support/keystore-process.ts')
    const child = spawn(process.execPath, [program], { env: service.env, stdio: ['ignore', 'pipe', 'inherit'] })
    const [text] = await once(child.stdout, 'data')
    expect(text.toString()).toBe('keystore_locked\n')
    // The keystore still does not answer. A thread that had not asked it yet can end by itself.
    const [status, signal] = await once(child, 'exit')
    expect([1, 'SIGKILL']).toContain(status ?? signal)
  })

  it('cannot be chosen without a keystore: the setting and all files stay as they are (case 138)', async () => {
    const host = await start()
    const desktop = localClient(host)
    await newPhone(host)
    await service.end()
    const before = contents()
    await expect(desktop.changeSettings({ keystore: 'all' })).rejects.toMatchObject({ code: 'keystore_unavailable' })
    expect((await desktop.settings()).values.keystore).toBe('off')
    expect(contents()).toEqual(before)
  })

  it('does not start with a setting that it cannot follow, and says how to start (case 138)', async () => {
    mkdirSync(dataDir)
    writeFileSync(join(dataDir, 'settings.json'), '{"keystore": "keys"}')
    await service.end()
    await expect(start()).rejects.toMatchObject({
      code: 'keystore_unavailable',
      message: expect.stringMatching(/set "keystore" to "off" in .*settings\.json/),
    })
    writeFileSync(join(dataDir, 'settings.json'), '{"keystore": "off"}')
    await start()
  })

  it('says which older copies of the history are not encrypted (case 134)', async () => {
    const { host } = await encrypted('all')
    expect(await localClient(host).troubles()).toEqual([])
    await host.stop()
    const kept = 'otg.db.damaged-2026-01-01'
    writeFileSync(join(dataDir, kept), `SQLite format 3\0${OUTPUT}`)
    const [trouble] = await localClient(await start()).troubles()
    expect(trouble).toMatchObject({ kind: 'copies_not_encrypted', message: kept })
  })

  it('stays as it was when a file cannot be encrypted (case 137)', async () => {
    const host = await start()
    const phone = await newPhone(host)
    const before = contents()
    const inTheWay = join(dataDir, 'devices.json.new')
    mkdirSync(inTheWay)
    await expect(localClient(host).changeSettings({ keystore: 'keys' })).rejects.toThrow()
    rmSync(inTheWay, { recursive: true })
    const { 'keystore.json': _, ...after } = contents()
    expect(after).toEqual(before)
    await host.stop()
    expect(await comesBack(await start(), phone)).toBe('ready')
  })

  it('comes back from a backup after its keystore was reset, with phones and history (case 135)', async () => {
    const { host, phone } = await encrypted('all')
    const backup = join(temporaryFolder(), 'backup')
    await localClient(host).backUp(backup)
    await host.stop()
    await service.wipe()
    await expect(start()).rejects.toMatchObject({ code: 'keystore_key_missing' })
    restore({ backup, folder: dataDir, force: true, now: new Date() })
    const again = await start()
    await found(localClient(again), `first-${OUTPUT}`)
    expect(await comesBack(again, phone)).toBe('ready')
    // With a new key.
    expect(readFileSync(join(dataDir, 'host.key'), 'utf8')).toContain('otg-encrypted')
    expect(service.items()).toContain('object path')
    // What the restore kept is encrypted, too.
    expect(await localClient(again).troubles()).toEqual([])
  })

  it('can be moved, and opens without its keystore.json (case 139)', async () => {
    const { host, phone } = await encrypted('all')
    await host.stop()
    const moved = join(temporaryFolder(), 'elsewhere')
    cpSync(dataDir, moved, { recursive: true })
    rmSync(join(moved, 'keystore.json'))
    const again = await startHost({ dataDir: moved, keystore: new SystemKeystore() })
    await found(localClient(again), `first-${OUTPUT}`)
    expect(await comesBack(again, phone)).toBe('ready')
    expect(existsSync(join(moved, 'keystore.json'))).toBe(true)
  })
})
