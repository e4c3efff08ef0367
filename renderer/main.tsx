// The main window's start. Knows only which parts there are.
import '../ui/kit/ui.css'
import './base.css'
import './style.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { connectHost } from './bridge/host.ts'

const client = connectHost('window')
render(<App client={client} />, document.getElementById('app')!)
