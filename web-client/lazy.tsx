// Parts of the page that are fetched when they are asked for. Knows nothing of what they are.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { toast } from '../ui/toast.tsx'

/** Nothing is shown until it is there; where it does not come, that is said. */
export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined
  return function Lazy(props: P) {
    const [Part, show] = useState<ComponentType<P> | undefined>(() => loaded)
    useEffect(() => {
      if (Part) return
      load().then(
        part => {
          loaded = part
          show(() => part)
        },
        () => toast('This part of the page could not be fetched. Is your computer reachable?', true),
      )
    }, [])
    return Part ? <Part {...props} /> : null
  }
}
