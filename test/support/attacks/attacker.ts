// Attacks a host as strangers on its network do, in a process of its own. Started by test/slow/floods.test.ts with the name of
// an attack; sends what it has done twice a second, and runs until it is killed.
import { connect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { clientHello } from '../network/client-hello.ts'
import { frameBytes, OPCODE, upgradeRequest } from '../network/raw-websocket.ts'

/** A JSON argument. */
export interface AttackOptions {
  attack: AttackName
  port: number
  /** A file of the page. */
  path: string
  /** What a listener recorded: the address of a WebSocket, with its proof, and its first message in base64. */
  recorded: { target: string; message: string }
}
export type AttackReport = Record<string, number>

const done: AttackReport = { opened: 0, closed: 0, bytes: 0 }
let options: AttackOptions

const request = (path = options.path, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${options.port}\r\n${more}\r\n`

/** Keeps `count` sockets open: for each that closes, another is opened `refill_ms` later. */
function keep(count: number, act: (socket: Socket) => void, refill_ms = 2, open = plain): void {
  const one = () => {
    const socket = open()
    socket.on('error', () => {})
    socket.once('connect', () => {
      done.opened!++
      act(socket)
    })
    socket.once('close', () => {
      done.closed!++
      done.bytes! += socket.bytesRead
      setTimeout(one, refill_ms)
    })
  }
  for (let i = 0; i < count; i++) one()
}

const plain = () => connect({ port: options.port, host: '127.0.0.1', noDelay: true })

/** Writes as long as the system takes more. */
function pour(socket: Socket, bytes: Buffer | string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(bytes)) {}
  }
  socket.on('drain', more)
  more()
}

/** Opens WebSockets and acts on each when the host has answered. */
function upgraded(act: (socket: Socket) => void, target = '/ws') {
  return (socket: Socket) => {
    socket.once('data', () => act(socket))
    socket.write(upgradeRequest(options.port, {}, target))
  }
}

const FIRST_MESSAGE = frameBytes(Buffer.concat([Buffer.from('otg'), Buffer.of(2, 0), Buffer.alloc(96, 9)]))

export const ATTACKS = {
  'pipelined requests for the largest file, never read': () =>
    keep(60, socket => {
      socket.pause()
      socket.write(request().repeat(3_000))
    }),
  'one connection with 332 KB of requests, never read': () =>
    keep(1, socket => {
      socket.pause()
      socket.write(request().repeat(Math.ceil(332_000 / request().length)))
    }),
  'responses read a kilobyte at a time': () =>
    keep(200, socket => {
      socket.pause()
      socket.write(request())
      const sip = setInterval(() => socket.read(1024), 100)
      socket.once('close', () => clearInterval(sip))
    }),
  'requests without a pause': () =>
    keep(200, socket => {
      socket.on('data', () => socket.write(request('/health')))
      socket.write(request('/health'))
    }),
  'the largest file without a pause': () =>
    keep(100, socket => {
      socket.on('data', () => {})
      pour(socket, request().repeat(10))
    }),
  'silent sockets': () => keep(300, () => {}),
  'silent sockets, refilled without a pause': () => keep(400, () => {}, 0),
  'silent WebSockets': () =>
    keep(
      300,
      upgraded(() => {}),
    ),
  'heads that trickle': () =>
    keep(300, socket => {
      socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${options.port}\r\nX: `)
      const drip = setInterval(() => socket.write('x'), 500)
      socket.once('close', () => clearInterval(drip))
    }),
  'long heads': () => keep(200, socket => pour(socket, `GET / HTTP/1.1\r\n${'X-Header: y\r\n'.repeat(5_000)}`)),
  'bodies, chunks and expectations': () => {
    let n = 0
    const headers = ['Content-Length: 9000000000', 'Transfer-Encoding: chunked', 'Expect: 100-continue']
    keep(200, socket => {
      socket.write(request('/', `${headers[n++ % headers.length]}\r\n`))
      pour(socket, Buffer.alloc(64 * 1024, '5\r\nabcde\r\n'))
    })
  },
  'WebSockets opened and closed': () =>
    keep(
      100,
      upgraded(socket => socket.destroy()),
      0,
    ),
  'first messages that mean nothing': () =>
    keep(
      100,
      upgraded(socket => socket.write(FIRST_MESSAGE)),
      0,
    ),
  'a recorded first message, repeated': () => {
    const { target, message } = options.recorded
    keep(
      100,
      upgraded(socket => socket.write(frameBytes(Buffer.from(message, 'base64'))), target),
      0,
    )
  },
  'pings whose pongs are not read': () =>
    keep(
      100,
      upgraded(socket => {
        socket.pause()
        pour(
          socket,
          Buffer.concat(Array.from({ length: 500 }, () => frameBytes(Buffer.alloc(125), { opcode: OPCODE.ping }))),
        )
      }),
    ),
  'frames that do not end': () =>
    keep(
      200,
      upgraded(socket => {
        socket.write(frameBytes(Buffer.alloc(60_000), { fin: false, length: 65_000 }))
      }),
    ),
  'TLS handshakes that do not go on': () => keep(300, socket => socket.write(Buffer.from('160301020001', 'hex'))),
  'TLS handshakes that stop after the first message': () =>
    void clientHello().then(hello => keep(300, socket => socket.write(hello))),
  'TLS handshakes without a pause': () => {
    const open = () => tlsConnect({ port: options.port, host: '127.0.0.1', rejectUnauthorized: false })
    keep(100, socket => void socket.once('secureConnect', () => socket.destroy()), 0, open)
  },
} satisfies Record<string, () => void>
export type AttackName = keyof typeof ATTACKS

if (import.meta.main) {
  options = JSON.parse(process.argv[2]!)
  ATTACKS[options.attack]()
  setInterval(() => process.send!(done), 500)
  process.on('disconnect', () => process.exit())
}
