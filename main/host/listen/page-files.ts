// The page's files, read once at the start: a request opens no file, and unsent responses of any number of peers share one copy.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'
import { CodedError } from '../../../protocol/errors.ts'

/** All of them: ten times what the build makes, so that a wrong folder does not fill the memory. */
const PAGE_BYTES = 32 * 1024 * 1024
const PAGE_FILES = 1_000

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/vnd.microsoft.icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
}

/** Smallest first. The build writes them beside the file. */
const ENCODINGS = [
  { name: 'br', extension: '.br' },
  { name: 'gzip', extension: '.gz' },
] as const

/** Content types of files that run no code and are no page. SVG is not among them. */
const PASSIVE = /^(text\/css|font\/|image\/png)/

/** One form of a file. */
export interface Body {
  bytes: Buffer
  etag: string
  /** Undefined: as it is. */
  encoding: string | undefined
}

export interface PageFile {
  type: string
  /** It runs no code and is no page. */
  passive: boolean
  /** Its name changes when it does. */
  hashed: boolean
  /** Best first; the last is the file as it is. */
  bodies: readonly Body[]
}

/** The files below `root` by the path of their URL, except hidden ones and symbolic links (case 38). Throws `web_client_missing`. */
export function readPageFiles(root: string): ReadonlyMap<string, PageFile> {
  const raw = new Map<string, Buffer>()
  let bytes = 0
  const add = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.name.startsWith('.')) continue
      const path = join(folder, entry.name)
      if (entry.isDirectory()) add(path)
      if (!entry.isFile()) continue
      const content = readFileSync(path)
      bytes += content.length
      raw.set(`/${relative(root, path).split(sep).join('/')}`, content)
      if (bytes > PAGE_BYTES || raw.size > PAGE_FILES)
        throw new CodedError('web_client_missing', `${root} has more files than the web client`)
    }
  }
  try {
    add(root)
  } catch (cause) {
    if (cause instanceof CodedError) throw cause
    throw new CodedError('web_client_missing', `${root} cannot be read`, { cause })
  }
  const files = new Map<string, PageFile>()
  for (const [path, content] of raw) {
    const form = ENCODINGS.find(({ extension }) => path.endsWith(extension))
    if (form && raw.has(path.slice(0, -form.extension.length))) continue
    const type = TYPES[extname(path)] ?? 'application/octet-stream'
    const encoded = ENCODINGS.flatMap(({ name, extension }) => {
      const compressed = raw.get(path + extension)
      return compressed ? [body(compressed, name)] : []
    })
    const passive = PASSIVE.test(type)
    files.set(path, { type, passive, hashed: path.startsWith('/assets/'), bodies: [...encoded, body(content)] })
  }
  const index = files.get('/index.html')
  if (!index)
    throw new CodedError('web_client_missing', `${root} does not contain the web client; build it with: npm run build`)
  return files.set('/', index)
}

/** The smallest form that an Accept-Encoding header allows (RFC 9110 section 12.5.3). */
export function bodyFor(file: PageFile, accept = ''): Body {
  const accepted = new Map<string, boolean>()
  for (const one of accept.toLowerCase().split(',')) {
    const [name, ...parameters] = one.split(';').map(part => part.trim())
    accepted.set(name!, !parameters.some(parameter => /^q=0(\.0*)?$/.test(parameter)))
  }
  const allows = (encoding: string) => accepted.get(encoding) ?? accepted.get('*') ?? false
  return file.bodies.find(({ encoding }) => encoding === undefined || allows(encoding))!
}

/** Whether an If-None-Match header names this form (RFC 9110 section 13.1.2). */
export function isKnown({ etag }: Body, header: string | undefined): boolean {
  return header?.split(',').some(one => one.trim().replace(/^W\//, '') === etag) ?? false
}

function body(bytes: Buffer, encoding?: string): Body {
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return { bytes, etag, encoding }
}
