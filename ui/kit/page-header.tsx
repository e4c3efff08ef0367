// The top of a page or pane: a Back button where there is a page to go back to, the title, the actions.
import type { ComponentChildren } from 'preact'
import { IconButton } from './icon-button.tsx'

export interface PageHeaderProps {
  title: string
  /** The line below the title; null keeps the title's place for one that comes later. */
  details?: ComponentChildren
  back?: () => void
  backLabel?: string
  /** A tooltip, for pages with a mouse. */
  backHint?: string
  /** The actions. */
  children?: ComponentChildren
}

export function PageHeader({ title, details, back, backLabel = 'Back', backHint, children }: PageHeaderProps) {
  const heading = (
    <h1>
      <bdi>{title}</bdi>
    </h1>
  )
  return (
    <header>
      {back && <IconButton icon="back" label={backLabel} title={backHint} onClick={back} />}
      {details === undefined ? (
        heading
      ) : (
        <div class="name">
          {heading}
          {details}
        </div>
      )}
      {children}
    </header>
  )
}
