// The client's part of peer-process.ts. In a file of its own, because `otg notify` has to start fast.
import { closeSync, openSync } from 'node:fs'
import { jsonFrames, KIND } from '../../../protocol/frames.ts'
import type { Transport } from '../../../protocol/transport.ts'

/** A path has at most 4096 bytes (PATH_MAX on Linux), which JSON may write as six characters each. */
const IDENTIFY_BYTES = 32 * 1024

/** The client's side: proves its process to a host that asks for it with the first frame. */
export function proveProcess(transport: Transport): Transport {
  let isFirst = true
  let fd: number | undefined
  return intercept(transport, {
    frame: bytes => {
      const asked = isFirst && readMessage(bytes, 'identify', IDENTIFY_BYTES)
      isFirst = false
      if (!asked) return false
      try {
        fd = openSync(String((asked as { file?: unknown }).file), 'r+')
      } catch {
        // another view of the file system: the host answers what it answers to a client without a proof
      }
      for (const frame of jsonFrames({ type: 'identified', pid: process.pid, fd: fd ?? -1 })) transport.send(frame)
      return true
    },
    closed: () => {
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  })
}

/** A transport without the frames that `frame` takes (true). */
export function intercept(
  transport: Transport,
  hooks: { frame(bytes: Uint8Array): boolean; closed(): void },
): Transport {
  return {
    start: handlers =>
      transport.start({
        frame: bytes => {
          if (!hooks.frame(bytes)) handlers.frame(bytes)
        },
        close: reason => {
          hooks.closed()
          handlers.close(reason)
        },
      }),
    send: frame => transport.send(frame),
    get buffered() {
      return transport.buffered
    },
    close: reason => transport.close(reason),
  }
}

/** The message in a frame, if it is of this type. */
export function readMessage(bytes: Uint8Array, type: string, maxBytes: number): object | undefined {
  if (bytes[0] !== KIND.json || bytes[1] !== 0 || bytes.length > maxBytes) return undefined
  try {
    const value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset + 2, bytes.length - 2).toString())
    return value?.type === type ? value : undefined
  } catch {
    return undefined
  }
}
