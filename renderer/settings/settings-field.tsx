// One setting: its label, its control, and the error for what was entered.
import type { ComponentChildren } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { toCoded } from '../../protocol/errors.ts'

export interface FieldProps {
  label: string
  hint?: string | undefined
  /** Set by an option of `otg host`: the stored value has no effect and is not shown. */
  disabled?: boolean
}

const FIXED = 'Set by an option'

/** Runs `save` and keeps its error message, without the setting's name, which the label shows. */
function useSaving() {
  const [error, setError] = useState<string>()
  const [saving, setSaving] = useState(false)
  const save = async (action: () => Promise<unknown>) => {
    setSaving(true)
    try {
      await action()
      setError(undefined)
      return true
    } catch (failure) {
      const message = toCoded(failure).message.replace(/^[a-z_]+(\.\w+)*: /, '')
      setError(`${message[0]?.toUpperCase() ?? ''}${message.slice(1)}`)
      return false
    } finally {
      setSaving(false)
    }
  }
  return { error, saving, save, setError }
}

function About({
  id,
  hint,
  error,
  saving,
}: {
  id: string
  hint?: string | undefined
  error: string | undefined
  saving: boolean
}) {
  return (
    <div class="about" id={id}>
      {error && (
        <p class="wrong" role="alert">
          {error}
        </p>
      )}
      {!error && saving && <p role="status">Applying…</p>}
      {!error && !saving && hint && <p>{hint}</p>}
    </div>
  )
}

/** A button, and what came of it: `run` resolves with the text to show. */
export function ActionField({
  label,
  hint,
  disabled,
  button,
  run,
  children,
}: FieldProps & { button: string; run: () => Promise<string>; children?: ComponentChildren }) {
  const id = useId()
  const [done, setDone] = useState<string>()
  const { error, saving, save } = useSaving()
  return (
    <div class="field action">
      <span id={`${id}-label`}>{label}</span>
      <div class="control">
        {children}
        <button
          type="button"
          // Keeps the keyboard focus while it runs.
          aria-disabled={disabled || saving}
          aria-describedby={`${id}-label ${id}-about`}
          onClick={() => {
            if (disabled || saving) return
            setDone(undefined)
            void save(async () => setDone(await run()))
          }}
        >
          {button}
        </button>
      </div>
      <About id={`${id}-about`} hint={done ?? hint} error={error} saving={saving} />
    </div>
  )
}

/** A secret that is sent to the host and never comes back: empty, whether or not it is set. */
export function SecretField({
  label,
  hint,
  disabled,
  isSet,
  save,
}: FieldProps & { isSet: boolean; save: (secret: string | null) => Promise<unknown> }) {
  const id = useId()
  const [draft, setDraft] = useState('')
  const { error, saving, save: run } = useSaving()
  const submit = async (secret: string | null) => {
    if (await run(() => save(secret))) setDraft('')
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="control">
        <input
          id={id}
          type="password"
          autocomplete="off"
          value={draft}
          placeholder={isSet ? 'Set' : 'Not set'}
          disabled={disabled}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-about`}
          onInput={event => setDraft(event.currentTarget.value)}
          onBlur={() => draft.trim() !== '' && void submit(draft.trim())}
          onKeyDown={event => {
            if (event.key === 'Enter' && draft.trim() !== '') void submit(draft.trim())
          }}
        />
        {isSet && (
          <button type="button" aria-label={`Remove ${label.toLowerCase()}`} onClick={() => void submit(null)}>
            Remove
          </button>
        )}
      </div>
      <About id={`${id}-about`} hint={hint} error={error} saving={saving} />
    </div>
  )
}

/** Saves when it loses focus and at Enter. */
export function TextField({
  label,
  hint,
  disabled,
  value,
  save,
  unit,
  placeholder,
}: FieldProps & { value: string; save: (text: string) => Promise<unknown>; unit?: string; placeholder?: string }) {
  const id = useId()
  const [draft, setDraft] = useState(value)
  const { error, saving, save: run } = useSaving()
  const latest = useRef(value)
  latest.current = value
  // A layout effect, because a later one would overwrite what was typed since.
  useLayoutEffect(() => setDraft(value), [value])
  const submit = async () => {
    const text = draft.trim()
    if (text === value && !error) return setDraft(value)
    // Saving an empty field restores the default, which can be the value it had before.
    if ((await run(() => save(text))) && text === '') setDraft(latest.current)
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="control">
        <input
          id={id}
          type="text"
          spellcheck={false}
          autocomplete="off"
          value={disabled ? '' : draft}
          placeholder={disabled ? FIXED : placeholder}
          disabled={disabled}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-about`}
          onInput={event => setDraft(event.currentTarget.value)}
          onBlur={() => void submit()}
          onKeyDown={event => {
            if (event.key === 'Enter') void submit()
          }}
        />
        {unit && <span class="unit">{unit}</span>}
      </div>
      <About id={`${id}-about`} hint={hint} error={error} saving={saving} />
    </div>
  )
}

export function ToggleField({
  label,
  hint,
  disabled,
  value,
  save,
}: FieldProps & { value: boolean; save: (on: boolean) => Promise<unknown> }) {
  const id = useId()
  const { error, saving, save: run } = useSaving()
  return (
    <div class="field toggle">
      <label for={id}>
        <input
          id={id}
          type="checkbox"
          checked={value && !disabled}
          indeterminate={disabled === true}
          disabled={disabled || saving}
          aria-describedby={`${id}-about`}
          onChange={event => {
            const on = event.currentTarget.checked
            event.currentTarget.checked = value
            void run(() => save(on))
          }}
        />
        {label}
      </label>
      <About id={`${id}-about`} hint={hint} error={error} saving={false} />
    </div>
  )
}

export function ChoiceField({
  label,
  hint,
  disabled,
  value,
  choices,
  save,
}: FieldProps & { value: string; choices: Record<string, string>; save: (choice: string) => Promise<unknown> }) {
  const id = useId()
  const { error, saving, save: run } = useSaving()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="control">
        <select
          id={id}
          value={disabled ? '' : value}
          disabled={disabled}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-about`}
          onChange={async ({ currentTarget }) => {
            // Shows what holds, not what was refused.
            if (!(await run(() => save(currentTarget.value)))) currentTarget.value = value
          }}
        >
          {disabled && <option value="">{FIXED}</option>}
          {Object.entries(choices).map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      </div>
      <About id={`${id}-about`} hint={hint} error={error} saving={saving} />
    </div>
  )
}
