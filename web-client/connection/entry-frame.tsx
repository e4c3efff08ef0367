// The frame of the screens before one is let in, and what they all may have to say. Connects nothing.
import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Icon, type IconName } from '../../ui/kit/icons.tsx'
import type { HostLink } from './host-link.ts'

export function Entry({ title, icon, children }: { title: string; icon: IconName; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null)
  // Whoever does not see that there is another screen hears it.
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

/** Where this browser keeps nothing it has to be known before one wonders. */
export function Forgetful({ link }: { link: HostLink }) {
  if (link.lasting.value) return null
  return (
    <p class="aside" role="note">
      This browser gives the page no storage, as some private windows do. After a reload this phone has to be let in
      anew.
    </p>
  )
}
