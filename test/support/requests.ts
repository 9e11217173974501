import type { Offer } from '../../src/domain/contributor.ts'
import type { InferenceRequest } from '../../src/domain/request.ts'
import { atomic, unixSeconds, zeroAddress, zeroBytes32 } from '../../src/domain/units.ts'
import { parseChatBody } from '../../src/http/openai-schema.ts'
import { channelIdOf } from './channels.ts'

/** A request as the door makes it of a body with these fields. */
export function inferenceRequest(fields: Readonly<Record<string, unknown>> = {}): InferenceRequest {
  const body = Buffer.from(
    JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'x' }], ...fields }),
  )
  const parsed = parseChatBody(body)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
  return {
    ...parsed.value,
    requestId: 'req_1',
    jobId: zeroBytes32,
    receiptId: zeroBytes32,
    body,
    requestHash: zeroBytes32,
    receivedAtMs: 0,
    payer: {
      kind: 'api-key',
      apiKeyId: 'key_1',
      channelId: channelIdOf(0),
      spendCap: undefined,
      modelScope: undefined,
    },
  }
}

/** A model of 100 tokens of context at 1, ½ and 2 atomic units a token. */
export function offerOf(change: Partial<Offer> = {}): Offer {
  return {
    modelName: 'm',
    upstreamModelName: 'm',
    modelId: zeroBytes32,
    contextTokensMax: 100,
    completionTokensMax: 40,
    prices: {
      operator: zeroAddress,
      modelId: zeroBytes32,
      asset: zeroAddress,
      promptAtomicPerMtok: atomic(1_000_000n),
      cachedPromptAtomicPerMtok: atomic(500_000n),
      completionAtomicPerMtok: atomic(2_000_000n),
      validFrom: unixSeconds(0),
      validUntil: unixSeconds(0),
    },
    priceHash: zeroBytes32,
    ...change,
  }
}
