// Pairs like a phone: with the secret of the code that a desktop shows, over the encrypted channel.
import { NATIVE_SUITE } from '../../main/host/access/native-suite.ts'
import { openChannel, type Peer } from '../../protocol/channel/channel.ts'
import { generateKeyPair, type KeyPair, type Pairing, parsePairingFragment } from '../../protocol/channel/keys.ts'
import type { Suite } from '../../protocol/channel/noise.ts'
import { LocalClient } from '../../protocol/client/local-client.ts'
import type { HostMessageOf } from '../../protocol/messages.ts'
import { type Transport, transportPair } from '../../protocol/transport.ts'

/** The keys that a paired phone stores. */
export interface PhoneIdentity {
  hostKey: Uint8Array
  keys: KeyPair
}

/** Connects a desktop client in the host's own process. */
export async function connectDesktop(host: { accept(transport: Transport): void }): Promise<LocalClient> {
  const [mine, theirs] = transportPair()
  host.accept(theirs)
  const client = new LocalClient({
    connect: async () => mine,
    client: { kind: 'desktop', name: 'test desktop' },
    reconnect: false,
  })
  await client.connect()
  return client
}

/** Shows the pairing code; resolves with the next pairing message. */
export function nextPairing(desktop: LocalClient): Promise<HostMessageOf<'pairing'>> {
  return new Promise(resolve => {
    const off = desktop.on('pairing', message => {
      off()
      resolve(message)
    })
    desktop.showPairing()
  })
}

/** The preferred pairing address, with its secret. */
export async function pairingUrl(desktop: LocalClient): Promise<string> {
  return (await nextPairing(desktop)).addresses[0]!.url
}

export function parsePairingUrl(url: string): Pairing {
  const pairing = parsePairingFragment(new URL(url).hash)
  if (!pairing) throw new Error(`not a pairing address: ${url}`)
  return pairing
}

/** Answers every pairing request from now on; returns a function that stops this. */
export function answerPairingRequests(desktop: LocalClient, answer = { allow: true, read_only: false }): () => void {
  const answered = new Set<string>()
  const off = desktop.on('devices', ({ requests }) => {
    for (const { pairing_id } of requests) {
      if (answered.has(pairing_id)) continue
      answered.add(pairing_id)
      desktop.answerPairing(pairing_id, answer).catch(() => {}) // the request is gone
    }
  })
  desktop.watchDevices()
  return off
}

/** A client that pairs with a scanned code. `connect` opens the transport; `authenticated` is called after the handshake. */
export function pairingClient(
  { hostKey, secret }: Pairing,
  connect: () => Promise<Transport>,
  {
    keys = generateKeyPair(),
    name = 'test phone',
    suite = NATIVE_SUITE,
    authenticated = () => {},
  }: { keys?: KeyPair; name?: string; suite?: Suite; authenticated?: (peer: Peer) => void } = {},
): LocalClient {
  return new LocalClient({
    connect: async () =>
      openChannel({
        transport: await connect(),
        mode: 'pair',
        psk: secret,
        staticKey: keys,
        remoteStatic: hostKey,
        suite,
        authenticated,
      }),
    client: { kind: 'phone', name },
    reconnect: false,
  })
}

/** Pairs a new phone and disconnects. The desktop has to approve it (`answerPairingRequests`). */
export async function pairPhone(
  url: string,
  connect: () => Promise<Transport>,
  options: { name?: string; suite?: Suite } = {},
): Promise<PhoneIdentity> {
  const keys = generateKeyPair()
  const pairing = parsePairingUrl(url)
  const client = pairingClient(pairing, connect, { keys, ...options })
  await client.connect()
  client.close()
  return { hostKey: pairing.hostKey, keys }
}

/** Opens the channel of a paired phone that reconnects. */
export function openReturnChannel(
  { hostKey, keys }: PhoneIdentity,
  transport: Transport,
  suite = NATIVE_SUITE,
): Transport {
  return openChannel({ transport, mode: 'return', staticKey: keys, remoteStatic: hostKey, suite })
}

/** A phone that has scanned a code and waits for approval. */
export interface WaitingPhone {
  client: LocalClient
  identity: PhoneIdentity
  /** The code that it shows, to compare with the desktop's. */
  code: string
  /** Resolves when the phone is approved; rejects with the reason if it is not. */
  approved: Promise<void>
}

/** Requests pairing; resolves when the phone waits for approval or was approved at once. */
export async function requestPairing(
  url: string,
  connect: () => Promise<Transport>,
  name?: string,
  keys = generateKeyPair(),
): Promise<WaitingPhone> {
  const pairing = parsePairingUrl(url)
  let code = ''
  const client = pairingClient(pairing, connect, {
    keys,
    ...(name && { name }),
    authenticated: peer => {
      code = peer.code ?? ''
    },
  })
  const approved = client.connect()
  const waiting = new Promise<void>(resolve =>
    client.on('state', ({ name }) => name === 'awaiting_approval' && resolve()),
  )
  await Promise.race([waiting, approved])
  approved.catch(() => {}) // callers handle the rejection
  return { client, identity: { hostKey: pairing.hostKey, keys }, code, approved }
}
