// Screens and sheets whose code loads when they are opened.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { back } from './route.ts'

type Load<P> = () => Promise<ComponentType<P>>

/** A whole screen: shows a message while it loads, and Retry if it cannot. */
export function lazyScreen<P extends object>(load: Load<P>) {
  const { use, fetch } = loaded(load)
  function LazyScreen(props: P) {
    const { Loaded, failed, retry } = use()
    if (Loaded) return <Loaded {...props} />
    if (!failed) return <div class="page">{<p class="note appears">Loading…</p>}</div>
    return (
      <div class="page">
        <div class="note" role="alert">
          <p>This part of the page could not be loaded.</p>
          <button type="button" onClick={back}>
            Back
          </button>{' '}
          <button type="button" onClick={retry}>
            Try again
          </button>
        </div>
      </div>
    )
  }
  /** Loads the code ahead of time. */
  return Object.assign(LazyScreen, { fetch })
}

/** A sheet over a screen. */
export function lazySheet<P extends { close: () => void }>(load: Load<P>) {
  const { use } = loaded(load)
  return function LazySheet(props: P) {
    const { Loaded, failed, retry } = use()
    if (Loaded) return <Loaded {...props} />
    if (!failed) return null
    return (
      <ConfirmDialog
        title="This part of the page could not be loaded"
        confirmLabel="Try again"
        onConfirm={retry}
        onClose={props.close}
      />
    )
  }
}

/** An optional part of a screen: shows nothing if it cannot load. */
export function lazyExtra<P extends object>(load: Load<P>) {
  const { use, fetch, isLoaded } = loaded(load)
  function LazyExtra(props: P) {
    const { Loaded } = use()
    return Loaded ? <Loaded {...props} /> : null
  }
  /** Loads the code ahead of time, and tells whether it is there. */
  return Object.assign(LazyExtra, { fetch, isLoaded })
}

/** Loaded once, a component renders at once. Loading fails while the host is away, or if it was updated meanwhile. */
function loaded<P extends object>(load: Load<P>) {
  let Loaded: ComponentType<P> | undefined
  let loading: Promise<boolean> | undefined
  /** Resolves with whether it has loaded. */
  const fetch = () => {
    loading ??= load().then(
      component => {
        Loaded = component
        return true
      },
      () => {
        loading = undefined
        return false
      },
    )
    return loading
  }
  const use = () => {
    const [, rerender] = useState(0)
    const [failed, setFailed] = useState(false)
    const retry = () => {
      setFailed(false)
      void fetch().then(success => (success ? rerender(count => count + 1) : setFailed(true)))
    }
    useEffect(() => {
      if (!Loaded) retry()
    }, [])
    return { Loaded, failed, retry }
  }
  return { use, fetch, isLoaded: () => Loaded !== undefined }
}
