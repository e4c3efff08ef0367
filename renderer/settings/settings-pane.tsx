// The settings of the window, the app and the host. The code that stores a setting validates it.
import './settings-pane.css'
import { useEffect, useState } from 'preact/hooks'
import type { LocalClient } from '../../protocol/client/local-client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, SettingValues } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { toastError } from '../../ui/kit/toast.tsx'
import { type AppPreferences, appPreferences } from '../bridge/app-preferences.ts'
import { FONT_SIZES, readAppearance, storeAppearance } from './appearance.ts'
import { NotificationsSection } from './notifications-section.tsx'
import { ChoiceField, TextField, ToggleField } from './settings-field.tsx'
import { UpdatesSection } from './updates-section.tsx'

const THEMES = { system: 'System', light: 'Light', dark: 'Dark' }

const BINDS = { private: 'Private networks', loopback: 'This computer only', all: 'All networks' }

export function SettingsPane({ client, close }: { client: LocalClient; close: () => void }) {
  const [host, setHost] = useState<HostMessageOf<'settings'>>()
  const [error, setError] = useState<CodedError>()
  const [preferences, setPreferences] = useState<AppPreferences>()

  useEffect(() => {
    const read = () => client.settings().then(setHost, error => setError(toCoded(error)))
    const offs = [
      client.on('settings', setHost),
      // It can be another host than before.
      client.on('state', ({ name }) => {
        if (name !== 'ready') return
        setError(undefined)
        void read()
      }),
    ]
    client.watchSettings()
    void read()
    return () => {
      for (const off of offs) off()
    }
  }, [client])
  useEffect(() => {
    appPreferences().then(setPreferences, toastError)
  }, [])

  const change = async (wanted: Partial<Omit<AppPreferences, 'awake'>>) => setPreferences(await appPreferences(wanted))
  return (
    <Dialog class="settings" title="Settings" noAutofocus onClose={close}>
      <div class="corner">
        <IconButton icon="close" label="Close" title="Close" onClick={close} />
      </div>
      <section aria-labelledby="settings-window">
        <h3 id="settings-window">This window</h3>
        {preferences && (
          <ChoiceField
            label="Theme"
            value={preferences.theme}
            choices={THEMES}
            save={theme => change({ theme: theme as AppPreferences['theme'] })}
          />
        )}
        <FontFields />
      </section>
      {preferences && (
        <section aria-labelledby="settings-app">
          <h3 id="settings-app">This app</h3>
          <ToggleField
            label="Start when I log in"
            hint="Shows only the tray icon."
            value={preferences.start_at_login}
            save={start_at_login => change({ start_at_login })}
          />
          <ToggleField
            label="Keep the computer awake while sessions run"
            hint={preferences.awake ? 'The computer is kept awake now.' : 'The screen can still turn off.'}
            value={preferences.keep_awake}
            save={keep_awake => change({ keep_awake })}
          />
        </section>
      )}
      {preferences && <UpdatesSection feed={preferences.update_feed} save={update_feed => change({ update_feed })} />}
      {host ? (
        <HostSettings client={client} {...host} />
      ) : (
        <p role="status" class="no-host">
          {error ? missingSettingsText(error, client.host?.host.version) : 'Loading…'}
        </p>
      )}
    </Dialog>
  )
}

/** Why the host's settings are missing, and what the user can do. */
function missingSettingsText({ code }: CodedError, version: string | undefined): string {
  if (code !== 'bad_message') return 'The host does not answer. Its settings appear when it does.'
  return `The running host (version ${version}) is older than this app, so its settings cannot be changed here. Restart the host to update it, which ends its sessions.`
}

function FontFields() {
  const [{ font, fontSize: size }, setAppearance] = useState(readAppearance)
  const keep = async (wanted: Partial<ReturnType<typeof readAppearance>>) => {
    storeAppearance({ font, fontSize: size, ...wanted })
    setAppearance(readAppearance())
  }
  return (
    <>
      <TextField
        label="Terminal font"
        hint="A font on this computer. Leave empty for the built-in font."
        value={font}
        placeholder="Built-in"
        save={text => keep({ font: text })}
      />
      <TextField
        label="Terminal font size"
        unit="px"
        value={String(size)}
        save={async text => {
          const wanted = text === '' ? 14 : Number(text)
          if (!(wanted >= FONT_SIZES.min && wanted <= FONT_SIZES.max))
            throw new CodedError('settings_invalid', `takes a number from ${FONT_SIZES.min} to ${FONT_SIZES.max}`)
          await keep({ fontSize: wanted })
        }}
      />
    </>
  )
}

