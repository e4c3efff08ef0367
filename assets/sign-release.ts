// Signs the feed of a release (docs/releasing.md), in minisign's format:
//   node assets/sign-release.ts new-key FILE      makes a key: the secret part goes to FILE, the public one to standard output
//   node assets/sign-release.ts sign FOLDER       signs every latest*.yml there, with the key in OTG_RELEASE_KEY or OTG_RELEASE_KEY_FILE
// Imports nothing but Node, so that the job that has the key runs no other code.
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** How long a feed is valid. It is signed again before, with or without a new version. */
export const VALID_DAYS = 180

const DAY_MS = 24 * 3600_000
const APP = 'on-the-go'

/** The beginning of an Ed25519 private key in DER (RFC 8410, section 10.3). */
const DER = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface SigningKey {
  id: Buffer
  key: KeyObject
  /** As package.json has it. */
  publicKey: string
}

/** `minisign -G -W`: algorithms and empty parameters of a key without a password, ID, seed and public key, checksum. */
export function newKey(): { secret: string; publicKey: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  const id = randomBytes(8)
  const seed = privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-32)
  const raw = publicBytes(privateKey)
  const body = Buffer.concat([
    Buffer.from('Ed\0\0B2', 'latin1'),
    Buffer.alloc(48),
    id,
    seed,
    raw,
    // A checksum, which only a key with a password needs.
    Buffer.alloc(32),
  ])
  return {
    secret: `untrusted comment: minisign secret key without a password\n${body.toString('base64')}\n`,
    publicKey: encodePublic(id, raw),
  }
}

/** Reads what `newKey` or `minisign -G -W` wrote. */
export function readKey(secret: string): SigningKey {
  const body = Buffer.from(secret.trim().split('\n').at(-1)!, 'base64')
  if (body.length !== 158 || body.toString('latin1', 0, 2) !== 'Ed' || body.readUInt16BE(2) !== 0)
    throw new Error('this is not a secret key of minisign without a password')
  const id = body.subarray(54, 62)
  const key = createPrivateKey({ key: Buffer.concat([DER, body.subarray(62, 94)]), format: 'der', type: 'pkcs8' })
  return { id, key, publicKey: encodePublic(id, publicBytes(key)) }
}

export interface Statement {
  file: string
  version: string
  signed: Date
  expires: Date
}

/** The text of the signature file. */
export function signContent(content: Uint8Array, { id, key }: SigningKey, statement: Statement): string {
  const { file, version, signed, expires } = statement
  const comment = [
    `timestamp:${Math.floor(signed.getTime() / 1000)}`,
    `file:${file}`,
    `version:${version}`,
    `expires:${expires.toISOString()}`,
    `app:${APP}`,
  ].join('\t')
  const signature = sign(null, createHash('blake2b512').update(content).digest(), key)
  const global = sign(null, Buffer.concat([signature, Buffer.from(comment)]), key)
  return [
    'untrusted comment: signature of an update feed of On the Go',
    Buffer.concat([Buffer.from('ED'), id, signature]).toString('base64'),
    `trusted comment: ${comment}`,
    global.toString('base64'),
    '',
  ].join('\n')
}

/** What package.json says. */
export interface Expected {
  version: string
  releaseKeys: string[]
}

/** Signs the feeds in a folder after checking that they describe the packages beside them. Returns their names. */
export function signFolder(folder: string, key: SigningKey, { version, releaseKeys }: Expected, now = new Date()): string[] {
  if (!releaseKeys.includes(key.publicKey)) throw new Error('the public part of this key is not in package.json')
  const feeds = readdirSync(folder).filter(name => /^latest.*\.yml$/.test(name))
  if (feeds.length === 0) throw new Error(`there is no latest*.yml in ${folder}`)
  for (const file of feeds) {
    const content = readFileSync(join(folder, file))
    checkFeed(content.toString(), folder, file, version)
    const expires = new Date(now.getTime() + VALID_DAYS * DAY_MS)
    writeFileSync(join(folder, `${file}.minisig`), signContent(content, key, { file, version, signed: now, expires }))
  }
  return feeds
}

/** Throws unless a feed names this version and packages that are there, with their checksums. */
function checkFeed(text: string, folder: string, file: string, version: string): void {
  if (/^version: (.*)$/m.exec(text)?.[1] !== version) throw new Error(`${file} is not of version ${version}`)
  const packages = [...text.matchAll(/^ +- url: (.*)\n +sha512: (.*)\n +size: (\d+)$/gm)]
  if (packages.length === 0) throw new Error(`${file} names no packages`)
  for (const [, name = '', sha512, size] of packages) {
    if (name !== basename(name)) throw new Error(`${file} names ${name}, which is not beside it`)
    const path = join(folder, name)
    const digest = createHash('sha512').update(readFileSync(path)).digest('base64')
    if (digest !== sha512 || statSync(path).size !== Number(size))
      throw new Error(`${name} is not the file that ${file} describes`)
  }
}

function publicBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
}

function encodePublic(id: Buffer, raw: Buffer): string {
  return Buffer.concat([Buffer.from('Ed'), id, raw]).toString('base64')
}

if (process.argv[1] === import.meta.filename) {
  const [command, path] = process.argv.slice(2)
  if (command === 'new-key' && path) {
    const { secret, publicKey } = newKey()
    writeFileSync(path, secret, { flag: 'wx', mode: 0o600 })
    process.stdout.write(`${publicKey}\n`)
  } else if (command === 'sign' && path) {
    const { OTG_RELEASE_KEY, OTG_RELEASE_KEY_FILE } = process.env
    const secret = OTG_RELEASE_KEY || (OTG_RELEASE_KEY_FILE && readFileSync(OTG_RELEASE_KEY_FILE, 'utf8'))
    if (!secret) throw new Error('set OTG_RELEASE_KEY to the secret key, or OTG_RELEASE_KEY_FILE to its file')
    const expected = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')) as Expected
    for (const file of signFolder(path, readKey(secret), expected)) process.stdout.write(`signed ${file}\n`)
  } else {
    process.stderr.write('usage: sign-release.ts new-key FILE | sign FOLDER\n')
    process.exitCode = 2
  }
}
