import type { Hex } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from './chain-failure.ts'
import type { JsonRpc } from './json-rpc.ts'

/**
 * What a node makes of a raw transaction:
 * - `accepted`: it has it, now or since before;
 * - `nonce_used`: a block has a transaction with that nonce, perhaps this one;
 * - `underpriced`: the fees are too low, for the block or to replace another with the same nonce.
 */
export type SendVerdict = 'accepted' | 'nonce_used' | 'underpriced'

/** There is no code for any of these: clients differ in words only (geth, reth, erigon, nethermind, besu, anvil). */
const verdicts: readonly (readonly [RegExp, SendVerdict])[] = [
  [/already (known|imported|exists)|known transaction|alreadyknown/i, 'accepted'],
  [/nonce (is )?too low|old ?nonce|nonce has already been used/i, 'nonce_used'],
  [/underpriced|fee per gas less than block base fee|feetoolow|fee too low/i, 'underpriced'],
]

/** Hands a raw transaction to the node, for the first time or again. Other refusals are failures. */
export async function sendRaw(rpc: JsonRpc, raw: Hex): Promise<Result<SendVerdict, ChainFailure>> {
  const sent = await rpc.call('eth_sendRawTransaction', [raw])
  if (sent.ok) return ok('accepted')
  const { error } = sent
  if (error.reason !== 'chain_error') return sent
  const verdict = verdicts.find(([words]) => words.test(error.message))?.[1]
  return verdict === undefined ? sent : ok(verdict)
}