/** The host's settings. Each one is saved by itself, so that an error appears at its field. */
function HostSettings({
  client,
  values,
  defaults,
  fixed,
  secrets,
}: { client: LocalClient } & HostMessageOf<'settings'>) {
  const set = (name: keyof SettingValues) => (value: unknown) => client.changeSettings({ [name]: value })
  const held = (name: keyof SettingValues, hint?: string) =>
    fixed.includes(name)
      ? { disabled: true, hint: 'Set by an option that the host was started with.' }
      : hint === undefined
        ? {}
        : { hint }
  const number = (name: keyof SettingValues, label: string, unit: string, hint?: string) => (
    <TextField
      label={label}
      unit={unit}
      value={String(values[name])}
      placeholder={String(defaults[name])}
      save={text => set(name)(numberOf(text))}
      {...held(name, hint)}
    />
  )
  const toggle = (
    name: 'end_busy' | 'single_client' | 'agents_may_control' | 'obscure_typing' | 'login_environment',
    label: string,
    hint?: string,
  ) => <ToggleField label={label} value={values[name]} save={set(name)} {...held(name, hint)} />
  return (
    <>
      <section aria-labelledby="settings-sessions">
        <h3 id="settings-sessions">Sessions</h3>
        <TextField
          label="Shell"
          value={shellText(values.shell)}
          placeholder="Login shell"
          save={async text => set('shell')(shellOf(text))}
          {...held('shell', 'For new sessions: a program, or a list such as ["/bin/zsh", "-l"].')}
        />
        {number('idle_hours', 'End idle sessions after', 'hours', 'Idle: at the prompt, without output or viewers.')}
        {toggle(
          'login_environment',
          'Use your login environment',
          'For sessions from a phone, a window or the background. Turn it off and on to read it again.',
        )}
        {toggle('end_busy', 'End idle sessions even if a program is running')}
        {toggle('single_client', 'Allow only one viewer per session')}
        {toggle(
          'agents_may_control',
          'Let programs in sessions control other sessions',
          'Without asking you: read them, type into them, answer them. A program can never answer its own question.',
        )}
      </section>
      <NotificationsSection client={client} values={values} secrets={secrets} />
      <section aria-labelledby="settings-history">
        <h3 id="settings-history">History</h3>
        {number(
          'session_megabytes',
          'Output to keep per session',
          'MB',
          'Raw output. The oldest output is deleted first.',
        )}
        {number('total_megabytes', 'Output to keep in total', 'MB')}
        {number('retention_days', 'Keep ended sessions for', 'days')}
        <ChoiceField
          label="Encrypt on this computer"
          value={values.keystore}
          choices={KEYSTORE}
          save={set('keystore')}
          {...held(
            'keystore',
            'With a key in the system’s keystore. On the Go then starts only while the keystore is unlocked. The history follows at the next start.',
          )}
        />
      </section>
      <section aria-labelledby="settings-network">
        <h3 id="settings-network">Phones and network</h3>
        {number('upload_megabytes', 'Largest upload', 'MB')}
        {number('uploads_total_megabytes', 'All uploads together', 'MB')}
        {number('device_days', 'Forget phones not seen for', 'days')}
        {number('ask_again_days', 'Ask again about each phone after', 'days', 'At its next connection. 0: never.')}
        {toggle(
          'obscure_typing',
          'Hide the rhythm of typing from the network',
          'Sends at fixed intervals while a phone types. Keys arrive up to 20 ms later.',
        )}
        <p class="note">Changing the settings below reconnects all phones. Sessions keep running.</p>
        <TextField
          label="Port"
          value={values.port === null ? '' : String(values.port)}
          placeholder="7317, or a free one"
          save={text => set('port')(numberOf(text))}
          {...held('port', 'Paired phones know only the old port: pair them again after a change.')}
        />
        <BindField value={values.bind} save={set('bind')} {...held('bind')} />
        <TextField
          label="Proxy or tunnel names"
          value={values.allow_hosts.join(', ')}
          placeholder="None"
          save={text => set('allow_hosts')(text === '' ? null : text.split(/[\s,]+/).filter(Boolean))}
          {...held('allow_hosts', 'Separated by commas, such as box.example.com.')}
        />
        <TlsField value={values.tls} save={set('tls')} {...held('tls')} />
      </section>
      <section aria-labelledby="settings-log">
        <h3 id="settings-log">Log</h3>
        <ChoiceField
          label="Write to the log"
          value={values.log_level}
          choices={LOG_LEVELS}
          save={set('log_level')}
          {...held('log_level', 'host.log in the data folder. It never contains what you type or what sessions print.')}
        />
      </section>
    </>
  )
}

