// The settings: the window's, the app's, and the host's. Knows nothing of what they do; whoever keeps one says what fits.
import './settings-pane.css'
import { useEffect, useState } from 'preact/hooks'
import type { HostClient } from '../../protocol/client/client.ts'
import { CodedError, toCoded } from '../../protocol/errors.ts'
import type { HostMessageOf, SettingValues } from '../../protocol/messages.ts'
import { Dialog } from '../../ui/kit/dialog.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { toast } from '../../ui/kit/toast.tsx'
import { type AppPreferences, appPreferences } from '../bridge/app-preferences.ts'
import { keepAppearance, readAppearance, SIZES } from './appearance.ts'
import { ChoiceField, TextField, ToggleField } from './settings-field.tsx'
import { UpdatesSection } from './updates-section.tsx'

const THEMES = { system: 'As the system', light: 'Light', dark: 'Dark' }

const BINDS = { private: 'Private networks', loopback: 'This computer only', all: 'Every network' }

export function SettingsPane({ client, close }: { client: HostClient; close: () => void }) {
  const [host, setHost] = useState<HostMessageOf<'settings'>>()
  const [wrong, setWrong] = useState<CodedError>()
  const [own, setOwn] = useState<AppPreferences>()

  useEffect(() => {
    const ask = () => client.settings().then(setHost, error => setWrong(toCoded(error)))
    const offs = [
      client.on('settings', setHost),
      // Perhaps another host than before.
      client.on('state', ({ name }) => {
        if (name !== 'ready') return
        setWrong(undefined)
        void ask()
      }),
    ]
    client.watchSettings()
    void ask()
    return () => {
      for (const off of offs) off()
    }
  }, [client])
  useEffect(() => {
    appPreferences().then(setOwn, error => toast(error.message, true))
  }, [])

  const change = async (wanted: Partial<Omit<AppPreferences, 'awake'>>) => setOwn(await appPreferences(wanted))
  return (
    <Dialog class="settings" title="Settings" noAutofocus onClose={close}>
      <div class="corner">
        <button type="button" class="icon" aria-label="Close" title="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </div>
      <section aria-labelledby="settings-window">
        <h3 id="settings-window">This window</h3>
        {own && (
          <ChoiceField
            label="Theme"
            value={own.theme}
            choices={THEMES}
            save={theme => change({ theme: theme as AppPreferences['theme'] })}
          />
        )}
        <Letters />
      </section>
      {own && (
        <section aria-labelledby="settings-app">
          <h3 id="settings-app">This app</h3>
          <ToggleField
            label="Start when I log in"
            hint="With the tray icon only."
            value={own.start_at_login}
            save={start_at_login => change({ start_at_login })}
          />
          <ToggleField
            label="Keep the computer awake while sessions run"
            hint={own.awake ? 'It is kept awake now.' : 'The screen may still go dark.'}
            value={own.keep_awake}
            save={keep_awake => change({ keep_awake })}
          />
        </section>
      )}
      {own && <UpdatesSection feed={own.update_feed} save={update_feed => change({ update_feed })} />}
      {host ? (
        <HostSettings client={client} {...host} />
      ) : (
        <p role="status" class="no-host">
          {wrong ? noSettings(wrong, client.host?.host.version) : 'Asking the host…'}
        </p>
      )}
    </Dialog>
  )
}

/** Why there is nothing to set of the host, and what a person can do. */
function noSettings({ code }: CodedError, version: string | undefined): string {
  if (code !== 'bad_message') return 'The host does not answer: its settings come when it does.'
  return `The host that runs here (version ${version}) is older than this app and has no settings that could be changed while it runs. What its settings.json says holds; to change it here, end that host and start it anew.`
}

function Letters() {
  const [{ font, size }, setAppearance] = useState(readAppearance)
  const keep = async (wanted: Partial<ReturnType<typeof readAppearance>>) => {
    keepAppearance({ font, size, ...wanted })
    setAppearance(readAppearance())
  }
  return (
    <>
      <TextField
        label="Terminal font"
        hint="A font of this computer; empty for the one that comes with the app."
        value={font}
        placeholder="Its own"
        save={text => keep({ font: text })}
      />
      <TextField
        label="Terminal font size"
        unit="px"
        value={String(size)}
        save={async text => {
          const wanted = text === '' ? 14 : Number(text)
          if (!(wanted >= SIZES.least && wanted <= SIZES.most))
            throw new CodedError('settings_invalid', `takes a number from ${SIZES.least} to ${SIZES.most}`)
          await keep({ size: wanted })
        }}
      />
    </>
  )
}

