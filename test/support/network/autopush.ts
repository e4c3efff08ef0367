// Mozilla's push service as Firefox uses it: the WebSocket that a browser keeps open, and the HTTPS side that hosts post to
// (https://mozilla-services.github.io/autopush-rs/architecture.html).
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import type { PushMessage, PushService } from './push-service.ts'

interface Message {
  messageType?: string
  channelID?: string
}

export class Autopush {
  readonly #sockets: WebSocketServer
  readonly #service: PushService
  /** What browsers said that a message was shown or not, by its version. */
  readonly acks: unknown[] = []

  private constructor(service: PushService, sockets: WebSocketServer) {
    this.#service = service
    this.#sockets = sockets
    sockets.on('connection', socket => {
      const say = (message: object) => socket.send(JSON.stringify(message))
      socket.on('message', data => {
        const said = JSON.parse(String(data)) as Message
        const { messageType, channelID } = said
        if (messageType === undefined) return say({})
        if (messageType === 'hello')
          return say({
            messageType,
            uaid: randomBytes(16).toString('hex'),
            status: 200,
            use_webpush: true,
            broadcasts: {},
          })
        if (messageType === 'register')
          return say({
            messageType,
            channelID,
            status: 200,
            pushEndpoint: `https://${service.name}/wpush/v2/${channelID}`,
          })
        if (messageType === 'unregister') return say({ messageType, channelID, status: 200 })
        if (messageType === 'ack') this.acks.push(said)
      })
      service.deliver = (posted: PushMessage) =>
        say({
          messageType: 'notification',
          channelID: posted.path.split('/').at(-1),
          version: randomBytes(8).toString('hex'),
          data: posted.body.toString('base64url'),
          headers: { encoding: posted.headers['content-encoding'] },
        })
    })
  }

  static async start(service: PushService): Promise<Autopush> {
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: ([first]) => first ?? false })
    await new Promise(resolve => sockets.once('listening', resolve))
    return new Autopush(service, sockets)
  }

  /** What a Firefox is told of it. */
  get preferences(): Record<string, string | number | boolean> {
    const { port } = this.#sockets.address() as AddressInfo
    return {
      'dom.push.enabled': true,
      'dom.push.connection.enabled': true,
      'dom.push.serverURL': `ws://127.0.0.1:${port}/`,
      'dom.push.testing.allowInsecureServerURL': true,
      'permissions.default.desktop-notification': 1,
      // There is no desktop that could show it: Firefox draws it itself.
      'alerts.useSystemBackend': false,
    }
  }

  async stop(): Promise<void> {
    this.#service.deliver = () => {}
    for (const socket of this.#sockets.clients) socket.terminate()
    await new Promise(resolve => this.#sockets.close(resolve))
  }
}
