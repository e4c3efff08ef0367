// A web server in a process of its own, which reports events as JSON lines. Ends with its standard input.
import { serveHttp } from '../../main/host/listen/http.ts'

const say = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
const options = JSON.parse(process.argv[2]!)
const log = {
  info: () => {},
  error: (what: { err?: NodeJS.ErrnoException }, message: string) => say({ error: message, code: what.err?.code }),
}
process.stdin.on('end', () => process.exit()).resume()
try {
  const http = await serveHttp({
    version: '0.0.0-test',
    port: 0,
    allow_hosts: [],
    ...options,
    log,
    onPage: page => say({ page }),
    onAddresses: () => say({ addresses: http.addresses() }),
  })
  say({ port: http.port, addresses: http.addresses() })
} catch (error) {
  say({ failed: (error as { code: string }).code })
  process.exit(1)
}
