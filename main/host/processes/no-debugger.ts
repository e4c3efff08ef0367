// Import it first: SIGUSR1 opens Node's debugger (https://nodejs.org/api/process.html#signal-events), on loopback and without a
// password. Any program of the user can send it, and any user of the computer could then run code here. A listener replaces
// Node's; `node --inspect` still works.
import { close, url } from 'node:inspector'

/** A signal that came before this line opens it a moment later, in a thread of its own. */
const LATE_MS = [0, 20, 100, 500]

// Electron takes Node's options among its own arguments.
const options = process.versions.electron ? process.argv : process.execArgv
const isWanted = /(?:^|\s)--inspect/.test([...options, process.env.NODE_OPTIONS ?? ''].join(' '))

process.on('SIGUSR1', () => {})
if (!isWanted) {
  closeDebugger()
  for (const ms of LATE_MS) setTimeout(closeDebugger, ms).unref()
}

function closeDebugger(): void {
  if (url() !== undefined) close()
}
