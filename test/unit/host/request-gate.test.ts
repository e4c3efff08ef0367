// The gate in front of Node's HTTP parser, on a socket that always has more to read.
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { expect, it } from 'vitest'
import { GATE_TIMING, RequestGate } from '../../../main/host/listen/request-gate.ts'

it('case 76: reads no more from a socket while it holds a whole request, however many are answered', async () => {
  const request = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const chunk = Buffer.concat(Array.from({ length: 100 }, () => request))
  let read = 0
  const socket = new Duplex({
    highWaterMark: 1,
    read() {
      setImmediate(() => {
        read += chunk.length
        this.push(chunk)
      })
    },
    write: (_chunk, _encoding, done) => done(),
  })
  const gate = new RequestGate(socket as Socket, GATE_TIMING, () => {})
  let passed = 0
  gate.on('data', data => {
    expect(String(data)).toBe(String(request))
    passed++
    setImmediate(() => gate.next())
  })
  while (passed < 350) {
    // What is held, and what the socket itself has ready.
    expect(read - passed * request.length).toBeLessThanOrEqual(3 * chunk.length)
    await new Promise(resolve => setImmediate(resolve))
  }
  gate.destroy()
})
