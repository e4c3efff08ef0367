// What a page gets of Electron: one function that opens a MessagePort to the host. Knows nothing of what is said on it.
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
})
