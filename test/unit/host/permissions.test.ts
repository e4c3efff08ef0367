// The permission table: which client may send which message.
import { describe, expect, it } from 'vitest'
import {
  checkPermission,
  PERMISSIONS,
  type Requester,
  type RequestType,
} from '../../../main/host/access/permissions.ts'

const REQUESTERS: Requester[] = ['local', 'device', 'read_only_device']
const TYPES = Object.keys(PERMISSIONS) as RequestType[]

/** The code that a request is refused with; undefined: it is allowed. */
function refusal(type: RequestType, requester: Requester): string | undefined {
  try {
    checkPermission(type, requester)
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

const refused = (requester: Requester, code: string) => TYPES.filter(type => refusal(type, requester) === code).sort()

describe('the permission table', () => {
  it('case 26: rejects the desktop’s messages from devices', () => {
    const desktopOnly = [
      'answer_pairing',
      'back_up',
      'change_settings',
      'check_history',
      'devices',
      'renew_webhook_secret',
      'report_activity',
      'revoke_device',
      'set_ntfy_token',
      'settings',
      'show_pairing',
      'status',
      'test_notifications',
      'update_device',
    ]
    expect(refused('device', 'forbidden')).toEqual(desktopOnly)
    expect(refused('read_only_device', 'forbidden')).toEqual(desktopOnly)
  })

  it('case 24: rejects messages that change something from read-only devices, and says that they are read-only', () => {
    expect(refused('read_only_device', 'device_read_only')).toEqual([
      'allow_control',
      'answer',
      'create',
      'delete_session',
      'dismiss_trouble',
      'kill',
      'mark',
      'mark_seen',
      'notify_session',
      'release_size',
      'rename',
      'reset_terminal',
      'resize',
      'unmark',
      'upload',
    ])
  })

  it('offers push notifications to devices only', () => {
    expect(refused('local', 'forbidden')).toEqual(['push'])
  })

  it('rejects nothing else', () => {
    const counts = REQUESTERS.map(requester => TYPES.filter(type => refusal(type, requester)).length)
    expect(counts).toEqual([1, 14, 29])
  })
})
