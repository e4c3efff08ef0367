// Entry of the main window.
import '../ui/kit/ui.css'
import './base.css'
import './window.css'
import { render } from 'preact'
import { App } from './app.tsx'
import { connectHost } from './bridge/host.ts'

const client = connectHost('window')
render(<App client={client} />, document.getElementById('app')!)
