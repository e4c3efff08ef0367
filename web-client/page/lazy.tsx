// Screens and sheets whose code comes when they are opened. Knows none of them.
import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ConfirmDialog } from '../../ui/kit/dialog.tsx'
import { back } from './route.ts'

type Load<P> = () => Promise<ComponentType<P>>

/** Fills the page, which must not be empty meanwhile, nor where it does not come. */
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
  /** Before anybody wants to see it. */
  return Object.assign(LazyScreen, { fetch })
}

/** Lies over a screen that stays what it is. */
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

/** Nobody has asked for it: where it does not come, nothing is said. */
export function lazyExtra<P extends object>(load: Load<P>) {
  const { use } = loaded(load)
  return function LazyExtra(props: P) {
    const { Loaded } = use()
    return Loaded ? <Loaded {...props} /> : null
  }
}

/** What has come once is there at once. The host may be away, or have been updated since: then it does not come. */
function loaded<P extends object>(load: Load<P>) {
  let Loaded: ComponentType<P> | undefined
  let coming: Promise<boolean> | undefined
  /** Resolves with whether it has come. */
  const fetch = () => {
    coming ??= load().then(
      component => {
        Loaded = component
        return true
      },
      () => {
        coming = undefined
        return false
      },
    )
    return coming
  }
  const use = () => {
    const [, told] = useState(0)
    const [failed, setFailed] = useState(false)
    const retry = () => {
      setFailed(false)
      void fetch().then(came => (came ? told(was => was + 1) : setFailed(true)))
    }
    useEffect(() => {
      if (!Loaded) retry()
    }, [])
    return { Loaded, failed, retry }
  }
  return { use, fetch }
}
