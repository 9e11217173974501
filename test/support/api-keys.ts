import type { AtomicAmount } from '../../src/domain/units.ts'
import { createApiKey } from '../../src/payment/authenticate.ts'
import type { TestGateway } from './gateway-on-ledger.ts'
import { testChannelId } from './gateway-on-ledger.ts'

/** A further key of the gateway's one channel, and how `vouch keys revoke` ends it. */
export async function addApiKey(
  gateway: TestGateway,
  terms: {
    readonly expiresAtMs?: number
    readonly modelScope?: readonly string[]
    readonly spendCapAmount?: AtomicAmount
  } = {},
): Promise<{
  readonly secret: string
  readonly apiKeyId: string
  readonly revoke: () => Promise<boolean>
}> {
  const nowMs = Date.now()
  const { secret, apiKey } = createApiKey({
    label: 'further',
    channelId: testChannelId,
    nowMs,
    ...terms,
  })
  await gateway.apiKeys.insert(apiKey)
  const { apiKeyId } = apiKey
  return { secret, apiKeyId, revoke: () => gateway.apiKeys.revoke(apiKeyId, Date.now()) }
}
