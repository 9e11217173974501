import type { ServerResponse } from 'node:http'
import type { AgentReply } from './agent-request.ts'
import { writeStallTimeoutMs } from './limits.ts'

/** An answer over a connection of its own. Who leaves what was written unread for too long is dropped: it would hold a slot. */
export function httpReply(response: ServerResponse): AgentReply {
  let drained = (): void => {}
  let stalled: NodeJS.Timeout | undefined
  const proceed = (): void => {
    clearTimeout(stalled)
    stalled = undefined
  }
  // `close` tells whoever needs to know.
  response.on('error', () => {})
  response.on('close', proceed)
  response.on('drain', () => {
    proceed()
    drained()
  })
  return {
    head: (status, headers) => {
      response.writeHead(status, headers)
    },
    write: (bytes) => {
      if (response.destroyed || response.write(bytes)) return true
      stalled ??= setTimeout(() => response.destroy(), writeStallTimeoutMs)
      return false
    },
    end: () => {
      response.end()
    },
    fail: () => {
      response.destroy()
    },
    onDrain: (listener) => {
      drained = listener
    },
    onGone: (listener) => {
      if (response.destroyed) listener()
      else response.once('close', () => !response.writableFinished && listener())
    },
  }
}
