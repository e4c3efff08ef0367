// A button that shows an icon, and tells assistive technology what it does.
import type { ButtonHTMLAttributes, ComponentChildren } from 'preact'
import { Icon, type IconName } from './icons.tsx'

export interface IconButtonProps extends Omit<ButtonHTMLAttributes, 'type' | 'icon' | 'label' | 'class'> {
  icon: IconName
  /** The accessible name. */
  label: string
  class?: string
  /** After the icon: a count or a dot. */
  children?: ComponentChildren
}

export function IconButton({ icon, label, class: name, children, ...attributes }: IconButtonProps) {
  return (
    <button {...attributes} type="button" class={name ? `icon ${name}` : 'icon'} aria-label={label}>
      <Icon name={icon} />
      {children}
    </button>
  )
}
