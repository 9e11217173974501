import type { IncomingMessage } from 'node:http'
import { err, ok, type Result } from '../base/result.ts'

/** Reads a request's body whole; never keeps more than `bytesMax` of it. */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Result<Buffer, 'too_large' | 'client_gone'>> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) {
    return Promise.resolve(err('too_large'))
  }
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let byteCount = 0
    request.on('data', (chunk: Buffer) => {
      byteCount += chunk.length
      if (byteCount <= bytesMax) chunks.push(chunk)
      else {
        chunks.length = 0
        request.pause()
        resolve(err('too_large'))
      }
    })
    request.on('end', () => resolve(ok(Buffer.concat(chunks))))
    // After `end` this changes nothing: a promise keeps its first value.
    request.on('close', () => resolve(err('client_gone')))
    request.on('error', () => resolve(err('client_gone')))
  })
}
