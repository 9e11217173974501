/*
 * Every contract that a deployment puts on a chain, in the order in which they need each other's
 * addresses. A new contract is one entry here, its terms are members of DeploymentTerms.
 */
import type { InterfaceAbi } from 'ethers'
import type { Hex } from '../base/hex.ts'
import type { Address, AtomicAmount } from '../domain/units.ts'
import { canonicalSettlementAddress } from './channel-settlement.ts'
import { channelSettlementAbi, channelSettlementBytecode } from './generated/channel-settlement.ts'
import {
  contributorRegistryAbi,
  contributorRegistryBytecode,
} from './generated/contributor-registry.ts'
import { devUsdAbi, devUsdBytecode } from './generated/dev-usd.ts'
import { eip3009CollectorAbi, eip3009CollectorBytecode } from './generated/eip3009-collector.ts'
import { gatewayRegistryAbi, gatewayRegistryBytecode } from './generated/gateway-registry.ts'
import {
  inclusionChallengesAbi,
  inclusionChallengesBytecode,
} from './generated/inclusion-challenges.ts'
import {
  inferenceCoordinatorAbi,
  inferenceCoordinatorBytecode,
} from './generated/inference-coordinator.ts'
import { jobOffersAbi, jobOffersBytecode } from './generated/job-offers.ts'
import {
  mirroredReceiptVerifierAbi,
  mirroredReceiptVerifierBytecode,
} from './generated/mirrored-receipt-verifier.ts'
import { modelProofsAbi, modelProofsBytecode } from './generated/model-proofs.ts'
import {
  openClaimAuthorizerAbi,
  openClaimAuthorizerBytecode,
} from './generated/open-claim-authorizer.ts'
import { permit2CollectorAbi, permit2CollectorBytecode } from './generated/permit2-collector.ts'
import { receiptAnchorAbi, receiptAnchorBytecode } from './generated/receipt-anchor.ts'
import { receiptVerifierAbi, receiptVerifierBytecode } from './generated/receipt-verifier.ts'
import { reexecutionPanelAbi, reexecutionPanelBytecode } from './generated/reexecution-panel.ts'
import { slashingAbi, slashingBytecode } from './generated/slashing.ts'
import { tierEvidenceAbi, tierEvidenceBytecode } from './generated/tier-evidence.ts'

/** The ReceiptVerifier of another chain. */
export type HomeVerifier = { readonly chainId: number; readonly verifier: Address }

/** What is chosen once for a deployment and cannot be changed in it. Amounts are of the asset. */
export type DeploymentTerms = {
  /** The token of stakes and fees. DevUSD is deployed along with the rest. */
  readonly asset: Address | 'DevUSD'
  readonly minStake: AtomicAmount
  readonly unbondingDelayS: number
  /** Gets what of a slashed stake the reporter does not get. */
  readonly insurance: Address
  /** Appoints slashers and markers, once. */
  readonly admin: Address
  /** Judges of TEE quotes and of inference proofs; zero: none, and no receipt may claim the tier. */
  readonly quoteVerifier: Address
  /** ModelProofs is deployed along with the rest. */
  readonly proofVerifier: Address | 'ModelProofs'
  /** What an accepted job that is not delivered costs its contributor. */
  readonly nonDeliveryPenalty: AtomicAmount
  /** What who asks a gateway for a proof risks, and the gateway gets for showing it. */
  readonly proofBond: AtomicAmount
  /** What a broken promise of inclusion costs its gateway. */
  readonly inclusionPenalty: AtomicAmount
  readonly panelMemberBond: AtomicAmount
  readonly panelAccuserBond: AtomicAmount
  readonly panelSilenceFine: AtomicAmount
  /** Of the stake of a contributor that the panel finds wrong, in hundredths of a percent. */
  readonly panelSlashBps: number
  /** Whose receipts answer the jobs of contracts here: those of this chain, or of another one, by a mirror. */
  readonly home: 'here' | HomeVerifier
}

