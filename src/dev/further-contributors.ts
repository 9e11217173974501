/*
 * More contributors than the one that every development chain has: each with keys of its own, registered and staked, so that
 * what several must agree on can be tried. They answer jobs of contracts, which pay them on the chain, and work for the gateway
 * for nothing.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { describeStepsFailure } from '../chain/take-steps.ts'
import { openSender } from '../chain/transactions.ts'
import { type Address, type UnixSeconds, unixSeconds, unixSecondsOf } from '../domain/units.ts'
import type { DevChain } from './bootstrap-chain.ts'
import { devContractHandles } from './dev-contracts.ts'
import { describeDevKeysFailure, loadDevKeys } from './dev-keys.ts'
import type { EmbeddedChain } from './embedded-chain.ts'
import {
  type ContributorTerms,
  type EmbeddedContributor,
  startEmbeddedContributor,
} from './embedded-contributor.ts'
import { registerOperator } from './register-operator.ts'

export type FurtherContributor = EmbeddedContributor & {
  readonly id: string
  readonly operator: Address
  readonly signingAddress: Address
}

const gasMoney = `0x${(10_000n * 10n ** 18n).toString(16)}`
/** anvil's blocks run ahead of the clock when many come in one second, and receipts carry the clock's time. */
const keyLeadS = 600

/** `number` tells it from its like, from 2 on: the same keys at every start. Answers the line for a person otherwise. */
export async function startFurtherContributor(terms: {
  readonly number: number
  readonly chain: EmbeddedChain
  readonly devChain: DevChain
  readonly nowMs: number
  readonly engine: Omit<ContributorTerms, 'signingKey' | 'contributor' | 'payment'>
}): Promise<Result<FurtherContributor, string>> {
  const { number, chain, devChain, engine } = terms
  const id = `embedded-${number}`
  const dataFolder = join(engine.dataFolder, id)
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const keys = loadDevKeys(join(dataFolder, 'keys.json'))
  if (!keys.ok) return err(describeDevKeysFailure(keys.error))
  const { contributorOperator, contributorSigner } = keys.value
  const activeFrom = unixSeconds(unixSecondsOf(terms.nowMs) - keyLeadS)
  const operator = { id, chain, devChain, activeFrom, contributorOperator, contributorSigner }
  const registered = await register(operator)
  if (!registered.ok) return registered
  const contributor = addressOfPrivateKey(contributorOperator)
  const started = await startEmbeddedContributor({
    ...{ ...engine, dataFolder, contributor },
    signingKey: contributorSigner,
  })
  if (!started.ok) return started
  const signingAddress = addressOfPrivateKey(contributorSigner)
  return ok({ ...started.value, id, operator: contributor, signingAddress })
}

async function register(terms: {
  readonly id: string
  readonly chain: EmbeddedChain
  readonly devChain: DevChain
  readonly activeFrom: UnixSeconds
  readonly contributorOperator: ContributorTerms['signingKey']
  readonly contributorSigner: ContributorTerms['signingKey']
}): Promise<Result<void, string>> {
  const { id, chain, devChain, activeFrom, contributorOperator, contributorSigner } = terms
  const { rpc } = chain
  const { chainId, contracts } = devChain
  const operator = openSender({ rpc, chainId, privateKey: contributorOperator })
  const { asset, contributorRegistry: registry } = devContractHandles(contracts)
  const funded = await rpc.call('anvil_setBalance', [operator.address, gasMoney])
  if (!funded.ok) return err(describeStepsFailure(funded.error))
  const signingKey = addressOfPrivateKey(contributorSigner)
  const registration = { rpc, asset, registry, operator, signingKey, activeFrom, endpoint: id }
  const registered = await registerOperator(registration)
  if (!registered.ok) return err(describeStepsFailure(registered.error))
  const saved = await chain.save()
  return saved.ok ? ok(undefined) : err(`the chain could not be saved with ${id}`)
}
