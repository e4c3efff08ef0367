// Updates among the settings: where they come from, whether there is one, and the steps that need a yes. Knows no download.
import { useEffect, useState } from 'preact/hooks'
import { formatAge } from '../../ui/sessions/session-text.ts'
import { appUpdates, type UpdateState } from '../bridge/app-updates.ts'
import { TextField } from './settings-field.tsx'

/** While something goes on it is looked at this often; a check is over in less, a download moves on. */
const LOOK_MS = 400

export function UpdatesSection({ feed, save }: { feed: string; save: (feed: string) => Promise<unknown> }) {
  const [state, setState] = useState<UpdateState>()
  const look = (wanted?: Parameters<typeof appUpdates>[0]) =>
    appUpdates(wanted).then(setState, () => setState(undefined))
  useEffect(() => {
    void look()
    const timer = setInterval(() => void look(), LOOK_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <section aria-labelledby="settings-updates">
      <h3 id="settings-updates">Updates</h3>
      <TextField
        label="Update feed"
        hint="An https address that you trust with this computer. Empty: nobody is asked."
        value={feed}
        placeholder="None"
        save={async text => {
          await save(text)
          await look()
        }}
      />
      {state && state.name !== 'off' && (
        <div class="field update">
          <span>Version {state.version_now}</span>
          <div class="control">
            <p role="status" class={state.name === 'failed' ? 'wrong' : undefined}>
              {words(state)}
            </p>
            <Step state={state} go={look} />
          </div>
          {!state.able && (
            <div class="about">
              <p>This package cannot replace itself: install a newer one the way this one came.</p>
            </div>
          )}
        </div>
      )}
    </section>
  )
}

function words(state: UpdateState): string {
  switch (state.name) {
    case 'off':
      return ''
    case 'checking':
      return 'Asking the feed…'
    case 'newest':
      return `None is newer (asked ${ago(Date.now() - state.checked_at)}).`
    case 'newer':
      return `${state.version} is there.`
    case 'downloading':
      return `Downloading ${state.version}: ${state.percent} %`
    case 'ready':
      return `${state.version} is here and can be installed.`
    case 'failed':
      return `${state.message.charAt(0).toUpperCase()}${state.message.slice(1)}.`
  }
}

/** One button whatever it says, so that who presses it by key stays at it. */
function Step({ state, go }: { state: UpdateState; go: (wanted: 'check' | 'download' | 'install') => void }) {
  const { name } = state
  const busy = name === 'checking' || name === 'downloading'
  const wanted =
    name === 'ready' ? 'install' : name === 'downloading' || (name === 'newer' && state.able) ? 'download' : 'check'
  return (
    <button
      type="button"
      class={wanted === 'check' ? undefined : 'primary'}
      aria-disabled={busy}
      onClick={() => !busy && go(wanted)}
    >
      {STEPS[wanted]}
    </button>
  )
}

const STEPS = { check: 'Check now', download: 'Download', install: 'Install and restart…' }

function ago(milliseconds: number): string {
  const words = formatAge(milliseconds)
  return words === 'now' ? 'just now' : `${words} ago`
}