export type ContractName =
  | 'DevUSD'
  | 'ChannelSettlement'
  | 'Eip3009Collector'
  | 'Permit2Collector'
  | 'OpenClaimAuthorizer'
  | 'ContributorRegistry'
  | 'GatewayRegistry'
  | 'ReceiptAnchor'
  | 'ReceiptVerifier'
  | 'MirroredReceiptVerifier'
  | 'ModelProofs'
  | 'TierEvidence'
  | 'JobOffers'
  | 'InferenceCoordinator'
  | 'Slashing'
  | 'InclusionChallenges'
  | 'ReexecutionPanel'

/** The terms, and the addresses of what comes earlier in the order. */
type Foundations = DeploymentTerms & { readonly at: (name: ContractName) => Address }

type DeployableContract = {
  readonly name: ContractName
  readonly abi: InterfaceAbi
  readonly bytecode: Hex
  /** Of the constructor, in its order. */
  readonly args: (foundations: Foundations) => readonly unknown[]
  /** Undefined: always deployed. */
  readonly isNeeded?: (terms: DeploymentTerms) => boolean
  /** Where x402 has its own on the chains that it serves: unmodified clients look only there. */
  readonly canonicalAddress?: Address
}

const assetOf = ({ asset, at }: Foundations): Address => (asset === 'DevUSD' ? at(asset) : asset)

const registryTerms = (foundations: Foundations): unknown => ({
  asset: assetOf(foundations),
  minStake: foundations.minStake,
  unbondingDelay: foundations.unbondingDelayS,
  insurance: foundations.insurance,
  admin: foundations.admin,
})

