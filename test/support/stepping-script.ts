import type { ServerResponse } from 'node:http'
import type { Script } from './scripted-upstream.ts'

/** Writes the pieces one by one, each when it is asked for. */
export function stepping(): {
  readonly script: Script
  readonly write: (piece: string) => void
  readonly end: () => void
  readonly begun: Promise<void>
} {
  let response: ServerResponse | undefined
  const { promise, resolve } = Promise.withResolvers<void>()
  return {
    script: (_request, answered) => {
      response = answered
      answered.writeHead(200, { 'content-type': 'text/event-stream' })
      answered.flushHeaders()
      resolve()
    },
    write: (piece) => response?.write(piece),
    end: () => response?.end(),
    begun: promise,
  }
}
