// The JSON messages of both directions: the two unions and how they are parsed. The schemas are in messages/, by subject.
import * as z from 'zod/mini'
import { activityRequests } from './messages/activity.ts'
import { CONNECTION_MESSAGES, connectionRequests } from './messages/connection.ts'
import { DEVICE_MESSAGES, deviceRequests, PUSH_MESSAGES } from './messages/devices.ts'
import { HEALTH_MESSAGES, healthRequests, STATUS_MESSAGES } from './messages/health.ts'
import { HISTORY_MESSAGES, historyRequests } from './messages/history.ts'
import { SESSION_MESSAGES, sessionRequests } from './messages/sessions.ts'
import { SETTING_MESSAGES, settingRequests } from './messages/settings.ts'
import { UPKEEP_MESSAGES, upkeepRequests } from './messages/upkeep.ts'

export {
  Activity,
  ActivityState,
  ANSWER_CHARACTERS,
  Evidence,
  Question,
  QuestionKind,
  QuestionOption,
} from './messages/activity.ts'
export { ClientKind } from './messages/connection.ts'
export {
  AddressKind,
  type DeviceInfo,
  type PairingAddress,
  type PairingRequest,
  PushSubscription,
} from './messages/devices.ts'
export { Blob, GapReason } from './messages/fields.ts'
export type { Trouble } from './messages/health.ts'
export { ExportFormat, HistoryFilter, type Hit, type Mark, Redaction, type SeekTarget } from './messages/history.ts'
export { AttentionKind, NotifyChoice, SessionInfo, SessionSpec, SessionState } from './messages/sessions.ts'
export type { SettingValues } from './messages/settings.ts'

export { VERSIONS } from './versions.ts'

/** Makes the build of a page, which never parses client messages, leave all of them out. */
const built = <T>(build: () => T): T => build()

export const ClientMessage = /* @__PURE__ */ built(() =>
  z.discriminatedUnion('type', [
    ...connectionRequests(),
    ...sessionRequests(),
    ...activityRequests(),
    ...historyRequests(),
    ...deviceRequests(),
    ...settingRequests(),
    ...healthRequests(),
    ...upkeepRequests(),
  ]),
)
export type ClientMessage = z.infer<typeof ClientMessage>

/** What devices receive, by type. */
const SHARED_MESSAGES = {
  ...CONNECTION_MESSAGES,
  ...SESSION_MESSAGES,
  ...HISTORY_MESSAGES,
  ...PUSH_MESSAGES,
  ...HEALTH_MESSAGES,
}

type Schemas = typeof SHARED_MESSAGES &
  typeof DEVICE_MESSAGES &
  typeof SETTING_MESSAGES &
  typeof STATUS_MESSAGES &
  typeof UPKEEP_MESSAGES
export type HostMessage = z.infer<ReturnType<Schemas[keyof Schemas]>>

/** Returns undefined for a message type that the client does not know, and for a message that does not match its schema. */
export type ParseHostMessage = (value: unknown) => HostMessage | undefined

/** Each schema is made when the first message of its type arrives: making all of them would delay a phone's connection. */
function parserOf(schemas: Record<string, () => z.ZodMiniType<HostMessage>>): ParseHostMessage {
  const made = new Map<string, z.ZodMiniType<HostMessage>>()
  return value => {
    const type = (value as { type?: unknown } | null | undefined)?.type
    if (typeof type !== 'string' || !Object.hasOwn(schemas, type)) return undefined
    let schema = made.get(type)
    if (!schema) {
      schema = schemas[type]!()
      made.set(type, schema)
    }
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed.data : undefined
  }
}

/** For devices. */
export const parseSharedMessage = /* @__PURE__ */ parserOf(SHARED_MESSAGES)
/** For clients on the host's own computer, which receive more; not part of the phone's page. */
export const parseHostMessage = /* @__PURE__ */ built(() =>
  parserOf({ ...SHARED_MESSAGES, ...DEVICE_MESSAGES, ...SETTING_MESSAGES, ...STATUS_MESSAGES, ...UPKEEP_MESSAGES }),
)

export type HostMessageOf<T extends HostMessage['type']> = Extract<HostMessage, { type: T }>
export type ClientMessageOf<T extends ClientMessage['type']> = Extract<ClientMessage, { type: T }>
