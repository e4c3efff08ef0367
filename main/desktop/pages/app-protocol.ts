// Serves the windows' files at app://ui/ from a map that is read at startup.
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, posix } from 'node:path'
import { protocol } from 'electron'
import { CodedError } from '../../../protocol/errors.ts'
import { isOurs, SCHEME } from './origin.ts'

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

// Like the headers of the phone's page (main/host/listen/http.ts), but without any network: the page talks to the host over
// its MessagePort.
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    // xterm.js sets colors and sizes as inline styles. Styles run no code.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self'",
    "img-src 'self' data:",
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** Makes app:// a scheme with origins, like https:. Call it before the app is ready. */
export function allowAppScheme(): void {
  protocol.registerSchemesAsPrivileged([{ scheme: SCHEME, privileges: { standard: true, secure: true } }])
}

/** Serves the files of `folder` as they are now. A request's path never reaches the file system. */
export function serveApp(folder: string): void {
  const files = readFiles(folder)
  protocol.handle(SCHEME, request => {
    const file = isOurs(request.url) && request.method === 'GET' ? files.get(new URL(request.url).pathname) : undefined
    if (!file) return new Response('not found', { status: 404, headers: HEADERS })
    return new Response(file.bytes, { headers: { ...HEADERS, 'content-type': file.type } })
  })
}

function readFiles(folder: string): Map<string, { bytes: Uint8Array<ArrayBuffer>; type: string }> {
  const files = new Map<string, { bytes: Uint8Array<ArrayBuffer>; type: string }>()
  const read = (path: string, url: string) => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const type = TYPES[extname(entry.name)]
      if (entry.isDirectory()) read(join(path, entry.name), posix.join(url, entry.name))
      // Pages load no files of other types: precompressed copies, source maps, build notes.
      else if (type)
        files.set(posix.join(url, entry.name), { bytes: new Uint8Array(readFileSync(join(path, entry.name))), type })
    }
  }
  try {
    read(folder, '/')
  } catch (cause) {
    throw new CodedError('web_client_missing', missingPagesText(folder), { cause })
  }
  if (!files.has('/index.html')) throw new CodedError('web_client_missing', missingPagesText(folder))
  return files
}

function missingPagesText(folder: string): string {
  return `${folder} does not contain the app's pages; build them with: npm run build`
}
