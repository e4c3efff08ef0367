// The frame of the screens shown before this phone has access, and the note about missing storage.
import './entry-screen.css'
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon, type IconName } from '../../ui/kit/icons.tsx'
import type { HostLink } from './host-link.ts'

export function EntryScreen({ title, icon, children }: { title: string; icon: IconName; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  // Announces the new screen to screen readers.
  useLayoutEffect(() => heading.current?.focus(), [title])
  return (
    <main class="entry">
      <div class="badge">
        <Icon name={icon} />
      </div>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </main>
  )
}

/** Tells the user beforehand that a reload ends their access. */
export function StorageNote({ link }: { link: HostLink }) {
  if (link.canStore.value) return null
  return (
    <p class="aside" role="note">
      This browser does not let the page store anything, as in a private window. You will have to pair again after a
      reload.
    </p>
  )
}
