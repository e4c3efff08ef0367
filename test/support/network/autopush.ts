// Mozilla's push service as Firefox uses it: the WebSocket that a browser keeps open, and the HTTPS endpoint that hosts post to
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
  /** The acknowledgments of browsers. */
  readonly acks: unknown[] = []

  private constructor(service: PushService, sockets: WebSocketServer) {
    this.#service = service
    this.#sockets = sockets
    sockets.on('connection', socket => {
      const send = (message: object) => socket.send(JSON.stringify(message))
      socket.on('message', data => {
        const message = JSON.parse(String(data)) as Message
        const { messageType, channelID } = message
        if (messageType === undefined) return send({})
        if (messageType === 'hello')
          return send({
            messageType,
            uaid: randomBytes(16).toString('hex'),
            status: 200,
            use_webpush: true,
            broadcasts: {},
          })
        if (messageType === 'register')
          return send({
            messageType,
            channelID,
            status: 200,
            pushEndpoint: `https://${service.name}/wpush/v2/${channelID}`,
          })
        if (messageType === 'unregister') return send({ messageType, channelID, status: 200 })
        if (messageType === 'ack') this.acks.push(message)
      })
      service.deliver = (message: PushMessage) =>
        send({
          messageType: 'notification',
          channelID: message.path.split('/').at(-1),
          version: randomBytes(8).toString('hex'),
          data: message.body.toString('base64url'),
          headers: { encoding: message.headers['content-encoding'] },
        })
    })
  }

  static async start(service: PushService): Promise<Autopush> {
    const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: ([first]) => first ?? false })
    await new Promise(resolve => sockets.once('listening', resolve))
    return new Autopush(service, sockets)
  }

  /** The Firefox preferences that select this service. */
  get preferences(): Record<string, string | number | boolean> {
    const { port } = this.#sockets.address() as AddressInfo
    return {
      'dom.push.enabled': true,
      'dom.push.connection.enabled': true,
      'dom.push.serverURL': `ws://127.0.0.1:${port}/`,
      'dom.push.testing.allowInsecureServerURL': true,
      'permissions.default.desktop-notification': 1,
      // There is no desktop to show notifications, so Firefox draws them itself.
      'alerts.useSystemBackend': false,
    }
  }

  async stop(): Promise<void> {
    this.#service.deliver = () => {}
    for (const socket of this.#sockets.clients) socket.terminate()
    await new Promise(resolve => this.#sockets.close(resolve))
  }
}