export const deployableContracts: readonly DeployableContract[] = [
  {
    name: 'DevUSD',
    abi: devUsdAbi,
    bytecode: devUsdBytecode,
    args: () => [],
    isNeeded: ({ asset }) => asset === 'DevUSD',
  },
  {
    name: 'ChannelSettlement',
    abi: channelSettlementAbi,
    bytecode: channelSettlementBytecode,
    args: () => [],
    canonicalAddress: canonicalSettlementAddress,
  },
  {
    name: 'Eip3009Collector',
    abi: eip3009CollectorAbi,
    bytecode: eip3009CollectorBytecode,
    args: () => [],
    canonicalAddress: '0x4020806089470a89826cb9fb1f4059150b550004' as Address,
  },
  {
    name: 'Permit2Collector',
    abi: permit2CollectorAbi,
    bytecode: permit2CollectorBytecode,
    args: () => [],
    canonicalAddress: '0x4020425faf3b746c082c2f942b4e5159887b0005' as Address,
  },
  {
    name: 'OpenClaimAuthorizer',
    abi: openClaimAuthorizerAbi,
    bytecode: openClaimAuthorizerBytecode,
    args: () => [],
  },
  {
    name: 'ContributorRegistry',
    abi: contributorRegistryAbi,
    bytecode: contributorRegistryBytecode,
    args: (foundations) => [registryTerms(foundations)],
  },
  {
    name: 'GatewayRegistry',
    abi: gatewayRegistryAbi,
    bytecode: gatewayRegistryBytecode,
    // The contributors' registry keeps the keys of both.
    args: (foundations) => [registryTerms(foundations), foundations.at('ContributorRegistry')],
  },
  {
    name: 'ReceiptAnchor',
    abi: receiptAnchorAbi,
    bytecode: receiptAnchorBytecode,
    args: ({ admin }) => [admin],
  },
  {
    name: 'ReceiptVerifier',
    abi: receiptVerifierAbi,
    bytecode: receiptVerifierBytecode,
    args: ({ at }) => [at('ContributorRegistry'), at('GatewayRegistry'), at('ReceiptAnchor')],
  },
  {
    name: 'MirroredReceiptVerifier',
    abi: mirroredReceiptVerifierAbi,
    bytecode: mirroredReceiptVerifierBytecode,
    args: ({ at, home }) => [
      at('ContributorRegistry'),
      at('GatewayRegistry'),
      at('ReceiptAnchor'),
      ...(home === 'here' ? [] : [home.chainId, home.verifier]),
    ],
    isNeeded: ({ home }) => home !== 'here',
  },
  { name: 'ModelProofs', abi: modelProofsAbi, bytecode: modelProofsBytecode, args: () => [] },
  {
    name: 'TierEvidence',
    abi: tierEvidenceAbi,
    bytecode: tierEvidenceBytecode,
    args: ({ quoteVerifier, proofVerifier, at }) => [
      quoteVerifier,
      proofVerifier === 'ModelProofs' ? at(proofVerifier) : proofVerifier,
    ],
  },
  {
    name: 'JobOffers',
    abi: jobOffersAbi,
    bytecode: jobOffersBytecode,
    args: ({ at }) => [at('GatewayRegistry')],
  },
  {
    name: 'InferenceCoordinator',
    abi: inferenceCoordinatorAbi,
    bytecode: inferenceCoordinatorBytecode,
    args: (foundations) => [
      assetOf(foundations),
      foundations.at(foundations.home === 'here' ? 'ReceiptVerifier' : 'MirroredReceiptVerifier'),
      foundations.at('ContributorRegistry'),
      foundations.at('TierEvidence'),
      foundations.at('JobOffers'),
    ],
  },
  {
    name: 'Slashing',
    abi: slashingAbi,
    bytecode: slashingBytecode,
    args: ({ at, nonDeliveryPenalty, proofBond }) => [
      {
        contributors: at('ContributorRegistry'),
        gateways: at('GatewayRegistry'),
        receiptAnchor: at('ReceiptAnchor'),
        tierEvidence: at('TierEvidence'),
        coordinator: at('InferenceCoordinator'),
        verifier: at('ReceiptVerifier'),
        nonDeliveryPenalty,
        proofBond,
      },
    ],
  },
  {
    name: 'InclusionChallenges',
    abi: inclusionChallengesAbi,
    bytecode: inclusionChallengesBytecode,
    args: ({ at, inclusionPenalty }) => [
      at('GatewayRegistry'),
      at('ReceiptAnchor'),
      at('ReceiptVerifier'),
      inclusionPenalty,
    ],
  },
  {
    name: 'ReexecutionPanel',
    abi: reexecutionPanelAbi,
    bytecode: reexecutionPanelBytecode,
    args: (foundations) => [
      {
        contributors: foundations.at('ContributorRegistry'),
        receiptAnchor: foundations.at('ReceiptAnchor'),
        verifier: foundations.at('ReceiptVerifier'),
        memberBond: foundations.panelMemberBond,
        accuserBond: foundations.panelAccuserBond,
        silenceFine: foundations.panelSilenceFine,
        slashBps: foundations.panelSlashBps,
      },
    ],
  },
]

/** Who gets which role in a contract. */
type AppointmentToMake = {
  readonly contractName: ContractName
  readonly functionName: string
  readonly roleFunctionName: string
  readonly eventName: string
  readonly appointees: readonly ContractName[]
}

const slasherRole = {
  functionName: 'appointSlashers',
  roleFunctionName: 'isSlasher',
  eventName: 'SlasherAppointed',
} as const

/** The admin appoints once in each contract, all of them in one transaction; only who needs it. */
export const appointmentsToMake: readonly AppointmentToMake[] = [
  {
    ...slasherRole,
    contractName: 'ContributorRegistry',
    appointees: ['Slashing', 'ReexecutionPanel'],
  },
  {
    ...slasherRole,
    contractName: 'GatewayRegistry',
    appointees: ['Slashing', 'InclusionChallenges'],
  },
  {
    contractName: 'ReceiptAnchor',
    functionName: 'appointMarkers',
    roleFunctionName: 'isMarker',
    eventName: 'MarkerAppointed',
    appointees: ['Slashing', 'InclusionChallenges', 'ReexecutionPanel'],
  },
]
