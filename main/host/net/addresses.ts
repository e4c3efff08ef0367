// Where this host can be reached. Knows nothing of servers.
import type { AddressKind } from '../../../protocol/messages.ts'

export interface Address {
  /** `http://name:port` */
  origin: string
  name: string
  kind: AddressKind
}
