/*
 * Proven usage as the UsageProofs contract takes and keeps it. The contract is no part of a deployment of `vouch contracts`: it
 * stands on verifiers of circuits, which whoever deploys it builds from source.
 */
import { type Hex, hexOf } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import type { Address, AtomicAmount, Bytes32, UnixSeconds } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, type ContractCall, readContract } from './contracts.ts'
import type { Deployment } from './deployment.ts'
import { usageProofsAbi, usageProofsBytecode } from './generated/usage-proofs.ts'
import type { JsonRpc } from './json-rpc.ts'

/** What a usage proof says (src/proofs/usage-statement.ts), as the contract is told it. */
type StatedUsage = {
  readonly domainSeparator: Bytes32
  readonly channelId: Bytes32
  readonly gateway: Address
  readonly asset: Address
  readonly firstSeq: number
  readonly count: number
  readonly total: AtomicAmount
  readonly priced: AtomicAmount
  readonly cumulative: AtomicAmount
  readonly unsignedCount: number
  readonly unsignedTotal: AtomicAmount
  readonly lastFinishedAt: UnixSeconds
  readonly previousDigest: Bytes32
  readonly lastDigest: Bytes32
  readonly priceHashes: readonly Bytes32[]
  readonly signers: readonly {
    readonly contributor: Address
    /** 64 bytes, x ‖ y. */
    readonly publicKey: Hex
    readonly firstFinishedAt: UnixSeconds
    readonly lastFinishedAt: UnixSeconds
  }[]
}

export type UsageSubmission = {
  readonly statement: StatedUsage
  /** Where the last receipt is anchored, and the gateway's signature of it. */
  readonly last: {
    readonly root: Bytes32
    readonly path: readonly Bytes32[]
    readonly gatewaySignature: Hex
  }
  readonly proof: Hex
  /** Whether the proof joins others (usage-tree), or opens receipts itself (usage-batch). */
  readonly isTree: boolean
}

const usageProofsAt = (place: Address): Contract => ({
  name: 'UsageProofs',
  address: place,
  abi: usageProofsAbi,
})

export const usageProofsDeployment = (terms: {
  readonly contributors: Address
  readonly gateways: Address
  readonly receiptAnchor: Address
  readonly receiptVerifier: Address
  /** Zero where there is no circuit that joins; then both keys are zero, too. */
  readonly circuits: {
    readonly batch: Address
    readonly tree: Address
    readonly batchKey: Bytes32
    readonly treeKey: Bytes32
  }
}): Deployment => ({
  name: 'UsageProofs',
  abi: usageProofsAbi,
  bytecode: usageProofsBytecode,
  args: [
    terms.contributors,
    terms.gateways,
    terms.receiptAnchor,
    terms.receiptVerifier,
    terms.circuits,
  ],
})

/** Anybody may send it. */
export const proveUsageCall = (
  place: Address,
  { statement, last, proof, isTree }: UsageSubmission,
): ContractCall => ({
  contract: usageProofsAt(place),
  functionName: 'prove',
  args: [
    {
      ...statement,
      signers: statement.signers.map(({ publicKey, ...signer }) => ({
        ...signer,
        keyX: hexOf(publicKey.slice(2, 66)),
        keyY: hexOf(publicKey.slice(66)),
      })),
    },
    last,
    proof,
    isTree,
  ],
})

/** Atomic units of the channel's asset. `unsignedTotal` is the part that no contributor signed for. */
export type AuditedTotal = { readonly total: bigint; readonly unsignedTotal: bigint }

/** Of receipts from the first boundary up to and without the last; reverts unless all between is proven and hangs together. */
export async function readAuditedTotal(
  rpc: JsonRpc,
  place: Address,
  of: {
    readonly gateway: Address
    readonly channelId: Bytes32
    readonly boundaries: readonly number[]
  },
): Promise<Result<AuditedTotal, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: usageProofsAt(place),
    functionName: 'auditedTotal',
    args: [of.gateway, of.channelId, of.boundaries],
  })
  if (!answer.ok) return answer
  const [total, unsignedTotal] = answer.value as [bigint, bigint]
  return ok({ total, unsignedTotal })
}
