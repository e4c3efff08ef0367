// Entry of the popover, the window at the tray.
import '../ui/kit/ui.css'
import './base.css'
import { render } from 'preact'
import { connectHost } from './bridge/host.ts'
import { Popover } from './popover/popover.tsx'

const client = connectHost('popover')
render(<Popover client={client} />, document.getElementById('app')!)
