// Entry point of the phone's page: takes the pairing secret out of the address, connects, renders.
import '../ui/kit/ui.css'
import './page/page.css'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { loadFont } from '../ui/terminal/font.ts'
import { App } from './app.tsx'
import { HostLink } from './connection/host-link.ts'
import { reloadWhenOutdated } from './connection/page-update.ts'
import { notificationState, notifyWhenHidden } from './notifications/notifications.ts'
import { whenIdle } from './page/idle.ts'
import { onAwake, onLeave, onUse } from './page/lifecycle.ts'
import { startRouting } from './page/route.ts'
import { registerServiceWorker, removeStaleServiceWorker } from './page/service-worker.ts'
import { watchViewport } from './page/soft-keyboard.ts'
import { LOCK_CHANGED } from './page/storage.ts'
import { announceNewWaits } from './sessions/new-waits.ts'
import { showAttentionCount } from './sessions/page-title.ts'

const link = new HostLink()
// First, so that the secret leaves the address before anything else runs.
link.start()
// In parallel with connecting: a terminal opened before its font has loaded is laid out twice.
void loadFont()
startRouting()
showAttentionCount(link)
announceNewWaits(link)
reloadWhenOutdated(link)
watchViewport()
onAwake(link.probe)
onUse(link.used)
onLeave(link.leave)
window.addEventListener('storage', ({ key }) => key === LOCK_CHANGED && window.location.reload())
notifyWhenHidden(link.sessions)
void removeStaleServiceWorker()
// Nothing is stored for a visitor without access.
const stop: () => void = effect(() => {
  if (!link.reached.value) return
  registerServiceWorker()
  if (notificationState.peek() === 'granted')
    whenIdle(
      () =>
        void import('./notifications/push.ts').then(
          ({ watchPush }) => watchPush(link),
          () => {},
        ),
    )
  queueMicrotask(() => stop())
})
render(<App link={link} />, document.getElementById('app')!)
