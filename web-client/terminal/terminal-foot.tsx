// What is below a terminal that may be typed into: what waits, files under way, and the key bar or the compose sheet in its
// place. Knows nothing of what they do.
import { type Signal, useComputed } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { KeyBar } from '../../ui/input/key-bar.tsx'
import type { HostLink } from '../connection/host-link.ts'
import { whenIdle } from '../page/idle.ts'
import { lazySheet } from '../page/lazy.tsx'
import { PendingStrip } from './pending-strip.tsx'
import type { TerminalSession } from './terminal-session.ts'

const loadCompose = () => import('../input/compose.tsx').then(({ Compose }) => Compose)
const loadPasteQuestion = () =>
  import('../../ui/input/paste-question.tsx').then(({ PasteDialog: PasteQuestion }) => PasteQuestion)
const loadUploadStrip = () => import('../input/upload-strip.tsx').then(({ UploadStrip }) => UploadStrip)
const LazyCompose = lazySheet(loadCompose)
const LazyPasteQuestion = lazySheet(loadPasteQuestion)
const LazyUploadStrip = lazySheet(loadUploadStrip)

export interface TerminalFootProps {
  link: HostLink
  session: TerminalSession
  /** Told the CSS pixels that are taken here beyond the key bar's own, for now. */
  extra: Signal<number>
}

export function TerminalFoot({ link, session, extra }: TerminalFootProps) {
  const { ways } = session
  const foot = useRef<HTMLDivElement>(null)
  const bringing = useComputed(() => ways.files.length > 0).value

  const ready = link.state.value.name === 'ready'
  useEffect(() => {
    if (!ready) return
    let off: (() => void) | undefined = () => {}
    void session.shown.then(() => {
      // Later they may be needed without a network to fetch them over.
      off &&= whenIdle(() => {
        for (const load of [loadCompose, loadPasteQuestion, loadUploadStrip]) load().catch(() => {}) // it is tried again when asked for
      })
    })
    return () => {
      off?.()
      off = undefined
    }
  }, [ready])

  // Before anything is measured: a session that was shaped for this phone is told by the size of its box.
  useLayoutEffect(() => {
    const element = foot.current
    if (!element) return
    const measure = () => {
      extra.value = element.offsetHeight - (element.querySelector<HTMLElement>('.key-bar')?.offsetHeight ?? 0)
    }
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(element)
    return () => {
      observer.disconnect()
      extra.value = 0
    }
  }, [])

  const closeCompose = () => ways.closeCompose()
  const close = () => ways.answerPaste('cancel')
  return (
    <div ref={foot} class={ways.composing.value ? 'foot composing' : 'foot'}>
      <PendingStrip session={session} offline={!ready} />
      {bringing && <LazyUploadStrip ways={ways} close={closeCompose} />}
      {ways.composing.value && <LazyCompose link={link} ways={ways} close={closeCompose} />}
      <KeyBar
        sticky={session.sticky}
        press={(key, modifiers) => session.view?.press(key, modifiers)}
        act={action => (action === 'compose' ? ways.compose() : void ways.pasteClipboard())}
      />
      {ways.asked.value && (
        <LazyPasteQuestion
          pending={ways.asked.value}
          paste={() => ways.answerPaste('paste')}
          edit={ways.asked.value.composed ? undefined : () => ways.answerPaste('edit')}
          close={close}
        />
      )}
    </div>
  )
}
