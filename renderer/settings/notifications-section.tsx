// The notifications section of the settings: of what, when, and through which services.
import { useEffect, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { CodedError } from '../../protocol/errors.ts'
import type { AttentionKind, HostMessageOf, SettingValues } from '../../protocol/messages.ts'
import { copy } from '../../ui/kit/copy.ts'
import { ActionField, SecretField, TextField, ToggleField } from './settings-field.tsx'

const KINDS: Record<AttentionKind, string> = {
  blocked: 'A program asks a question',
  done: 'A task is finished',
  ended: 'A session ends',
  failed: 'A session or command fails',
  message: 'A program sends a notification',
  bell: 'A program rings the bell',
}

const DAYS = { mon: 'Mon', tue: 'Tue', wed: 'Wed', thu: 'Thu', fri: 'Fri', sat: 'Sat', sun: 'Sun' }

const DEFAULT_QUIET = { from: '22:00', to: '07:00', days: Object.keys(DAYS), except_blocked: false }

const NTFY_SERVER = 'https://ntfy.sh'

interface SectionProps {
  client: LocalClient
  values: SettingValues
  secrets: HostMessageOf<'settings'>['secrets']
}

export function NotificationsSection({ client, values, secrets }: SectionProps) {
  const set = (name: keyof SettingValues) => (value: unknown) => client.changeSettings({ [name]: value })
  return (
    <section aria-labelledby="settings-notifications">
      <h3 id="settings-notifications">Notifications</h3>
      <Choices
        legend="Notify me when"
        choices={KINDS}
        chosen={values.notify_kinds}
        save={kinds => set('notify_kinds')(kinds)}
      />
      <ToggleField
        label="Notify me of trouble with the host"
        hint="It cannot record, the history is gone, or files or memory run out. The window and the phone show it in either case."
        value={values.notify_trouble}
        save={set('notify_trouble')}
      />
      <QuietHoursFields quiet={values.quiet_hours} save={set('quiet_hours')} />
      <ToggleField
        label="Notify phones while the page is closed"
        hint="Uses the push service of the phone’s browser, which learns when a notification is sent but not its content."
        value={values.push}
        save={set('push')}
      />
      <NtfyFields client={client} ntfy={values.ntfy} isTokenSet={secrets.ntfy_token} save={set('ntfy')} />
      <WebhookFields
        client={client}
        webhook={values.webhook}
        isSecretSet={secrets.webhook_secret}
        save={set('webhook')}
      />
    </section>
  )
}

function QuietHoursFields({
  quiet,
  save,
}: {
  quiet: SettingValues['quiet_hours']
  save: (quiet: SettingValues['quiet_hours']) => Promise<unknown>
}) {
  return (
    <>
      <ToggleField
        label="Quiet hours"
        hint="No notifications at these times. Sessions are still marked in the lists."
        value={quiet !== null}
        save={on => save(on ? DEFAULT_QUIET : null)}
      />
      {quiet && (
        <>
          <TextField label="From" value={quiet.from} save={from => save({ ...quiet, from })} />
          <TextField
            label="To"
            hint="In this computer’s time, such as 22:00. They may end on the next day."
            value={quiet.to}
            save={to => save({ ...quiet, to })}
          />
          <Choices
            legend="On the days when they begin"
            choices={DAYS}
            chosen={quiet.days}
            save={days => save({ ...quiet, days })}
          />
          <ToggleField
            label="Notify me of questions anyway"
            value={quiet.except_blocked}
            save={except_blocked => save({ ...quiet, except_blocked })}
          />
        </>
      )}
    </>
  )
}

function NtfyFields({
  client,
  ntfy,
  isTokenSet,
  save,
}: {
  client: LocalClient
  ntfy: SettingValues['ntfy']
  isTokenSet: boolean
  save: (ntfy: SettingValues['ntfy']) => Promise<unknown>
}) {
  return (
    <>
      <TextField
        label="ntfy topic"
        hint="Anyone who knows the topic can read it on a public server: choose a name that cannot be guessed. Leave empty to turn ntfy off."
        value={ntfy?.topic ?? ''}
        placeholder="Off"
        save={topic => save(topic === '' ? null : { server: NTFY_SERVER, include_text: false, ...ntfy, topic })}
      />
      {ntfy && (
        <>
          <TextField
            label="ntfy server"
            value={ntfy.server}
            placeholder={NTFY_SERVER}
            save={server => save({ ...ntfy, server: server || NTFY_SERVER })}
          />
          <SecretField
            label="ntfy access token"
            hint="Only if the server asks for one. It is stored on this computer and not shown again."
            isSet={isTokenSet}
            save={token => client.setNtfyToken(token)}
          />
          <IncludeText
            label="Include the text in ntfy messages"
            {...ntfy}
            save={include_text => save({ ...ntfy, include_text })}
          />
          <TestField client={client} channel="ntfy" />
        </>
      )}
    </>
  )
}

function WebhookFields({
  client,
  webhook,
  isSecretSet,
  save,
}: {
  client: LocalClient
  webhook: SettingValues['webhook']
  isSecretSet: boolean
  save: (webhook: SettingValues['webhook']) => Promise<unknown>
}) {
  const [secret, setSecret] = useState<string>()
  // Shown once: until the settings are closed or the secret is removed.
  useEffect(() => {
    if (!isSecretSet) setSecret(undefined)
  }, [isSecretSet])
  return (
    <>
      <TextField
        label="Webhook address"
        hint="Receives a signed request for each notification. Leave empty to turn it off."
        value={webhook?.url ?? ''}
        placeholder="Off"
        save={url => save(url === '' ? null : { include_text: false, ...webhook, url })}
      />
      {webhook && (
        <>
          <ActionField
            label="Webhook secret"
            hint={
              secret !== undefined
                ? 'Copy it now: it is not shown again.'
                : isSecretSet
                  ? 'Set. A new secret replaces it at once.'
                  : 'Not set. Nothing is sent until there is one.'
            }
            button={isSecretSet ? 'Replace secret' : 'Create secret'}
            run={async () => {
              setSecret(await client.renewWebhookSecret())
              return 'Copy it now: it is not shown again.'
            }}
          >
            {secret !== undefined && (
              <>
                <code>{secret}</code>
                <button type="button" onClick={() => void copy(secret)}>
                  Copy
                </button>
              </>
            )}
          </ActionField>
          <IncludeText
            label="Include the text in webhook requests"
            {...webhook}
            save={include_text => save({ ...webhook, include_text })}
          />
          <TestField client={client} channel="webhook" />
        </>
      )}
    </>
  )
}

function IncludeText({
  label,
  include_text,
  save,
}: {
  label: string
  include_text: boolean
  save: (include_text: boolean) => Promise<unknown>
}) {
  return (
    <ToggleField
      label={label}
      hint="What the program asks or says. Without it, only the program, the kind and the folder leave this computer."
      value={include_text}
      save={save}
    />
  )
}

function TestField({ client, channel }: { client: LocalClient; channel: 'ntfy' | 'webhook' }) {
  return (
    <ActionField
      label={channel === 'ntfy' ? 'Test ntfy' : 'Test the webhook'}
      button={channel === 'ntfy' ? 'Send ntfy test' : 'Send webhook test'}
      run={async () => {
        await client.testNotifications(channel)
        return 'The server accepted a test notification.'
      }}
    />
  )
}

/** Several choices out of a few, each saved at once. */
function Choices<Name extends string>({
  legend,
  choices,
  chosen,
  save,
}: {
  legend: string
  choices: Record<Name, string>
  chosen: readonly string[]
  save: (chosen: Name[]) => Promise<unknown>
}) {
  const [error, setError] = useState<string>()
  const names = Object.keys(choices) as Name[]
  const change = async (name: Name, on: boolean) => {
    try {
      await save(names.filter(one => (one === name ? on : chosen.includes(one))))
      setError(undefined)
    } catch (failure) {
      setError(failure instanceof CodedError ? failure.message : String(failure))
    }
  }
  return (
    <fieldset>
      <legend>{legend}</legend>
      <div class="choices">
        {names.map(name => (
          <label key={name}>
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={event => {
                const on = event.currentTarget.checked
                event.currentTarget.checked = chosen.includes(name)
                void change(name, on)
              }}
            />
            {choices[name]}
          </label>
        ))}
      </div>
      {error && (
        <p class="wrong" role="alert">
          {error}
        </p>
      )}
    </fieldset>
  )
}
