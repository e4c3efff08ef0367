// What the desktop manages of notifications besides the settings: secrets, and tests.
import { CodedError } from '../../protocol/errors.ts'
import type { NotificationAdmin } from './clients/desktop-requests.ts'
import type { Notifier } from './notify/notifier.ts'
import type { NotifySecrets } from './notify/secrets.ts'
import type { SettingsStore } from './settings/settings-store.ts'

/** `changed`: clients have to learn which secrets there are. */
export function notificationAdmin(
  settings: SettingsStore,
  secrets: NotifySecrets,
  notifier: Notifier,
  changed: () => void,
): NotificationAdmin {
  return {
    get secrets() {
      const { ntfy } = settings.values
      const has_token = ntfy !== undefined && secrets.ntfyToken(ntfy.server) !== undefined
      return { ntfy_token: has_token, webhook_secret: secrets.hasWebhookSecret }
    },
    setNtfyToken: token => {
      const { ntfy } = settings.values
      if (!ntfy) throw new CodedError('settings_invalid', 'enter the ntfy topic first')
      secrets.setNtfyToken(ntfy.server, token)
      changed()
    },
    renewWebhookSecret: () => {
      const secret = secrets.renewWebhookSecret()
      changed()
      return secret
    },
    test: channel => notifier.test(channel),
  }
}
