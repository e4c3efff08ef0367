// What `serveSockets` needs besides a server, where a test is not about handshakes.
import { HandshakeLimit } from '../../../main/host/listen/handshake-limit.ts'
import type { Handshakes } from '../../../main/host/listen/websocket.ts'
import { generateKeyPair } from '../../../protocol/channel/keys.ts'

export function anyHandshakes(limit = new HandshakeLimit()): { hostKey: Uint8Array; handshakes: Handshakes } {
  return { hostKey: generateKeyPair().publicKey, handshakes: { strangers: limit, claimed: limit } }
}
