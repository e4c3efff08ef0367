// Answers a question from a notification while no page is open: over an encrypted channel of its own, with this phone's key.
// The service worker loads it as a script (vite.config.ts), and it has no more of the client than this.
import { CodedError, toCoded } from '../../protocol/errors.ts'
import { FrameReader, jsonFrames } from '../../protocol/frames.ts'
import { MESSAGE_BYTES } from '../../protocol/limits.ts'
import type { ClientMessage } from '../../protocol/messages.ts'
import type { Transport } from '../../protocol/transport.ts'
import { VERSIONS } from '../../protocol/versions.ts'
import { handshake } from '../connection/handshake.ts'
import { DATABASE, type Identity, STORE, unpack, unpackLocked } from '../connection/stored-identity.ts'
import { openWebSocket, socketUrl } from '../connection/websocket-transport.ts'

export interface Answer {
  session_id: string
  question_id: string
  /** Index into the question's options. */
  option: number
}

/** `gone`, `changed`: the host typed nothing. `locked`: the key is encrypted, and only the page can
 * ask for what decrypts it. `unconfirmed`: it was sent, and the connection was lost. */
export type Outcome = 'answered' | 'gone' | 'changed' | 'refused' | 'locked' | 'unreachable' | 'unconfirmed'

/** Browsers end a worker that takes longer than some tens of seconds. */
const ANSWER_MS = 20_000

/** The only request of this connection. */
const REQUEST_ID = 1

/** Never rejects. */
export async function answerQuestion(answer: Answer): Promise<Outcome> {
  let socket: Transport | undefined
  const timer = setTimeout(() => socket?.close({ code: 'unreachable', reason: 'it took too long' }), ANSWER_MS)
  try {
    const identity = await readIdentity()
    if (!identity) return 'refused'
    if (identity === 'locked') return 'locked'
    socket = openWebSocket(socketUrl(self.location, identity.hostKey))
    const { transport } = await handshake(socket, identity)
    return await exchange(transport, answer)
  } catch (error) {
    return toCoded(error).code === 'channel_refused' ? 'refused' : 'unreachable'
  } finally {
    clearTimeout(timer)
    socket?.close({ code: 'client_closed', reason: 'the answer was given' })
  }
}

function exchange(transport: Transport, answer: Answer): Promise<Outcome> {
  const reader = new FrameReader(MESSAGE_BYTES)
  const send = (message: ClientMessage) => {
    for (const frame of jsonFrames(message)) transport.send(frame)
  }
  return new Promise((resolve, reject) => {
    let isSent = false
    const receive = ({ type, request_id, code }: Record<string, unknown>) => {
      if (type === 'welcome' && !isSent) {
        isSent = true
        send({ type: 'answer', request_id: REQUEST_ID, ...answer })
      } else if (type === 'ok' && request_id === REQUEST_ID) resolve('answered')
      else if (type === 'error')
        resolve(
          code === 'question_gone' || code === 'session_ended' || code === 'session_unknown'
            ? 'gone'
            : code === 'question_changed'
              ? 'changed'
              : 'refused',
        )
      // The computer no longer knows this phone.
      else if (type === 'awaiting_approval') resolve('refused')
    }
    transport.start({
      frame: bytes => {
        try {
          const frame = reader.read(bytes)
          if (frame?.kind === 'json') receive(Object(frame.value) as Record<string, unknown>)
        } catch (error) {
          reject(error)
        }
      },
      close: () => (isSent ? resolve('unconfirmed') : reject(new CodedError('unreachable', 'the connection was lost'))),
    })
    send({ type: 'hello', versions: VERSIONS, client: { kind: 'phone', name: '' } })
  })
}

/** The keys of the paired host. */
function readIdentity(): Promise<Identity | 'locked' | undefined> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE)
    request.onerror = () => reject(request.error)
    // There is no such database: it is not created here.
    request.onupgradeneeded = () => request.transaction?.abort()
    request.onsuccess = () => {
      const database = request.result
      const found = database.transaction(STORE).objectStore(STORE).get('paired')
      found.onerror = () => reject(found.error)
      found.onsuccess = () => {
        database.close()
        resolve(unpackLocked(found.result) ? 'locked' : unpack(found.result))
      }
    }
  })
}
