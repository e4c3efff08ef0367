// The first message of a TLS client, for tests that send it in their own way.
import { Duplex } from 'node:stream'
import { connect } from 'node:tls'

export function clientHello(): Promise<Buffer> {
  return new Promise(resolve => {
    const wire = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk)
        done()
      },
    })
    connect({ socket: wire, rejectUnauthorized: false }).on('error', () => {})
  })
}
