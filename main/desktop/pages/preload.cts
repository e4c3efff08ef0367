// What a page gets of Electron: a function that opens a MessagePort to the host, ones that ask for the app's own
// preferences, about updates, and for something to be done, and one that hears whether it is shown. Knows nothing of what is said.
const { contextBridge, ipcRenderer } = require('electron') as typeof import('electron')

// This folder is compiled without the DOM; of the page this file needs no more than this.
declare const window: {
  location: { origin: string }
  postMessage(message: string, origin: string, ports: unknown[]): void
}

contextBridge.exposeInMainWorld('otg', {
  /** The port comes as a message of the window: contextBridge cannot carry one. */
  openPort() {
    const { port1, port2 } = new MessageChannel()
    ipcRenderer.postMessage('otg:port', null, [port1])
    window.postMessage('otg:port', window.location.origin, [port2])
  },
  /** Changes what is named in `change` (the main process checks it) and answers with all. */
  preferences: (change: unknown) => ipcRenderer.invoke('otg:preferences', change),
  /** 'state', 'check', 'download' or 'install'; answers with how it stands. */
  updates: (wanted: unknown) => ipcRenderer.invoke('otg:updates', wanted),
  /** One of the actions of page-actions.ts. */
  act: (action: unknown) => ipcRenderer.send('otg:act', action),
  /** Calls when this window is shown and when it is hidden. */
  onShown(listener: (shown: boolean) => void) {
    ipcRenderer.on('otg:shown', (_event, shown: unknown) => listener(shown === true))
  },
})
