import { ok } from '../base/result.ts'
import type { LookupTerms } from '../domain/offchain-lookup.ts'
import type { DoorDeps } from '../gateway/create-door.ts'
import { payerNamed } from '../payment/authenticate.ts'
import type { ApiKeyStore } from '../store/api-key-store.ts'

/** Who pays for what contracts ask at once; undefined where nobody is named. */
export function openLookups(
  { jobs }: { readonly jobs?: { readonly lookups?: LookupTerms | undefined } | undefined },
  apiKeys: Pick<ApiKeyStore, 'named'>,
  nowMs: () => number,
): DoorDeps['lookups'] {
  const terms = jobs?.lookups
  if (terms === undefined) return undefined
  return {
    terms,
    payerOf: async ({ payer }) => {
      if (payer.kind === 'key') return payerNamed(apiKeys, payer.apiKeyId, nowMs())
      const { channelId } = payer
      // Counted as one caller of that account, which no key has the name of.
      const apiKeyId = `lookups_${channelId.slice(2, 26)}`
      return ok({
        ...{ kind: 'api-key', apiKeyId, channelId },
        ...{ spendCap: undefined, modelScope: undefined },
      })
    },
  }
}
