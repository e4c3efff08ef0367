// The phone's page starts here: takes its secret out of the address, connects, shows itself. Knows no screens.
import '../ui/kit/ui.css'
import './page.css'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { loadFont } from '../ui/terminal/font.ts'
import { App } from './app.tsx'
import { HostLink } from './connection/host-link.ts'
import { followHost } from './connection/page-update.ts'
import { allowed, watchForAttention } from './notifications/notifications.ts'
import { whenIdle } from './page/idle.ts'
import { onAwake, onLeave } from './page/lifecycle.ts'
import { startRouting } from './page/route.ts'
import { keepPage, letGo } from './page/service-worker.ts'
import { watchViewport } from './page/soft-keyboard.ts'
import { tellAttention } from './sessions/page-title.ts'

const link = new HostLink()
// First, so that the secret is out of the address before anything else happens.
link.start()
// While the connection is made: a terminal that is opened before its font has come is laid out twice.
void loadFont()
startRouting()
tellAttention(link)
followHost(link)
watchViewport()
onAwake(link.probe)
onLeave(link.leave)
watchForAttention(link.sessions)
void letGo()
// A visitor whom nobody has let in keeps nothing of it.
const stop: () => void = effect(() => {
  if (!link.reached.value) return
  keepPage()
  if (allowed.peek() === 'granted')
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
