// A web server in its own process that reports events as JSON lines. Ends when its standard input ends.
import { serveHttp } from '../../main/host/listen/http.ts'

const report = (value: object) => process.stdout.write(`${JSON.stringify(value)}\n`)
const options = JSON.parse(process.argv[2]!)
const log = {
  info: () => {},
  error: (what: { err?: NodeJS.ErrnoException }, message: string) => report({ error: message, code: what.err?.code }),
}
process.stdin.on('end', () => process.exit()).resume()
try {
  const http = await serveHttp({
    version: '0.0.0-test',
    port: 0,
    allow_hosts: [],
    ...options,
    log,
    onPage: page => report({ page }),
    onAddresses: () => report({ addresses: http.addresses() }),
  })
  report({ port: http.port, addresses: http.addresses() })
} catch (error) {
  report({ failed: (error as { code: string }).code })
  process.exit(1)
}
