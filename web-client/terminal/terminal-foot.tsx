// The foot of a terminal: unsent input, uploads, and the key bar or the compose sheet in its place.
import { type Signal, useComputed } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { KeyBar } from '../../ui/input/key-bar.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { whenIdle } from '../page/idle.ts'
import { lazyExtra, lazySheet } from '../page/lazy.tsx'
import { useCoveredHeight } from './covered-height.ts'
import { PendingStrip } from './pending-strip.tsx'
import type { TerminalSession } from './terminal-session.ts'

const loadCompose = () => import('../input/compose.tsx').then(({ Compose }) => Compose)
const loadPasteDialog = () => import('../../ui/input/paste-dialog.tsx').then(({ PasteDialog }) => PasteDialog)
const loadUploadStrip = () => import('../input/upload-strip.tsx').then(({ UploadStrip }) => UploadStrip)
const LazyCompose = lazySheet(loadCompose)
const LazyPasteDialog = lazySheet(loadPasteDialog)
const LazyUploadStrip = lazyExtra(loadUploadStrip)

export interface TerminalFootProps {
  link: HostLink
  session: TerminalSession
  /** Set to the CSS pixels that the foot takes beyond the key bar's own height. */
  extra: Signal<number>
}

export function TerminalFoot({ link, session, extra }: TerminalFootProps) {
  const { input } = session
  const foot = useCoveredHeight(
    extra,
    element => element.offsetHeight - (element.querySelector<HTMLElement>('.key-bar')?.offsetHeight ?? 0),
  )
  const hasUploads = useComputed(() => input.files.length > 0).value

  const ready = link.state.value.name === 'ready'
  useEffect(() => {
    if (!ready) return
    let disposed = false
    let cancelIdle: (() => void) | undefined
    void session.shown.then(() => {
      if (disposed) return
      // Preloaded: they may be needed without a network.
      cancelIdle = whenIdle(() => {
        for (const load of [loadCompose, loadPasteDialog, loadUploadStrip]) load().catch(() => {}) // loaded again when opened
      })
    })
    return () => {
      disposed = true
      cancelIdle?.()
    }
  }, [ready])

  const closeCompose = () => input.closeCompose()
  const close = () => input.answerPaste('cancel')
  return (
    <div ref={foot} class={input.composing.value ? 'foot composing' : 'foot'}>
      <PendingStrip session={session} offline={!ready} />
      {hasUploads && <LazyUploadStrip input={input} />}
      {input.composing.value && <LazyCompose link={link} input={input} close={closeCompose} />}
      <KeyBar
        sticky={session.sticky}
        press={(key, modifiers) => session.view?.press(key, modifiers)}
        act={action => (action === 'compose' ? input.compose() : void input.pasteClipboard())}
      />
      {input.pasteRequest.value && (
        <LazyPasteDialog
          pending={input.pasteRequest.value}
          paste={() => input.answerPaste('paste')}
          edit={input.pasteRequest.value.composed ? undefined : () => input.answerPaste('edit')}
          close={close}
        />
      )}
    </div>
  )
}
