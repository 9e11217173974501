/*
 * One request and its answer as they are kept for audits, as bytes:
 *
 *   uint32be(length of the request) ‖ request ‖ uint32be(length of the answer) ‖ answer ‖ opening of the commitment, UTF-8
 */
import { sha256Hex } from '../base/sha256.ts'
import type { Work } from '../domain/receipt.ts'

export type Transcript = {
  /** As the contributor got it. */
  readonly requestBody: Buffer
  /** As the contributor sent it. */
  readonly responseBody: Buffer
  readonly commitmentOpening: string | undefined
}

const lengthBytes = 4

export const packTranscript = (transcript: Transcript): Buffer => {
  const { requestBody, responseBody, commitmentOpening = '' } = transcript
  return Buffer.concat([
    lengthOf(requestBody),
    requestBody,
    lengthOf(responseBody),
    responseBody,
    Buffer.from(commitmentOpening),
  ])
}

/** Of what `packTranscript` wrote; undefined for anything that ends too early. */
export function unpackTranscript(bytes: Buffer): Transcript | undefined {
  const request = partAt(bytes, 0)
  const response = request && partAt(bytes, request.end)
  if (request === undefined || response === undefined) return undefined
  const opening = bytes.subarray(response.end).toString('utf8')
  return {
    requestBody: request.part,
    responseBody: response.part,
    commitmentOpening: opening === '' ? undefined : opening,
  }
}

/** Whether these are the bytes that the contributor signed for. */
export const isOfWork = ({ requestBody, responseBody }: Transcript, work: Work): boolean =>
  work.inputHash === `0x${sha256Hex(requestBody)}` &&
  work.outputHash === `0x${sha256Hex(responseBody)}`

function lengthOf(part: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt32BE(part.length)
  return length
}

function partAt(
  bytes: Buffer,
  at: number,
): { readonly part: Buffer; readonly end: number } | undefined {
  const begin = at + lengthBytes
  if (begin > bytes.length) return undefined
  const end = begin + bytes.readUInt32BE(at)
  return end > bytes.length ? undefined : { part: bytes.subarray(begin, end), end }
}
