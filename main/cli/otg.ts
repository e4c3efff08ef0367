#!/usr/bin/env node
// Entry of the otg command: checks the version of Node, runs the command line, exits.

// Import nothing before this check: on an older Node the imports themselves fail or crash the process.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(`otg: Node ${process.versions.node} is too old; install Node 22.15 or newer\n`)
  process.exit(1)
}

await import('../host/processes/no-debugger.ts')
const args = process.argv.slice(2)
if (args[0] === 'notify' && !args.includes('--help') && !args.includes('-h')) {
  // Agents wait for their hooks: the command line and its table are not loaded.
  const { notifyFromArguments } = await import('./notify/notify.ts')
  await notifyFromArguments(args.slice(1), process.env)
  process.exit(0)
}

if (args[0] === 'host') {
  // Before anything is loaded: what V8 takes for new objects meanwhile, it keeps.
  const { boundNewObjects } = await import('../host/threads/memory.ts')
  boundNewObjects()
}
const { main } = await import('./main.ts')
process.exit(await main(args, process.env, process.exit))