type FixedProps = { disabled?: boolean; hint?: string | undefined }

function BindField({ value, save, ...held }: FixedProps & { value: string; save: (bind: string) => Promise<unknown> }) {
  const named = Object.hasOwn(BINDS, value)
  const [other, setOther] = useState(!named)
  useEffect(() => setOther(!named), [named])
  return (
    <>
      <ChoiceField
        label="Listen on"
        value={other ? 'other' : value}
        choices={{ ...BINDS, other: 'Selected addresses' }}
        save={async choice => {
          if (choice !== 'other') await save(choice)
          setOther(choice === 'other')
        }}
        {...held}
      />
      {other && !held.disabled && (
        <TextField label="Addresses" value={named ? '' : value} placeholder="192.168.1.5, fd00::5" save={save} />
      )}
    </>
  )
}

const LOG_LEVELS = {
  error: 'Errors',
  warn: 'Errors and warnings',
  info: 'What happens',
  debug: 'Everything, for a bug report',
} satisfies Record<SettingValues['log_level'], string>

const KEYSTORE = { off: 'Nothing', keys: 'Keys and devices', all: 'Keys, devices and history' }

const TLS = { none: 'Off', tailscale: 'Tailscale certificate', files: 'Certificate files' }

function TlsField({
  value,
  save,
  ...held
}: FixedProps & { value: SettingValues['tls']; save: (tls: unknown) => Promise<unknown> }) {
  const kind = value === null ? 'none' : value === 'tailscale' ? 'tailscale' : 'files'
  const there = typeof value === 'object' && value !== null ? value : { cert: '', key: '' }
  const [chosen, setChosen] = useState<string>(kind)
  const [files, setFiles] = useState(there)
  useEffect(() => setChosen(kind), [kind])
  const saveFile = async (file: Partial<typeof files>) => {
    const both = { ...files, ...file }
    setFiles(both)
    if (both.cert !== '' && both.key !== '') await save(both)
  }
  return (
    <>
      <ChoiceField
        label="TLS"
        value={chosen}
        choices={TLS}
        save={async choice => {
          if (choice !== 'files') await save(choice === 'none' ? null : choice)
          setChosen(choice)
        }}
        hint="Pair all phones again after turning TLS on or off."
        {...held}
      />
      {chosen === 'files' && !held.disabled && (
        <>
          <TextField label="Certificate (PEM file)" value={files.cert} save={cert => saveFile({ cert })} />
          <TextField label="Private key (PEM file)" value={files.key} save={key => saveFile({ key })} />
        </>
      )}
    </>
  )
}

/** Empty means the default. What is not a number is sent as it is, and the host rejects it. */
function numberOf(text: string): number | string | null {
  if (text === '') return null
  const value = Number(text.replace(',', '.'))
  return Number.isFinite(value) ? value : text
}

function shellText(shell: SettingValues['shell']): string {
  return shell === null ? '' : typeof shell === 'string' ? shell : JSON.stringify(shell)
}

function shellOf(text: string): unknown {
  if (text === '') return null
  if (!text.startsWith('[')) return text
  try {
    return JSON.parse(text)
  } catch {
    throw new CodedError('settings_invalid', 'write a list like ["/bin/zsh", "-l"]')
  }
}
