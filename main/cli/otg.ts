#!/usr/bin/env node
// The otg command's entry: checks the Node that runs it, hands over argv and environment, exits. Knows no command.

// Nothing is imported before this check: on an older Node the imports themselves fail, or crash the process.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 15)) {
  process.stderr.write(`otg: Node 22.15 or newer is needed, this is ${process.versions.node}\n`)
  process.exit(1)
}

const { main } = await import('./main.ts')
process.exit(await main(process.argv.slice(2), process.env, process.exit))
