// Requests that only the desktop may make (the pairing code, paired devices, settings), and the events it receives for them.
import { assertNever } from '../../../protocol/errors.ts'
import type { ClientMessageOf, HostMessageOf } from '../../../protocol/messages.ts'
import type { DeviceAdmin } from '../access/device-admin.ts'
import type { SettingsStore } from '../settings/settings-store.ts'
import type { Outlet } from './outlet.ts'

export type DesktopMessage = ClientMessageOf<
  | 'show_pairing'
  | 'devices'
  | 'answer_pairing'
  | 'update_device'
  | 'revoke_device'
  | 'settings'
  | 'change_settings'
  | 'set_ntfy_token'
  | 'renew_webhook_secret'
  | 'test_notifications'
  | 'back_up'
  | 'check_history'
>

/** What the desktop manages of notifications besides the settings. */
export interface NotificationAdmin {
  readonly secrets: SettingSecrets
  /** Throws `settings_invalid`, `data_dir_unusable`. */
  setNtfyToken(token: string | null): void
  /** Throws `data_dir_unusable`. */
  renewWebhookSecret(): string
  /** Rejects with `notify_failed`, `notify_busy`. */
  test(channel: 'ntfy' | 'webhook'): Promise<void>
}
type SettingSecrets = HostMessageOf<'settings'>['secrets']

export interface DesktopRequestsOptions {
  deviceAdmin: DeviceAdmin
  settings: SettingsStore
  notifications: NotificationAdmin
  upkeep: HistoryUpkeep
}

/** Backups and checks of the history. */
export interface HistoryUpkeep {
  /** Rejects with `backup_failed`, `store_damaged`, `history_busy`. */
  backUp(file: string): Promise<Omit<HostMessageOf<'backed_up'>, 'type' | 'request_id'>>
  /** Rejects with `history_busy`. */
  check(): Promise<HostMessageOf<'history_checked'>['report']>
}

export class DesktopRequests {
  readonly #deviceAdmin: DeviceAdmin
  readonly #settings: SettingsStore
  readonly #notifications: NotificationAdmin
  readonly #upkeep: HistoryUpkeep
  readonly #outlet: Outlet
  #watchesDevices = false
  #watchesSettings = false

  constructor({ deviceAdmin, settings, notifications, upkeep }: DesktopRequestsOptions, outlet: Outlet) {
    this.#deviceAdmin = deviceAdmin
    this.#settings = settings
    this.#notifications = notifications
    this.#upkeep = upkeep
    this.#outlet = outlet
  }

  /** Throws what the request throws. */
  take(message: DesktopMessage): void {
    const deviceAdmin = this.#deviceAdmin
    const { request_id } = message
    const ok = { type: 'ok', request_id } as const
    switch (message.type) {
      case 'show_pairing':
        if (!message.show) {
          deviceAdmin.hide(this)
          return this.#outlet.message(ok)
        }
        deviceAdmin.show(this)
        if (message.renew) deviceAdmin.pairing.renew()
        return this.#outlet.message({ ...deviceAdmin.pairingState(), request_id })
      case 'devices':
        this.#watchesDevices ||= message.watch === true
        return this.#outlet.message({ ...deviceAdmin.devicesState(), request_id })
      case 'answer_pairing':
        deviceAdmin.pairing.answer(message.pairing_id, {
          allow: message.allow,
          read_only: message.read_only === true,
        })
        return this.#outlet.message(ok)
      case 'update_device':
        deviceAdmin.devices.update(message.device_id, {
          name: message.name,
          read_only: message.read_only,
          sessions: message.sessions,
        })
        return this.#outlet.message(ok)
      case 'revoke_device':
        deviceAdmin.devices.revoke(message.device_id)
        return this.#outlet.message(ok)
      case 'settings':
        this.#watchesSettings ||= message.watch === true
        return this.#outlet.message({ ...this.#settingsState(), request_id })
      case 'change_settings':
        return this.#outlet.replyLater(request_id, async () => {
          await this.#settings.change(message.change)
          return ok
        })
      case 'set_ntfy_token':
        this.#notifications.setNtfyToken(message.token)
        return this.#outlet.message(ok)
      case 'renew_webhook_secret': {
        const secret = this.#notifications.renewWebhookSecret()
        return this.#outlet.message({ type: 'webhook_secret', request_id, secret })
      }
      case 'test_notifications':
        return this.#outlet.replyLater(request_id, async () => {
          await this.#notifications.test(message.channel)
          return ok
        })
      case 'back_up':
        return this.#outlet.replyLater(request_id, async () => ({
          type: 'backed_up',
          request_id,
          ...(await this.#upkeep.backUp(message.file)),
        }))
      case 'check_history':
        return this.#outlet.replyLater(request_id, async () => ({
          type: 'history_checked',
          request_id,
          report: await this.#upkeep.check(),
        }))
      default:
        assertNever(message)
    }
  }

  /** Another pairing code is shown, or a browser has loaded the page. */
  pairingChanged(): void {
    if (this.#deviceAdmin.pairing.shows(this)) this.#outlet.tryMessage(this.#deviceAdmin.pairingState())
  }

  devicesChanged(): void {
    if (this.#watchesDevices) this.#outlet.tryMessage(this.#deviceAdmin.devicesState())
  }

  settingsChanged(): void {
    if (this.#watchesSettings) this.#outlet.tryMessage(this.#settingsState())
  }

  #settingsState() {
    return { ...this.#settings.state(), secrets: this.#notifications.secrets }
  }

  /** The client is gone, and no longer shows the pairing code. */
  close(): void {
    this.#deviceAdmin.hide(this)
  }
}