/** What comes of the host, one setting at a time, so that what is wrong stands where it was entered. */
function HostSettings({ client, values, defaults, fixed }: { client: HostClient } & HostMessageOf<'settings'>) {
  const set = (name: keyof SettingValues) => (value: unknown) => client.changeSettings({ [name]: value })
  const held = (name: keyof SettingValues, hint?: string) =>
    fixed.includes(name)
      ? { disabled: true, hint: 'Decided by an option that the host was started with.' }
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
  const toggle = (name: 'end_busy' | 'single_client' | 'push', label: string, hint?: string) => (
    <ToggleField label={label} value={values[name]} save={set(name)} {...held(name, hint)} />
  )
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
        {number('idle_hours', 'End idle sessions after', 'hours', 'Silent, at the prompt, and nobody looks.')}
        {toggle('end_busy', 'Also when something still runs in them')}
        {toggle('single_client', 'One client at a time per session')}
      </section>
      <section aria-labelledby="settings-history">
        <h3 id="settings-history">History</h3>
        {number('session_megabytes', 'Keep per session', 'MB', 'Raw output; the oldest goes first.')}
        {number('total_megabytes', 'Keep in all', 'MB')}
        {number('retention_days', 'Keep ended sessions for', 'days')}
      </section>
      <section aria-labelledby="settings-network">
        <h3 id="settings-network">Phones and network</h3>
        {number('upload_megabytes', 'Largest file a phone may bring', 'MB')}
        {number('uploads_total_megabytes', 'Files of phones in all', 'MB')}
        {toggle(
          'push',
          'Notify phones whose page is closed',
          'Those that asked for it, through their browser’s push service. It learns when, not what.',
        )}
        {number('device_days', 'Forget phones that were away for', 'days')}
        <p class="note">What follows holds at once too: connected phones are dropped and come back; sessions go on.</p>
        <TextField
          label="Port"
          value={values.port === null ? '' : String(values.port)}
          placeholder="7317, or a free one"
          save={text => set('port')(numberOf(text))}
          {...held('port', 'Paired phones look for this computer at the port that they know.')}
        />
        <Listening value={values.bind} save={set('bind')} {...held('bind')} />
        <TextField
          label="Names of a proxy or tunnel"
          value={values.allow_hosts.join(', ')}
          placeholder="None"
          save={text => set('allow_hosts')(text === '' ? null : text.split(/[\s,]+/).filter(Boolean))}
          {...held('allow_hosts', 'With commas between them, such as box.example.com.')}
        />
        <Tls value={values.tls} save={set('tls')} {...held('tls')} />
      </section>
    </>
  )
}

type Holding = { disabled?: boolean; hint?: string | undefined }

function Listening({ value, save, ...held }: Holding & { value: string; save: (bind: string) => Promise<unknown> }) {
  const named = Object.hasOwn(BINDS, value)
  const [other, setOther] = useState(!named)
  useEffect(() => setOther(!named), [named])
  return (
    <>
      <ChoiceField
        label="Listen on"
        value={other ? 'other' : value}
        choices={{ ...BINDS, other: 'These addresses' }}
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

const TLS = { none: 'Off', tailscale: 'Tailscale’s certificate', files: 'These files' }

function Tls({
  value,
  save,
  ...held
}: Holding & { value: SettingValues['tls']; save: (tls: unknown) => Promise<unknown> }) {
  const kind = value === null ? 'none' : value === 'tailscale' ? 'tailscale' : 'files'
  const there = typeof value === 'object' && value !== null ? value : { cert: '', key: '' }
  const [chosen, setChosen] = useState<string>(kind)
  const [files, setFiles] = useState(there)
  useEffect(() => setChosen(kind), [kind])
  const give = async (part: Partial<typeof files>) => {
    const both = { ...files, ...part }
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
        hint="Phones that were paired without it have to be paired again, and the other way round."
        {...held}
      />
      {chosen === 'files' && !held.disabled && (
        <>
          <TextField label="Certificate (PEM file)" value={files.cert} save={cert => give({ cert })} />
          <TextField label="Private key (PEM file)" value={files.key} save={key => give({ key })} />
        </>
      )}
    </>
  )
}

/** Empty is the default; what is no number goes as it is, and the host says what it takes. */
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
    throw new CodedError('settings_invalid', 'a list looks like ["/bin/zsh", "-l"]')
  }
}
