import type { Hex } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { canonicalSettlementAddress, channelSettlementAt } from '../chain/channel-settlement.ts'
import { type Contract, codeAt } from '../chain/contracts.ts'
import { deployOnce } from '../chain/deployment.ts'
import { channelSettlementDeployedBytecode } from '../chain/generated/channel-settlement.ts'
import {
  contributorRegistryAbi,
  contributorRegistryBytecode,
} from '../chain/generated/contributor-registry.ts'
import { devUsdAbi, devUsdBytecode } from '../chain/generated/dev-usd.ts'
import { eip3009CollectorDeployedBytecode } from '../chain/generated/eip3009-collector.ts'
import { gatewayRegistryAbi, gatewayRegistryBytecode } from '../chain/generated/gateway-registry.ts'
import {
  inferenceCoordinatorAbi,
  inferenceCoordinatorBytecode,
} from '../chain/generated/inference-coordinator.ts'
import { jobOffersAbi, jobOffersBytecode } from '../chain/generated/job-offers.ts'
import { modelProofsAbi, modelProofsBytecode } from '../chain/generated/model-proofs.ts'
import {
  openClaimAuthorizerAbi,
  openClaimAuthorizerBytecode,
} from '../chain/generated/open-claim-authorizer.ts'
import { permit2CollectorDeployedBytecode } from '../chain/generated/permit2-collector.ts'
import { receiptAnchorAbi, receiptAnchorBytecode } from '../chain/generated/receipt-anchor.ts'
import { receiptVerifierAbi, receiptVerifierBytecode } from '../chain/generated/receipt-verifier.ts'
import { tierEvidenceAbi, tierEvidenceBytecode } from '../chain/generated/tier-evidence.ts'
import { jobOffersAt } from '../chain/job-offers.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { contributorRegistryAt, gatewayRegistryAt } from '../chain/operator-registry.ts'
import { receiptVerifierAt } from '../chain/receipt-verifier.ts'
import type { Sender } from '../chain/transactions.ts'
import { type DomainSeparator, domainSeparator } from '../chain/typed-data.ts'
import { type Address, type AtomicAmount, atomic, zeroAddress } from '../domain/units.ts'

/** Addresses of everything on the development chain. */
export type DevContracts = {
  readonly asset: Address
  readonly settlement: Address
  readonly eip3009Collector: Address
  readonly permit2Collector: Address
  readonly openClaimAuthorizer: Address
  readonly contributorRegistry: Address
  readonly gatewayRegistry: Address
  readonly receiptAnchor: Address
  readonly receiptVerifier: Address
  /** Judges proofs of models; `tierEvidence` keeps what it found true. */
  readonly modelProofs: Address
  readonly tierEvidence: Address
  /** Where contracts ask, and where gateways say on what terms they answer. */
  readonly coordinator: Address
  readonly jobOffers: Address
}

/** x402's addresses, at which unmodified clients look. Their code reads its own address, so it can be put there as it is. */
const placed = {
  settlement: canonicalSettlementAddress,
  eip3009Collector: '0x4020806089470a89826cb9fb1f4059150b550004' as Address,
  permit2Collector: '0x4020425faf3b746c082c2f942b4e5159887b0005' as Address,
}

const placedCode: readonly (readonly [Address, Hex])[] = [
  [placed.settlement, channelSettlementDeployedBytecode],
  [placed.eip3009Collector, eip3009CollectorDeployedBytecode],
  [placed.permit2Collector, permit2CollectorDeployedBytecode],
]

/** One devUSD in atomic units: six decimals. */
const oneDevUsd = 1_000_000n
export const devUsd = (amount: bigint): AtomicAmount => atomic(amount * oneDevUsd)

export const devStake: AtomicAmount = devUsd(1_000n)
const unbondingDelayS = 7 * 24 * 60 * 60

export const devUsdAt = (address: Address): Contract => ({
  name: 'DevUSD',
  address,
  abi: devUsdAbi,
})

export const devUsdDomain = (place: {
  readonly chainId: number
  readonly verifyingContract: Address
}): DomainSeparator => domainSeparator({ name: 'Dev USD', version: '1', ...place })

/** The contracts as they are called. */
export type DevContractHandles = {
  readonly asset: Contract
  readonly settlement: Contract
  readonly contributorRegistry: Contract
  readonly gatewayRegistry: Contract
  readonly receiptVerifier: Contract
  readonly jobOffers: Contract
}

export const devContractHandles = (addresses: DevContracts): DevContractHandles => ({
  asset: devUsdAt(addresses.asset),
  settlement: channelSettlementAt(addresses.settlement),
  contributorRegistry: contributorRegistryAt(addresses.contributorRegistry),
  gatewayRegistry: gatewayRegistryAt(addresses.gatewayRegistry),
  receiptVerifier: receiptVerifierAt(addresses.receiptVerifier),
  jobOffers: jobOffersAt(addresses.jobOffers),
})

