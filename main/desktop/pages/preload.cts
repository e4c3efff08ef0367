// Everything that a page gets from Electron: a MessagePort to the host, the app's own preferences, updates, actions, and
// whether the window is shown.
const { contextBridge, ipcRenderer } = require('electron') as typeof import('electron')

// This folder is compiled without the DOM library.
declare const window: {
  location: { origin: string }
  postMessage(message: string, origin: string, ports: unknown[]): void
}

contextBridge.exposeInMainWorld('otg', {
  /** The port arrives as a message event on the window, because contextBridge cannot pass one. */
  openPort() {
    const { port1, port2 } = new MessageChannel()
    ipcRenderer.postMessage('otg:port', null, [port1])
    window.postMessage('otg:port', window.location.origin, [port2])
  },
  /** Applies `change`, which the main process validates, and resolves with all preferences. */
  preferences: (change: unknown) => ipcRenderer.invoke('otg:preferences', change),
  /** 'state', 'check', 'download' or 'install'. Resolves with the state. */
  updates: (step: unknown) => ipcRenderer.invoke('otg:updates', step),
  /** One of the actions of page-actions.ts. */
  act: (action: unknown) => ipcRenderer.send('otg:act', action),
  /** Calls `listener` when this window is shown or hidden. */
  onShown(listener: (shown: boolean) => void) {
    ipcRenderer.on('otg:shown', (_event, shown: unknown) => listener(shown === true))
  },
})
