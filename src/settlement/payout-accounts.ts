import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readChannel } from '../chain/channel-settlement.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readRegisteredPayout } from '../chain/payout-registration.ts'
import type { PayoutTerms as Account } from '../domain/payout-ledger.ts'
import { isPaidHere, type Payee, type PayoutTerms, payoutChannel } from './payout-terms.ts'

/**
 * The channel on which a contributor is paid, as the registry, or its own order, and the chain have it now. Undefined where it is not paid
 * here: it registered no payout, or one on another chain or in another token.
 */
export async function readAccount(
  {
    rpc,
    registryRpc = rpc,
    terms,
  }: {
    readonly rpc: JsonRpc
    readonly registryRpc?: JsonRpc | undefined
    readonly terms: PayoutTerms
  },
  { operator, payout }: Payee,
): Promise<Result<Account | undefined, ChainFailure>> {
  const registered =
    payout === undefined
      ? await readRegisteredPayout(registryRpc, terms.registry, operator)
      : ok(payout)
  if (!registered.ok) return registered
  if (registered.value === undefined || !isPaidHere(terms, registered.value)) return ok(undefined)
  const { payoutId, config } = payoutChannel(terms, operator, registered.value)
  const onChain = await readChannel(rpc, terms.settlement, { channelId: payoutId, config })
  if (!onChain.ok) return onChain
  const { chainId } = terms
  return ok({ payoutId, chainId, contributor: operator, config, onChain: onChain.value })
}