/** Puts every contract on the chain that is not there yet. */
export async function deployDevContracts(
  rpc: JsonRpc,
  deployer: Sender,
): Promise<Result<DevContracts, ChainFailure>> {
  for (const [address, code] of placedCode) {
    const done = await placeCode(rpc, address, code)
    if (!done.ok) return done
  }
  const asset = await deployOnce(rpc, deployer, {
    name: 'DevUSD',
    abi: devUsdAbi,
    bytecode: devUsdBytecode,
    args: [],
  })
  if (!asset.ok) return asset
  const authorizer = await deployOnce(rpc, deployer, {
    name: 'OpenClaimAuthorizer',
    abi: openClaimAuthorizerAbi,
    bytecode: openClaimAuthorizerBytecode,
    args: [],
  })
  if (!authorizer.ok) return authorizer
  const terms = {
    asset: asset.value,
    minStake: devStake,
    unbondingDelay: unbondingDelayS,
    insurance: deployer.address,
    admin: deployer.address,
  }
  const contributors = await deployOnce(rpc, deployer, {
    name: 'ContributorRegistry',
    abi: contributorRegistryAbi,
    bytecode: contributorRegistryBytecode,
    args: [terms],
  })
  if (!contributors.ok) return contributors
  const gateways = await deployOnce(rpc, deployer, {
    name: 'GatewayRegistry',
    abi: gatewayRegistryAbi,
    bytecode: gatewayRegistryBytecode,
    args: [terms, contributors.value],
  })
  if (!gateways.ok) return gateways
  const anchor = await deployOnce(rpc, deployer, {
    name: 'ReceiptAnchor',
    abi: receiptAnchorAbi,
    bytecode: receiptAnchorBytecode,
    args: [deployer.address],
  })
  if (!anchor.ok) return anchor
  const verifier = await deployOnce(rpc, deployer, {
    name: 'ReceiptVerifier',
    abi: receiptVerifierAbi,
    bytecode: receiptVerifierBytecode,
    args: [contributors.value, gateways.value, anchor.value],
  })
  if (!verifier.ok) return verifier
  const proofs = await deployProofContracts(rpc, deployer)
  if (!proofs.ok) return proofs
  const deployed = {
    ...placed,
    ...proofs.value,
    asset: asset.value,
    openClaimAuthorizer: authorizer.value,
    contributorRegistry: contributors.value,
    gatewayRegistry: gateways.value,
    receiptAnchor: anchor.value,
    receiptVerifier: verifier.value,
  }
  const jobs = await deployJobContracts(rpc, deployer, deployed)
  return jobs.ok ? ok({ ...deployed, ...jobs.value }) : jobs
}

/** Nobody judges quotes of a TEE here: no gateway of the development chain can claim that tier. */
async function deployProofContracts(
  rpc: JsonRpc,
  deployer: Sender,
): Promise<Result<Pick<DevContracts, 'modelProofs' | 'tierEvidence'>, ChainFailure>> {
  const modelProofs = await deployOnce(rpc, deployer, {
    name: 'ModelProofs',
    abi: modelProofsAbi,
    bytecode: modelProofsBytecode,
    args: [],
  })
  if (!modelProofs.ok) return modelProofs
  const tierEvidence = await deployOnce(rpc, deployer, {
    name: 'TierEvidence',
    abi: tierEvidenceAbi,
    bytecode: tierEvidenceBytecode,
    args: [zeroAddress, modelProofs.value],
  })
  if (!tierEvidence.ok) return tierEvidence
  return ok({ modelProofs: modelProofs.value, tierEvidence: tierEvidence.value })
}

async function deployJobContracts(
  rpc: JsonRpc,
  deployer: Sender,
  on: Omit<DevContracts, 'coordinator' | 'jobOffers'>,
): Promise<Result<Pick<DevContracts, 'coordinator' | 'jobOffers'>, ChainFailure>> {
  const jobOffers = await deployOnce(rpc, deployer, {
    name: 'JobOffers',
    abi: jobOffersAbi,
    bytecode: jobOffersBytecode,
    args: [on.gatewayRegistry],
  })
  if (!jobOffers.ok) return jobOffers
  const coordinator = await deployOnce(rpc, deployer, {
    name: 'InferenceCoordinator',
    abi: inferenceCoordinatorAbi,
    bytecode: inferenceCoordinatorBytecode,
    args: [on.asset, on.receiptVerifier, on.contributorRegistry, on.tierEvidence, jobOffers.value],
  })
  if (!coordinator.ok) return coordinator
  return ok({ coordinator: coordinator.value, jobOffers: jobOffers.value })
}

/** Also replaces the code of an earlier version; what the contract stored stays. */
async function placeCode(
  rpc: JsonRpc,
  address: Address,
  code: Hex,
): Promise<Result<void, ChainFailure>> {
  const present = await codeAt(rpc, address)
  if (!present.ok) return present
  if (present.value === code) return ok(undefined)
  const done = await rpc.call('anvil_setCode', [address, code])
  return done.ok ? ok(undefined) : done
}
