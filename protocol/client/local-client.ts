// A client on the host's own computer (role `local`): also manages pairing, devices and settings. The host answers a
// device that sends these requests with `forbidden`, so the phone's page does not include this file.
import { type ActivityState, type HostMessageOf, parseHostMessage } from '../messages.ts'
import { HostClient } from './client.ts'

/** A changed setting may reopen the host's network side, with a certificate that another program has to issue first. */
const CHANGE_SETTINGS_MS = 120_000

/** The host waits this long for a server (POST_MS), and a little longer here. */
const TEST_MS = 20_000

/** Longer than the host waits for a login shell. */
const STATUS_MS = 20_000

/** Backups and checks read all of a history: gigabytes on a slow disk. */
const UPKEEP_MS = 3_600_000

export class LocalClient extends HostClient {
  protected override readonly parse = parseHostMessage

  /** From now on the pairing code is shown, and `pairing` is emitted with it whenever it changes, also after reconnects. */
  showPairing(): void {
    this.startWatch('pairing', { type: 'show_pairing', show: true }, message => this.emit('pairing', message))
  }

  /** A person asks for another code, after devices have used up several. */
  async renewPairing(): Promise<void> {
    await this.request('pairing', { type: 'show_pairing', show: true, renew: true })
  }

  /** Makes the code invalid, unless another client shows it too. */
  async hidePairing(): Promise<void> {
    this.stopWatch('pairing')
    if (this.state.name === 'ready') await this.request('ok', { type: 'show_pairing', show: false })
  }

  /** The paired devices, and those that wait for approval. */
  devices(): Promise<HostMessageOf<'devices'>> {
    return this.request('devices', { type: 'devices' })
  }

  /** From now on `devices` is emitted and again whenever something changes, also after reconnects. */
  watchDevices(): void {
    this.startWatch('devices', { type: 'devices', watch: true }, message => this.emit('devices', message))
  }

  /** Approves or refuses a phone that waits. Rejects with `pairing_unknown` when another client has answered already. */
  async answerPairing(pairing_id: string, answer: { allow: boolean; read_only?: boolean }): Promise<void> {
    await this.request('ok', { type: 'answer_pairing', pairing_id, ...answer })
  }

  async updateDevice(
    device_id: string,
    change: { name?: string; read_only?: boolean; sessions?: readonly string[] | null },
  ): Promise<void> {
    await this.request('ok', {
      type: 'update_device',
      device_id,
      ...change,
      sessions: change.sessions && [...change.sessions],
    })
  }

  /** Closes its connections at once; to return, it has to be paired again. */
  async revokeDevice(device_id: string): Promise<void> {
    await this.request('ok', { type: 'revoke_device', device_id })
  }

  /** What a program in the session says of itself. `text`: its question, or what it did. */
  async reportActivity(session_id: string, state: ActivityState, text = '', agent = ''): Promise<void> {
    await this.request('ok', { type: 'report_activity', session_id, state, text, agent })
  }

  /** How the host is. */
  status({ renew_environment = false } = {}): Promise<HostMessageOf<'status'>> {
    return this.request('status', { type: 'status', renew_environment }, STATUS_MS)
  }

  /** Writes a backup to this path on the host's computer. Rejects with `backup_failed`, `store_damaged`, `history_busy`. */
  async backUp(file: string): Promise<Omit<HostMessageOf<'backed_up'>, 'type' | 'request_id'>> {
    const { type: _, request_id: _r, ...result } = await this.request('backed_up', { type: 'back_up', file }, UPKEEP_MS)
    return result
  }

  /** What is damaged in the history. Rejects with `history_busy`. */
  async checkHistory(): Promise<HostMessageOf<'history_checked'>['report']> {
    return (await this.request('history_checked', { type: 'check_history' }, UPKEEP_MS)).report
  }

  settings(): Promise<HostMessageOf<'settings'>> {
    return this.request('settings', { type: 'settings' })
  }

  /** From now on `settings` is emitted and again whenever one changes, also after reconnects. */
  watchSettings(): void {
    this.startWatch('settings', { type: 'settings', watch: true }, message => this.emit('settings', message))
  }

  /** Values by name, null for the default. Rejects with `settings_invalid`, naming the wrong one; then none has changed. */
  async changeSettings(change: Record<string, unknown>): Promise<void> {
    await this.request('ok', { type: 'change_settings', change }, CHANGE_SETTINGS_MS)
  }

  /** null: none. The host never sends it back; `settings` only says whether there is one. */
  async setNtfyToken(token: string | null): Promise<void> {
    await this.request('ok', { type: 'set_ntfy_token', token })
  }

  /** The new secret, which can be read only here. Requests that are signed with the old one end. */
  async renewWebhookSecret(): Promise<string> {
    return (await this.request('webhook_secret', { type: 'renew_webhook_secret' })).secret
  }

  /** Rejects with `notify_failed`, which says what to do, unless the server accepts a test notification. */
  async testNotifications(channel: 'ntfy' | 'webhook'): Promise<void> {
    await this.request('ok', { type: 'test_notifications', channel }, TEST_MS)
  }
}
