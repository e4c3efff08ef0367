// The updates section of the settings: the feed, the state, and the button for the next step.
import { useEffect, useState } from 'preact/hooks'
import { formatAge } from '../../ui/sessions/session-text.ts'
import { appUpdates, type UpdateState } from '../bridge/app-updates.ts'
import { TextField } from './settings-field.tsx'

/** How often the state is read. */
const POLL_MS = 400

export function UpdatesSection({ feed, save }: { feed: string; save: (feed: string) => Promise<unknown> }) {
  const [state, setState] = useState<UpdateState>()
  const update = (step?: Parameters<typeof appUpdates>[0]) => appUpdates(step).then(setState, () => setState(undefined))
  useEffect(() => {
    void update()
    const timer = setInterval(() => void update(), POLL_MS)
    return () => clearInterval(timer)
  }, [])
  return (
    <section aria-labelledby="settings-updates">
      <h3 id="settings-updates">Updates</h3>
      <TextField
        label="Update feed"
        hint="An HTTPS address that you trust to install software on this computer. Leave empty to turn updates off."
        value={feed}
        placeholder="None"
        save={async text => {
          await save(text)
          await update()
        }}
      />
      {state && state.name !== 'off' && (
        <div class="field update">
          <span>Version {state.version_now}</span>
          <div class="control">
            <p role="status" class={state.name === 'failed' ? 'wrong' : undefined}>
              {stateText(state)}
            </p>
            <StepButton state={state} run={update} />
          </div>
          {!state.can_install && (
            <div class="about">
              <p>This package cannot update itself. Install a newer one the same way you installed it.</p>
            </div>
          )}
        </div>
      )}
    </section>
  )
}

function stateText(state: UpdateState): string {
  switch (state.name) {
    case 'off':
      return ''
    case 'checking':
      return 'Checking…'
    case 'newest':
      return `Up to date (checked ${ago(Date.now() - state.checked_at)}).`
    case 'newer':
      return `${state.version} is available.`
    case 'downloading':
      return `Downloading ${state.version}: ${state.percent} %`
    case 'ready':
      return `${state.version} is ready to install.`
    case 'failed':
      return `${state.message.charAt(0).toUpperCase()}${state.message.slice(1)}.`
  }
}

/** A single button for all steps, so that it keeps the keyboard focus. */
function StepButton({ state, run }: { state: UpdateState; run: (step: 'check' | 'download' | 'install') => void }) {
  const { name } = state
  const busy = name === 'checking' || name === 'downloading'
  const step =
    name === 'ready'
      ? 'install'
      : name === 'downloading' || (name === 'newer' && state.can_install)
        ? 'download'
        : 'check'
  return (
    <button
      type="button"
      class={step === 'check' ? undefined : 'primary'}
      aria-disabled={busy}
      onClick={() => !busy && run(step)}
    >
      {STEPS[step]}
    </button>
  )
}

const STEPS = { check: 'Check now', download: 'Download', install: 'Install and restart…' }

function ago(milliseconds: number): string {
  const age = formatAge(milliseconds)
  return age === 'now' ? 'just now' : `${age} ago`
}
