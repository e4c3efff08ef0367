// A modal dialog over the page, and the confirmation dialog that most of them are.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

export interface DialogProps {
  title: string
  /** Shown in place of the title, which is then only the accessible name. */
  heading?: ComponentChildren
  class?: string
  /** Does not focus the first input: a soft keyboard would hide the rest, or it is one of many fields. */
  noAutofocus?: boolean
  /** Returns false to keep the dialog open at Escape or at a tap on the backdrop. */
  mayClose?: (how: 'escape' | 'backdrop') => boolean
  /** Called also for Escape, the phone's Back button, and a tap on the backdrop. */
  onClose: () => void
  children?: ComponentChildren
}

export function Dialog({
  title,
  heading,
  class: name,
  noAutofocus = false,
  mayClose = always,
  onClose,
  children,
}: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const shown = useRef(true)
  useLayoutEffect(() => {
    const dialog = element.current
    const before = document.activeElement
    dialog?.showModal()
    // Focuses an input if there is one, otherwise no button: a focus ring around the first button means nothing.
    const input = noAutofocus ? null : dialog?.querySelector('input')
    if (input) input.select()
    else dialog?.focus()
    return () => {
      shown.current = false
      dialog?.close()
      // A dialog that is removed from the page does not restore the focus.
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true })
    }
  }, [])
  return (
    <dialog
      ref={element}
      class={name ? `sheet ${name}` : 'sheet'}
      aria-label={title}
      tabIndex={-1}
      onClose={() => shown.current && onClose()}
      onKeyDown={event => {
        if (event.key === 'Escape' && !mayClose('escape')) event.preventDefault()
      }}
      // The event's target is the dialog itself only for the backdrop and the padding.
      onPointerDown={event =>
        event.target === event.currentTarget &&
        isOnBackdrop(event, event.currentTarget) &&
        mayClose('backdrop') &&
        onClose()
      }
    >
      <h2>{heading ?? title}</h2>
      {children}
    </dialog>
  )
}

const always = () => true

export interface ConfirmDialogProps extends Pick<DialogProps, 'title' | 'onClose' | 'children'> {
  confirmLabel: string
  cancelLabel?: string
  danger?: boolean
  onConfirm: () => void
}

export function ConfirmDialog({
  title,
  confirmLabel,
  cancelLabel = 'Cancel',
  danger,
  onConfirm,
  onClose,
  children,
}: ConfirmDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {cancelLabel}
        </button>
        <button type="button" class={danger ? 'danger' : 'primary'} onClick={onConfirm}>
          {confirmLabel}
        </button>
      </div>
    </Dialog>
  )
}

function isOnBackdrop(event: PointerEvent, element: HTMLElement): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect()
  return event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom
}
