// A session's whole output as text at the phone's width: scrolled and selected like any page, searched on the host.
import './reading.css'
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { SessionInfo } from '../../protocol/messages.ts'
import { ConnectionBanner } from '../../ui/kit/connection-banner.tsx'
import { IconButton } from '../../ui/kit/icon-button.tsx'
import { Icon } from '../../ui/kit/icons.tsx'
import { PageHeader } from '../../ui/kit/page-header.tsx'
import { sentence } from '../../ui/kit/sentence.ts'
import { printable, stateText } from '../../ui/sessions/session-text.ts'
import type { HostLink } from '../connection/host-link.ts'
import { back, type LineHint } from '../page/route.ts'
import { usePageTitle } from '../sessions/page-title.ts'
import { FindBar } from './find-bar.tsx'
import { ReadingMenu } from './reading-menu.tsx'
import { TextPages } from './reading-text.tsx'
import { useReading } from './use-reading.ts'

export interface ReadingProps {
  link: HostLink
  session_id: string
  /** Where to begin; left out: at the end. */
  offset: number | undefined
  near?: LineHint | undefined
}

export function Reading({ link, session_id, offset, near }: ReadingProps) {
  const scroller = useRef<HTMLElement>(null)
  const reading = useReading({ link, session_id, offset, near, scroller })
  const { pages, find, session, style, error } = reading
  const menuOpen = useSignal(false)
  const finding = useSignal(false)
  const title = printable(session?.title ?? '')
  usePageTitle(title)

  const closeFind = () => {
    find.search('')
    finding.value = false
  }
  const shown = pages.pages.value
  return (
    <div class="page reading">
      <PageHeader title={title || 'Text'} back={back}>
        <IconButton
          icon="search"
          label="Find"
          aria-expanded={finding.value}
          onClick={() => {
            if (finding.value) closeFind()
            else finding.value = true
          }}
        />
        <IconButton
          icon="more"
          label="Menu"
          aria-haspopup="dialog"
          onClick={() => {
            menuOpen.value = true
          }}
        />
      </PageHeader>
      {finding.value && <FindBar find={find} close={closeFind} />}
      <ConnectionBanner state={link.state.value} reached={link.reached.value} retry={link.retry} />
      <div class="paper">
        <main
          ref={scroller}
          class={style.wrap ? 'text' : 'text unwrapped'}
          style={{ fontSize: `${style.size}px` }}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
          tabIndex={0}
          aria-label="Text of the session"
          aria-busy={shown === undefined}
          onScroll={reading.loadNearby}
        >
          {shown && (
            <>
              <p class="edge">{shown[0]?.before === null ? 'Start of the output' : 'Loading…'}</p>
              <TextPages pages={shown} born={session?.created_at} hits={find.byOffset.value} current={reading.hit} />
              {pages.atEnd.value && (
                <p class="edge">{shown.every(page => page.lines.length === 0) ? 'No output' : endText(session)}</p>
              )}
            </>
          )}
          {reading.isLoading && <p class="edge appears">Loading…</p>}
          {error && (
            <div class="note">
              <p>{sentence(error.message)}</p>
              <button type="button" onClick={reading.retry}>
                Try again
              </button>
            </div>
          )}
        </main>
        {(reading.newer || (shown && !pages.atEnd.value)) && (
          <button type="button" class="newer" onClick={reading.toEnd}>
            <Icon name="down" /> {reading.newer ? 'Show new output' : 'Go to the end'}
          </button>
        )}
      </div>
      {menuOpen.value && (
        <ReadingMenu
          readingStyle={style}
          setReadingStyle={reading.setStyle}
          setSize={reading.setSize}
          text={() => pages.lines.map(({ text }) => text).join('\n')}
          close={() => {
            menuOpen.value = false
          }}
        />
      )}
    </div>
  )
}

function endText(session: SessionInfo | undefined): string {
  if (!session) return ''
  return session.state === 'running' ? 'Still running' : `Session ${stateText(session)}`
}
