// The start of the window at the tray. Knows only which parts there are.
import '../ui/kit/ui.css'
import './base.css'
import { render } from 'preact'
import { connectHost } from './bridge/host.ts'
import { Popover } from './popover/popover.tsx'

const client = connectHost('popover')
render(<Popover client={client} />, document.getElementById('app')!)
