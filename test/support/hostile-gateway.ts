/*
 * A gateway that answers whatever a test tells it to, over a real socket, and a clock that moves only when somebody waits.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hexOf } from '../../src/base/hex.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import type { FetchClock } from '../../src/client/fetch-receipt.ts'
import type { ParsedReceipt } from '../../src/client/parse-receipt-document.ts'
import type { VerificationPolicy } from '../../src/client/verification-policy.ts'
import { type Bytes32, bytes32 } from '../../src/domain/units.ts'
import {
  anchors,
  documentOf,
  events,
  gatewayOperator,
  nowMs,
  priceSheet,
  receipt,
  request,
} from './signed-receipt.ts'

export type HostileGateway = {
  readonly api: string
  /** Answers to POST. */
  answer: (outgoing: ServerResponse, body: Buffer, incoming: IncomingMessage) => void
  /** Answers to `GET /v1/receipts/{id}`. */
  giveReceipt: (outgoing: ServerResponse, incoming: IncomingMessage) => void
  readonly receiptsAsked: readonly string[]
  readonly close: () => Promise<void>
}

/** `receipt` is what it gives for every answer; answers stream `pieces`, one write each. */
export const answersWith =
  (
    pieces: readonly (Buffer | string)[],
    headers: Readonly<Record<string, string>> = {},
  ): HostileGateway['answer'] =>
  (outgoing) => {
    outgoing.writeHead(200, {
      'content-type': 'text/event-stream',
      'x-vouch-receipt': receipt.receiptId,
      ...headers,
    })
    for (const piece of pieces) outgoing.write(piece)
    outgoing.end()
  }

export const givesReceipt =
  (parsed: ParsedReceipt): HostileGateway['giveReceipt'] =>
  (outgoing) => {
    outgoing.writeHead(200, { 'content-type': 'application/json' })
    outgoing.end(JSON.stringify(documentOf(parsed)))
  }

export async function startHostileGateway(): Promise<HostileGateway> {
  const receiptsAsked: string[] = []
  const gateway: Pick<HostileGateway, 'answer' | 'giveReceipt'> = {
    answer: answersWith(events),
    giveReceipt: (outgoing) => outgoing.writeHead(404).end('{}'),
  }
  const server = createServer((incoming, outgoing) => {
    const { url = '', method } = incoming
    if (method === 'POST') {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => gateway.answer(outgoing, Buffer.concat(chunks), incoming))
      return
    }
    if (url.startsWith('/v1/receipts/')) {
      receiptsAsked.push(url)
      gateway.giveReceipt(outgoing, incoming)
      return
    }
    outgoing.writeHead(404).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return Object.assign(gateway, {
    api: `http://127.0.0.1:${port}/v1`,
    receiptsAsked,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  })
}

/** Starts at the time of the receipts of signed-receipt.ts. Waiting takes no time and moves it on. */
export function movedClock(): FetchClock & { readonly waitedMs: () => number } {
  let now = nowMs
  return {
    nowMs: () => now,
    wait: (ms) => {
      now += ms
      return Promise.resolve()
    },
    signalAfter: () => new AbortController().signal,
    waitedMs: () => now - nowMs,
  }
}

/** What holds for the receipt of signed-receipt.ts. */
export const policy: VerificationPolicy = {
  gateway: gatewayOperator,
  receiptVerifier: anchors.receiptVerifier,
  gatewayKeys: anchors.gatewayKeys.map(({ key }) => key),
  contributorKeys: anchors.contributorKeys.map(({ key }) => key),
  prices: [
    Object.fromEntries(
      Object.entries(priceSheet).map(([name, value]) => [
        name,
        typeof value === 'bigint' ? String(value) : value,
      ]),
    ),
  ],
}

export const asked: RequestInit = {
  method: 'POST',
  headers: { authorization: 'Bearer sk-test', 'content-type': 'application/json' },
  body: new Uint8Array(request),
}

type Read = {
  /** What the reader got before the body ended or broke. */
  readonly text: string
  readonly error: unknown
}

export async function readAll(body: ReadableStream<Uint8Array> | null): Promise<Read> {
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of body ?? []) pieces.push(new Uint8Array(piece))
    return { text: Buffer.concat(pieces).toString(), error: undefined }
  } catch (error) {
    return { text: Buffer.concat(pieces).toString(), error }
  }
}

export const sha256Of = (bytes: string | Buffer): Bytes32 =>
  bytes32(hexOf(sha256Hex(Buffer.from(bytes))))
