// A modal sheet over the page, and the question with two answers that most of them are. Knows nothing of what is asked.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

export interface DialogProps {
  title: string
  /** Shown in place of the title, which is then only what the dialog is called. */
  heading?: ComponentChildren
  class?: string
  /** Its inputs wait: a soft keyboard would hide the rest, and who only looks would type into one of many fields. */
  noAutofocus?: boolean
  /** Says no to Escape ('key') or to a tap beside it, and the dialog stays. */
  mayClose?: (how: 'key' | 'beside') => boolean
  /** Escape, the phone's Back button and a tap beside it close a dialog too. */
  onClose: () => void
  children?: ComponentChildren
}

export function Dialog({
  title,
  heading,
  class: name,
  noAutofocus: still = false,
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
    // An input that is there to be typed into, otherwise nothing: a ring around the first button says nothing.
    const input = still ? null : dialog?.querySelector('input')
    if (input) input.select()
    else dialog?.focus()
    return () => {
      shown.current = false
      dialog?.close()
      // Taken out of the page a dialog gives the focus to nobody; whoever typed wants to go on.
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
        if (event.key === 'Escape' && !mayClose('key')) event.preventDefault()
      }}
      // Only the backdrop is the dialog itself; everything else is in it.
      onPointerDown={event =>
        event.target === event.currentTarget &&
        isOnBackdrop(event, event.currentTarget) &&
        mayClose('beside') &&
        onClose()
      }
    >
      <h2>{heading ?? title}</h2>
      {children}
    </dialog>
  )
}

const always = () => true

export interface ConfirmDialogProps extends DialogProps {
  confirmLabel: string
  cancelLabel?: string
  danger?: boolean
  onConfirm: () => void
}

export function ConfirmDialog({
  title,
  confirmLabel: yes,
  cancelLabel: no = 'Cancel',
  danger,
  onConfirm: onYes,
  onClose,
  children,
}: ConfirmDialogProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <div class="actions">
        <button type="button" onClick={onClose}>
          {no}
        </button>
        <button type="button" class={danger ? 'danger' : 'primary'} onClick={onYes}>
          {yes}
        </button>
      </div>
    </Dialog>
  )
}

function isOnBackdrop(event: PointerEvent, element: HTMLElement): boolean {
  const { left, right, top, bottom } = element.getBoundingClientRect()
  return event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom
}
