// Which screen is shown. Knows nothing of what the screens do.
import { Toasts } from '../ui/toast.tsx'
import type { HostLink } from './host-link.ts'
import { Refused } from './refused.tsx'
import { route } from './route.ts'
import { Sessions } from './sessions.tsx'
import { Terminal } from './terminal.tsx'

export function App({ link }: { link: HostLink }) {
  return (
    <>
      <Screen link={link} />
      <Toasts />
    </>
  )
}

function Screen({ link }: { link: HostLink }) {
  if (link.refused.value) return <Refused used={link.wasRefused} />
  const { value } = route
  return value.screen === 'sessions' ? (
    <Sessions link={link} />
  ) : (
    <Terminal key={value.opened} link={link} session_id={value.session_id} />
  )
}
