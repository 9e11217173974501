import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type Contract, readContract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { type Sender, sendCall } from '../chain/transactions.ts'
import type { Address, UnixSeconds } from '../domain/units.ts'
import { devStake } from './dev-contracts.ts'
import { mintUpTo } from './mint-up-to.ts'

/**
 * Registers the sender with a stake of new devUSD and one signing key, and adds the key to an operator that is there but
 * does not know it. Looks at the chain before each step, so that a start that died half-way is continued.
 */
export async function registerOperator(terms: {
  readonly rpc: JsonRpc
  readonly asset: Contract
  readonly registry: Contract
  readonly operator: Sender
  readonly signingKey: Address
  readonly activeFrom: UnixSeconds
  readonly endpoint: string
}): Promise<Result<void, ChainFailure>> {
  const { rpc, registry, operator, signingKey, activeFrom, endpoint } = terms
  const account = operator.address
  const [record, key] = await Promise.all([
    readContract(rpc, { contract: registry, functionName: 'operators', args: [account] }),
    readContract(rpc, {
      contract: registry,
      functionName: 'signingKeys',
      args: [account, signingKey],
    }),
  ])
  if (!record.ok) return record
  if (!key.ok) return key
  if (key.value[0] !== 0n) return ok(undefined)

  const { state } = record.value[0] as { readonly state: bigint }
  if (state !== 0n) {
    const args = [signingKey, activeFrom]
    return done(
      await sendCall(operator, { contract: registry, functionName: 'addSigningKey', args }),
    )
  }
  const funded = await approveStake(terms)
  if (!funded.ok) return funded
  const args = [devStake, signingKey, activeFrom, endpoint]
  return done(await sendCall(operator, { contract: registry, functionName: 'register', args }))
}

async function approveStake(terms: {
  readonly rpc: JsonRpc
  readonly asset: Contract
  readonly registry: Contract
  readonly operator: Sender
}): Promise<Result<void, ChainFailure>> {
  const { rpc, asset, registry, operator } = terms
  const minted = await mintUpTo({
    rpc,
    asset,
    minter: operator,
    to: operator.address,
    amount: devStake,
  })
  if (!minted.ok) return minted
  const args = [registry.address, devStake]
  return done(await sendCall(operator, { contract: asset, functionName: 'approve', args }))
}

const done = (outcome: Result<unknown, ChainFailure>): Result<void, ChainFailure> =>
  outcome.ok ? ok(undefined) : outcome
