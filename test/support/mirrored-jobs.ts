/*
 * Two real chains on which contracts ask the same gateways: the home chain, for whose verifier receipts are signed, and another
 * with a mirror of that verifier, with registries, a coordinator and money of its own.
 */
import { deployOnce } from '../../src/chain/deployment.ts'
import {
  inferenceCoordinatorAbi,
  inferenceCoordinatorBytecode,
} from '../../src/chain/generated/inference-coordinator.ts'
import {
  mirroredReceiptVerifierAbi,
  mirroredReceiptVerifierBytecode,
} from '../../src/chain/generated/mirrored-receipt-verifier.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender, type Sender } from '../../src/chain/transactions.ts'
import { manifestIdOf } from '../../src/config-manifest.ts'
import { deployDevContracts, devContractHandles } from '../../src/dev/dev-contracts.ts'
import { publishJobOffers } from '../../src/dev/publish-job-offers.ts'
import { registerOperator } from '../../src/dev/register-operator.ts'
import { type Address, unixSeconds, unixSecondsOf } from '../../src/domain/units.ts'
import { devModel, expectOk, startDevChain, type TestDevChain } from './dev-chain.ts'
import { type ScriptedUpstream, startScriptedUpstream } from './scripted-upstream.ts'
import { startSecondChain } from './second-chain.ts'
import { type SigningUpstream, signingUpstream } from './signing-upstream.ts'

/** Its manifest is what a vouch.yaml makes of a model without one. */
export const mirroredModel = {
  ...devModel,
  name: 'mini',
  modelId: manifestIdOf({ id: 'mini', weights: null }),
}

/** One of those on which devUSD can be. */
const mirrorChainId = 1337

export type AskedChain = {
  readonly name: 'home' | 'mirror'
  readonly rpc: JsonRpc
  readonly url: string
  readonly chainId: number
  readonly asset: Address
  readonly contributorRegistry: Address
  readonly gatewayRegistry: Address
  readonly coordinator: Address
  readonly jobOffers: Address
  /** May make money. */
  readonly minter: Sender
}

export type SigningContributor = {
  readonly id: string
  readonly operator: Address
  readonly upstream: ScriptedUpstream
  readonly signing: SigningUpstream
}

/** A gateway's operator, which signs its receipts with its own key. */
export type GatewayAccount = { readonly privateKey: PrivateKey; readonly operator: Address }

export type MirroredJobs = {
  readonly running: TestDevChain
  readonly home: AskedChain
  readonly mirror: AskedChain
  readonly contributors: readonly SigningContributor[]
  readonly gateways: readonly GatewayAccount[]
  readonly stop: () => Promise<void>
}

export async function openMirroredJobs(counts: {
  readonly contributors: number
  readonly gateways: number
}): Promise<MirroredJobs> {
  const running = await startDevChain()
  const second = await startSecondChain(mirrorChainId)
  const { dev, chain } = running
  const home: AskedChain = {
    ...{ name: 'home', rpc: chain.rpc, url: chain.url, chainId: dev.chainId },
    ...dev.contracts,
    minter: openSender({ rpc: chain.rpc, chainId: dev.chainId, privateKey: dev.keys.deployer }),
  }
  const mirror = await mirrorOf(second, running)
  const chains = [home, mirror]
  const contributors: SigningContributor[] = []
  for (let index = 0; index < counts.contributors; index += 1) {
    contributors.push(await contributorOn(chains, running, `contributor-${index}`))
  }
  const gateways: GatewayAccount[] = []
  for (let index = 0; index < counts.gateways; index += 1) {
    const privateKey = randomPrivateKey()
    for (const one of chains) {
      const sender = await register(one, privateKey, one.gatewayRegistry)
      const models = [{ ...mirroredModel, isProvable: false }]
      expectOk(await publishJobOffers(one.rpc, sender, { offers: one.jobOffers, models }))
    }
    gateways.push({ privateKey, operator: addressOfPrivateKey(privateKey) })
  }
  return {
    ...{ running, home, mirror, contributors, gateways },
    stop: async () => {
      for (const { upstream } of contributors) await upstream.close()
      await second.stop()
      await running.stop()
    },
  }
}

async function mirrorOf(
  { rpc, url, minter }: Awaited<ReturnType<typeof startSecondChain>>,
  { dev }: TestDevChain,
): Promise<AskedChain> {
  const contracts = expectOk(await deployDevContracts(rpc, minter))
  const { contributorRegistry, gatewayRegistry, receiptAnchor, asset, tierEvidence } = contracts
  const verifier = expectOk(
    await deployOnce(rpc, minter, {
      name: 'MirroredReceiptVerifier',
      abi: mirroredReceiptVerifierAbi,
      bytecode: mirroredReceiptVerifierBytecode,
      args: [
        ...[contributorRegistry, gatewayRegistry, receiptAnchor],
        ...[dev.chainId, dev.contracts.receiptVerifier],
      ],
    }),
  )
  const coordinator = expectOk(
    await deployOnce(rpc, minter, {
      name: 'InferenceCoordinator',
      abi: inferenceCoordinatorAbi,
      bytecode: inferenceCoordinatorBytecode,
      args: [asset, verifier, contributorRegistry, tierEvidence, contracts.jobOffers],
    }),
  )
  return { name: 'mirror', ...contracts, coordinator, rpc, url, chainId: mirrorChainId, minter }
}

const gasMoney = `0x${(10n ** 21n).toString(16)}`
/** anvil's blocks run ahead of the clock when many come in one second, and receipts carry the clock's time. */
const keyLeadS = 600

async function register(
  { rpc, chainId, asset, contributorRegistry, gatewayRegistry }: AskedChain,
  privateKey: PrivateKey,
  registry: Address,
): Promise<Sender> {
  const operator = openSender({ rpc, chainId, privateKey })
  expectOk(await rpc.call('anvil_setBalance', [operator.address, gasMoney]))
  const handles = devContractHandles({
    ...{ asset, contributorRegistry, gatewayRegistry },
  } as Parameters<typeof devContractHandles>[0])
  const isGateway = registry === gatewayRegistry
  expectOk(
    await registerOperator({
      ...{ rpc, operator, endpoint: 'test', asset: handles.asset },
      registry: isGateway ? handles.gatewayRegistry : handles.contributorRegistry,
      signingKey: operator.address,
      activeFrom: unixSeconds(unixSecondsOf(Date.now()) - keyLeadS),
    }),
  )
  return operator
}

async function contributorOn(
  chains: readonly AskedChain[],
  { dev }: TestDevChain,
  id: string,
): Promise<SigningContributor> {
  const privateKey = randomPrivateKey()
  for (const one of chains) await register(one, privateKey, one.contributorRegistry)
  const operator = addressOfPrivateKey(privateKey)
  const domain = receiptDomain({
    chainId: dev.chainId,
    verifyingContract: dev.contracts.receiptVerifier,
  })
  const { modelId } = mirroredModel
  const signing = signingUpstream({ privateKey, operator, domain, modelId })
  const upstream = await startScriptedUpstream(signing.answer(['yes']))
  return { id, operator, upstream, signing }
}
