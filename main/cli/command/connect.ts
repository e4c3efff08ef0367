// Connects to the host of a data folder over its local socket.
import { hostname } from 'node:os'
import { LocalClient } from '../../../protocol/client/local-client.ts'
import { CodedError, toCoded } from '../../../protocol/errors.ts'
import { readHostInfo } from '../../host/files/host-info.ts'
import { connectLocal } from '../../host/listen/stream-transport.ts'
import type { Context } from './command.ts'
import { inflate } from './inflate.ts'

/** The protocol's limit for a client's name. */
const NAME_CHARACTERS = 64

/** A connected client, which closes when its host stops. Throws `host_not_running`, with how to start one. */
export async function connectHost(context: Context): Promise<LocalClient> {
  const socket = readHostInfo(context.dataDir)?.socket
  if (typeof socket !== 'string') throw notRunning(context)
  const client = new LocalClient({
    connect: () => connectLocal(socket),
    inflate,
    client: { kind: 'cli', name: hostname().slice(0, NAME_CHARACTERS) },
    // A local socket never drops: if it closes, the host and its sessions are gone.
    reconnect: false,
  })
  client.on('awaiting_grant', () => context.output.note(WAITING))
  try {
    await client.connect()
  } catch (error) {
    throw toCoded(error).code === 'host_not_running' ? notRunning(context, error) : error
  }
  return client
}

const WAITING = 'otg: a person has to allow this; answer in the app, on a phone, or in a terminal outside the sessions'

/** Undefined: no host runs on this folder. */
export async function connectIfRunning(context: Context): Promise<LocalClient | undefined> {
  try {
    return await connectHost(context)
  } catch (error) {
    if (toCoded(error).code === 'host_not_running') return undefined
    throw error
  }
}

/** Runs `work` with a connected client and closes it afterwards. */
export async function withHost<T>(context: Context, work: (client: LocalClient) => Promise<T>): Promise<T> {
  const client = await connectHost(context)
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

function notRunning(context: Context, cause?: unknown): CodedError {
  const option = context.dataDirOption ? ` --data-dir ${context.dataDir}` : ''
  const message = `no host is running for ${context.dataDir}; start one with: ${context.program} host --detach${option}`
  return new CodedError('host_not_running', message, { cause })
}
