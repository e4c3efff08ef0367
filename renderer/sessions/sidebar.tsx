// The side of the window: new session, phone, history, the list of sessions, settings.
import './sidebar.css'
import type { ComponentChildren, Ref } from 'preact'
import type { Trouble } from '../../protocol/messages.ts'
import { openTrouble, troubleLine } from '../../ui/health/troubles.ts'
import { Icon, type IconName } from '../../ui/kit/icons.tsx'
import { NextButton } from './inbox.tsx'
import { type Shortcut, shortcutKeys } from './shortcuts.ts'

export interface SidebarProps {
  phone: boolean
  history: boolean
  /** How many phones wait for an answer. */
  requests: number
  /** How many sessions need a person, without the one that is shown. */
  needing: number
  /** What is wrong with the host. */
  troubles: readonly Trouble[]
  /** What a button does is what its shortcut does. */
  press: (shortcut: Shortcut) => void
  toggleHistory: () => void
  /** To move the focus to the list. */
  root: Ref<HTMLElement>
  /** The list. */
  children: ComponentChildren
}

export function Sidebar({
  phone,
  history,
  requests,
  needing,
  troubles,
  press,
  toggleHistory,
  root,
  children,
}: SidebarProps) {
  return (
    <nav class="side" aria-label="Sessions" ref={root}>
      <div class="tools">
        <SidebarButton class="primary" icon="plus" shortcut="new" onClick={() => press('new')}>
          New session
        </SidebarButton>
        <SidebarButton class="toggle" icon="phone" shortcut="phone" pressed={phone} onClick={() => press('phone')}>
          Phones
          {requests > 0 && (
            <span class="badge" role="img" aria-label={`${requests} waiting`}>
              {requests}
            </span>
          )}
        </SidebarButton>
        <SidebarButton class="toggle" icon="history" shortcut="history" pressed={history} onClick={toggleHistory}>
          History
        </SidebarButton>
        <NextButton count={needing} press={() => press('attention')} />
      </div>
      <div class="sessions">{children}</div>
      {troubles.length > 0 && (
        // Stays when the banner was hidden.
        <button
          type="button"
          class={troubles.some(({ severity }) => severity === 'error') ? 'plain to-trouble bad' : 'plain to-trouble'}
          aria-haspopup="dialog"
          onClick={openTrouble}
        >
          <Icon name="warning" />
          {troubleLine(troubles)}
        </button>
      )}
      <SidebarButton class="plain to-settings" icon="settings" shortcut="settings" onClick={() => press('settings')}>
        Settings
      </SidebarButton>
    </nav>
  )
}

interface SidebarButtonProps {
  class: string
  icon: IconName
  shortcut: Shortcut
  pressed?: boolean
  onClick: () => void
  children: ComponentChildren
}

function SidebarButton({ class: name, icon, shortcut, pressed, onClick, children }: SidebarButtonProps) {
  const keys = shortcutKeys(shortcut)
  return (
    <button
      type="button"
      class={name}
      title={keys.title}
      aria-keyshortcuts={keys.aria}
      aria-pressed={pressed}
      onClick={onClick}
    >
      <Icon name={icon} />
      {children}
    </button>
  )
}
