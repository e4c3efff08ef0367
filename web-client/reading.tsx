// A session as text: loads the screen when somebody wants it. Knows nothing of what is in it.
import { useEffect, useState } from 'preact/hooks'
import type { HostLink } from './host-link.ts'
import type { ReadingScreen } from './reading-screen.tsx'
import { back, type Near } from './route.ts'

export interface ReadingProps {
  link: HostLink
  session_id: string
  /** Where to begin; left out: at the end. */
  offset: number | undefined
  near?: Near | undefined
}

export function Reading(props: ReadingProps) {
  const [Screen, setScreen] = useState<{ it: typeof ReadingScreen } | undefined>(undefined)
  const [failed, setFailed] = useState(false)
  const load = () => {
    setFailed(false)
    import('./reading-screen.tsx').then(
      ({ ReadingScreen }) => setScreen({ it: ReadingScreen }),
      () => setFailed(true),
    )
  }
  useEffect(load, [])
  if (Screen) return <Screen.it {...props} />
  return (
    <main class="page">
      {failed && (
        <div class="note empty">
          <p>This screen could not be loaded.</p>
          <p>The computer may be out of reach.</p>
          <p>
            <button type="button" onClick={load}>
              Try again
            </button>{' '}
            <button type="button" onClick={back}>
              Back
            </button>
          </p>
        </div>
      )}
    </main>
  )
}
