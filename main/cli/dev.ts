// `npm run dev`: runs the host unbuilt and restarts it when its code changes; Vite serves the phone page and reloads it.
// Sessions end at a restart, so it has a data folder of its own unless OTG_DATA_DIR names one.
import { type ChildProcess, spawn } from 'node:child_process'
import { watch } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { packageRoot } from '../host/package-root.ts'

const root = packageRoot().path
const dataDir = process.env.OTG_DATA_DIR ?? join(root, 'build', 'dev-data')
const HOST_PORT = '7327'
const PAGE_PORT = '5173'
/** What the host is made of. */
const HOST_CODE = ['main', 'protocol', 'terminal']
/** An editor that saves several files causes one restart. */
const SETTLE_MS = 150

const env = { ...process.env, OTG_DATA_DIR: dataDir }
const otg = (...args: string[]) => [join(root, 'main', 'cli', 'otg.ts'), ...args]
const page = `http://localhost:${PAGE_PORT}`

let host: ChildProcess | undefined
let ending = false

function startHost(): void {
  // Loopback only: the first browser that uses the printed link is paired without a question.
  const names = ['--allow-host', `localhost:${PAGE_PORT}`]
  const args = otg('host', '--port', HOST_PORT, '--bind', 'loopback', ...names)
  host = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface({ input: host.stdout! }).once('line', () => process.stderr.write(`host: ready at ${HOST_PORT}\n`))
  host.once('exit', () => {
    host = undefined
    if (!ending) process.stderr.write('host: ended; it starts again when its code changes\n')
  })
}

function restartHost(): void {
  if (!host) return startHost()
  host.removeAllListeners('exit')
  host.once('exit', startHost)
  host.kill('SIGTERM')
}

/** Prints a link that pairs a browser with the page that Vite serves. */
function offerPairing(): void {
  const pair = spawn(process.execPath, otg('pair', '--yes', '--json'), { env, stdio: ['ignore', 'pipe', 'inherit'] })
  createInterface({ input: pair.stdout }).on('line', line => {
    const { url } = JSON.parse(line) as { url?: string }
    if (url !== undefined)
      process.stderr.write(`page: pair a browser within two minutes: ${page}/${new URL(url).hash}\n`)
  })
  process.once('exit', () => pair.kill())
}

let settle: NodeJS.Timeout | undefined
for (const folder of HOST_CODE)
  watch(join(root, folder), { recursive: true }, (_event, name) => {
    if (!/\.c?ts$/.test(name ?? '')) return
    clearTimeout(settle)
    settle = setTimeout(restartHost, SETTLE_MS)
  })

startHost()
host!.stdout!.once('data', offerPairing)

const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js')
const pages = spawn(process.execPath, [vite, '--mode', 'web-client', '--port', PAGE_PORT, '--strictPort'], {
  cwd: root,
  env: { ...env, OTG_DEV_HOST: `http://localhost:${HOST_PORT}` },
  stdio: 'inherit',
})
pages.once('exit', code => end(code ?? 1))

function end(code: number): void {
  if (ending) return
  ending = true
  pages.kill()
  if (!host) process.exit(code)
  host.once('exit', () => process.exit(code))
  host.kill('SIGTERM')
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => end(0))
