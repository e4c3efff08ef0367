// Finds this computer's names that stay when its addresses change: Tailscale's MagicDNS and .local. Sends nothing outside.
import { execFile } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import * as z from 'zod'
import { canonical, isLoopback, type OwnAddress } from './addresses.ts'

/** A name that resolves to these addresses of this computer. */
export interface FoundName {
  name: string
  addresses: readonly string[]
}

/** Where names come from; tests use others than the system's. */
export interface NameSources {
  hostname: string
  /** Commands that may be Tailscale's, tried in order. */
  tailscale: readonly string[]
  lookup(name: string): Promise<string[]>
}

/** A resolver may wait for a network that is gone, and a daemon may hang: then there is no name this time. */
const ANSWER_MS = 2_000
/** The status of one machine, without its peers. */
const STATUS_BYTES = 256 * 1024

/** Where installers put it. Full paths on Windows, which searches the current folder first for a bare name. */
export const TAILSCALE: readonly string[] =
  process.platform === 'win32'
    ? ['C:\\Program Files\\Tailscale\\tailscale.exe', 'C:\\Program Files (x86)\\Tailscale\\tailscale.exe']
    : process.platform === 'darwin'
      ? ['tailscale', '/usr/local/bin/tailscale', '/Applications/Tailscale.app/Contents/MacOS/Tailscale']
      : ['tailscale']

export const SYSTEM_SOURCES: NameSources = {
  hostname: hostname(),
  tailscale: TAILSCALE,
  lookup: async name =>
    (await usesMulticast()) ? (await lookup(name, { all: true })).map(({ address }) => address) : [],
}

/**
 * Whether the system resolves .local by multicast in the local network, and not by a name server: always on macOS and
 * Windows, on Linux with nss-mdns or systemd-resolved.
 */
async function usesMulticast(): Promise<boolean> {
  if (process.platform !== 'linux') return true
  const text = await readFile('/etc/nsswitch.conf', 'utf8').catch(() => '')
  return /^\s*hosts:.*\b(mdns|resolve)/m.test(text)
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?$/

/** Letters, digits, hyphens and dots: safe in a Host header, a URL and a command line. */
export function isDnsName(name: string): boolean {
  return name.length <= 253 && name.split('.').every(label => LABEL.test(label))
}

/** Each name once, with the own addresses that it resolves to. Never throws; a source that fails gives no name. */
export async function findNames(own: readonly OwnAddress[], sources: NameSources): Promise<FoundName[]> {
  const onTailnet = own.some(({ kind }) => kind === 'tailnet')
  const onNetwork = own.some(({ address }) => !isLoopback(address))
  const [magic, local] = await Promise.all([
    onTailnet ? tailscaleName(sources.tailscale) : undefined,
    onNetwork ? localName(sources) : undefined,
  ])
  const ours = new Set(own.map(({ address }) => address))
  return [magic, local].flatMap(found => {
    if (!found) return []
    const addresses = found.addresses.map(canonical).filter(address => ours.has(address) && !isLoopback(address))
    return addresses.length > 0 ? [{ name: found.name, addresses }] : []
  })
}

/** The used part of `tailscale status --json`. */
const Status = z.object({
  BackendState: z.literal('Running'),
  Self: z.object({ DNSName: z.string(), TailscaleIPs: z.array(z.string()).max(16) }),
  CurrentTailnet: z.object({ MagicDNSEnabled: z.boolean().optional() }).nullish(),
})

/** This computer's name in its tailnet, if Tailscale is running with MagicDNS. */
export async function tailscaleName(commands: readonly string[] = TAILSCALE): Promise<FoundName | undefined> {
  const limits = { timeout_ms: ANSWER_MS, bytes: STATUS_BYTES }
  try {
    const { stdout } = await runTailscale(commands, ['status', '--json', '--peers=false'], limits)
    const { Self, CurrentTailnet } = Status.parse(JSON.parse(stdout))
    const name = Self.DNSName.replace(/\.$/, '').toLowerCase()
    if (CurrentTailnet?.MagicDNSEnabled === false || !isDnsName(name)) return undefined
    return { name, addresses: Self.TailscaleIPs }
  } catch {
    return undefined
  }
}

/** Runs the first command that exists. Rejects with an error whose `stderr` says why. */
export async function runTailscale(
  commands: readonly string[],
  args: readonly string[],
  { timeout_ms, bytes }: { timeout_ms: number; bytes: number },
): Promise<{ stdout: string }> {
  const missing = Object.assign(new Error('there is no command tailscale'), { code: 'ENOENT' })
  for (const command of commands)
    try {
      return await new Promise((resolve, reject) => {
        const child = execFile(
          command,
          args,
          {
            timeout: timeout_ms,
            killSignal: 'SIGKILL',
            maxBuffer: bytes,
            windowsHide: true,
            // The binary in the macOS app bundle is both app and command.
            env: { ...process.env, TAILSCALE_BE_CLI: '1' },
          },
          (error, stdout, stderr) => (error ? reject(Object.assign(error, { stderr })) : resolve({ stdout })),
        )
        child.stdin?.end()
      })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  throw missing
}

/** `<hostname>.local`, if it resolves (RFC 6762). */
async function localName({ hostname, lookup }: NameSources): Promise<FoundName | undefined> {
  const [label] = hostname.toLowerCase().split('.')
  if (!label || label === 'localhost' || !isDnsName(label)) return undefined
  const name = `${label}.local`
  const addresses = await within(ANSWER_MS, lookup(name)).catch(() => undefined)
  return addresses && { name, addresses }
}

/** The system's resolver cannot be canceled; a late result is ignored. */
function within<T>(ms: number, result: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    result.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
