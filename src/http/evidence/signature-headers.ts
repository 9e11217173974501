/*
 * `X-Signature-Headers: ecdsa | ed25519`: the convention's signature with the answer itself, in the four headers that io.net's
 * clients read; of a stream, whose hash is known at its end alone, in HTTP trailers for clients that take them.
 */
import { parseSigningAlgo, type SigningAlgo } from '../../domain/signing-algo.ts'
import type { AnswerClient, AnswerHeaders } from '../../gateway/answer-client.ts'
import type { EvidenceDoor } from '../../gateway/evidence-door.ts'
import type { Incoming } from '../exchange.ts'
import type { RawAnswerClient } from '../raw-response.ts'

/** What finds the evidence of an answer later: for clients of ACI its receipt's id, for 0G's the same under their name. */
export const evidenceHeaders = (evidence: EvidenceDoor, receiptId: string): AnswerHeaders => ({
  ...evidence.aciHeaders(),
  'x-receipt-id': receiptId,
  'zg-res-key': receiptId,
})

/** The same client, which gets the signature with its answer if it asked for that. */
export function tellingSignature(
  client: RawAnswerClient,
  { headers }: Incoming,
  evidence: EvidenceDoor,
): AnswerClient {
  const asked = headers['x-signature-headers']
  const algo = typeof asked === 'string' ? parseSigningAlgo(asked) : undefined
  if (algo === undefined) return client
  const takesTrailers = String(headers['te'])
    .split(/[\s,;]+/)
    .includes('trailers')
  let sealed: string | undefined
  const signature = (stream: boolean) =>
    sealed === undefined ? {} : headersOf(evidence, { receipt: sealed, stream, algo })
  return {
    ...client,
    sealed: (receipt) => {
      sealed = receipt
    },
    answer: (told, body) => client.answer({ ...told, ...signature(false) }, body),
    startStream: (told) => client.startStream(takesTrailers ? { ...told, trailer } : told),
    endStream: (bytes) => client.endStream(bytes, takesTrailers ? signature(true) : undefined),
  }
}

const names = ['text', 'signature', 'signing_address', 'signing_algo'] as const
const trailer = names.join(', ')

/** None of an answer that cannot be signed. */
function headersOf(
  evidence: EvidenceDoor,
  sealed: { readonly receipt: string; readonly stream: boolean; readonly algo: SigningAlgo },
): AnswerHeaders {
  const signed = evidence.signatureOf(sealed)
  return 'text' in signed ? Object.fromEntries(names.map((name) => [name, signed[name]])) : {}
}
