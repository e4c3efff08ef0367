// Import it first: SIGUSR1 opens Node's debugger (https://nodejs.org/api/process.html#signal-events), on loopback and without a
// password. Any program of the user can send it, and any user of the computer could then run code here. A listener replaces
// Node's; `node --inspect` still works.
process.on('SIGUSR1', () => {})
