/*
 * A usage proof line by line: that each of its proofs holds, that they follow each other, what they say was charged, and that the
 * keys behind it are those of the gateway and the contributors that it names, when they signed.
 */
import { utf8Text } from '../base/bytes.ts'
import { err, type Result } from '../base/result.ts'
import { describeChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { keccak256 } from '../chain/keccak.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { readRegistry } from '../chain/receipt-verifier-contract.ts'
import { type Address, type Bytes32, type UnixSeconds, zeroAddress } from '../domain/units.ts'
import { readUsageProof, type UsageProof } from '../proofs/usage-proof.ts'
import { readUsageInputs } from '../proofs/usage-statement.ts'
import type { UsageProven } from '../proofs/verify-usage.ts'
import { accountOf } from './account-of-key.ts'
import { readAnchoring } from './check-inclusion.ts'
import { type CheckLine, type CheckName, fails, holds, joinLines, unknown } from './check-line.ts'
import { checkRegisteredKey } from './check-registration.ts'
import { judgeKey } from './check-signatures.ts'
import { describeTime } from './describe-time.ts'
import { findRepeatedKey } from './find-repeated-key.ts'
import type { ShapeFault } from './object-reader.ts'
import type { TrustAnchors } from './trust-anchors.ts'
import { checkProofSetup, isDocument } from './verify-proof-document.ts'

export type UsageVerification = {
  readonly document: UsageProof
  /** Bytes of a key that the person knows to be that of circuits/noir/usage-batch. */
  readonly verificationKey: Uint8Array | undefined
  /** Whether a setup whose secrets everybody knows is good enough. */
  readonly takesDevInsecure: boolean
  readonly anchors: TrustAnchors
  readonly rpc: JsonRpc | undefined
}

/** Whether these bytes say that they are a usage proof. */
export const isUsageDocument = (bytes: Uint8Array): boolean =>
  isDocument(bytes, 'vouch.usage-proof')

/** `bytes` are those of which `isUsageDocument` is true. */
export function parseUsageDocument(bytes: Uint8Array): Result<UsageProof, readonly ShapeFault[]> {
  const text = utf8Text(bytes)
  const repeated = findRepeatedKey(text)
  if (repeated !== undefined) {
    return err([{ path: repeated, expected: 'the field once', found: 'it twice' }])
  }
  return readUsageProof(JSON.parse(text))
}

/** The operator that the first part names, for whoever looks for keys of it. */
export function usageGatewayOf({ segments }: UsageProof): Address {
  const inputs = readUsageInputs(segments[0]?.proof.publicInputs ?? [])
  return inputs.ok ? inputs.value.statement.gateway : zeroAddress
}

export async function verifyUsageDocument(
  verification: UsageVerification,
): Promise<readonly CheckLine[]> {
  const { document, verificationKey, takesDevInsecure, anchors } = verification
  const given = verificationKey === undefined ? undefined : keccak256(verificationKey)
  const [first] = document.segments
  const vkHash = given ?? first?.proof.vkHash
  const setups = document.segments.map(({ proof }) => checkProofSetup({ proof, takesDevInsecure }))
  const before = [checkCircuitKey(vkHash, given), ...worst(setups)]
  // Loaded where a proof is, as the curve is that it takes.
  const { verifyUsage } = await import('../proofs/verify-usage.ts')
  const keys = verificationKey === undefined || !given ? [] : [[given, verificationKey] as const]
  const proven =
    vkHash === undefined
      ? undefined
      : verifyUsage(document, {
          circuits: { batchVkHash: vkHash },
          verificationKeys: new Map(keys),
        })
  if (proven === undefined) return [...before, fails('proof', 'it has no segment')]
  if (!proven.ok) return joinLines(before, [fails('proof', proven.error.detail)])
  const offline = [
    ...before,
    holds(
      'proof',
      `${document.segments.length} of its proofs hold, and each follows the one before`,
    ),
    checkStatement(proven.value),
    checkReceiptDomain(
      proven.value.segments.map(({ statement }) => statement.domainSeparator),
      anchors,
    ),
    ...worst(knownKeyLines(proven.value, anchors)),
  ]
  return joinLines(offline, worst(await linesOnChain(proven.value, verification)))
}

/** `given` is the hash of a key that the person knows, `vkHash` the one that the proof names. */
export function checkCircuitKey(
  vkHash: Bytes32 | undefined,
  given: Bytes32 | undefined,
): CheckLine {
  const check = 'proof-key'
  return given === undefined
    ? unknown(check, `nobody but the proof says whose key ${vkHash} is: give --vk`)
    : holds(check, `the key that you gave: ${given}`)
}

function checkStatement(proven: UsageProven): CheckLine {
  const { segments, firstSeq, count, total, priced, unsignedCount, unsignedTotal } = proven
  const [first] = segments
  const { channelId = '', gateway = '', asset = '' } = first?.statement ?? {}
  const span = `receipts ${firstSeq} to ${firstSeq + count - 1} of the channel ${channelId}`
  const sums = total === priced ? `${total}` : `${total} of the ${priced} that prices allow,`
  const unsigned =
    unsignedCount === 0
      ? 'each signed by its contributor'
      : `${unsignedCount} of them, for ${unsignedTotal}, signed by no contributor`
  return holds(
    'proof-statement',
    `${span} at the gateway ${gateway} cost ${sums} atomic units of ${asset}; ${unsigned}`,
  )
}

/** Receipts of a test chain, or of a contract of the forger's own, add up as well. */
export function checkReceiptDomain(
  separators: readonly Bytes32[],
  { receiptVerifier }: TrustAnchors,
): CheckLine {
  const check = 'domain'
  if (receiptVerifier === undefined) {
    return unknown(check, 'for which chain and contract the receipts are, a trust file says')
  }
  const { chainId, verifyingContract } = receiptVerifier
  const place = `${verifyingContract} on chain ${chainId}`
  return separators.every((separator) => isIn(separator, receiptVerifier))
    ? holds(check, `receipts for ${place}`)
    : fails(check, `the receipts are not for ${place}`)
}

const isIn = (
  domainSeparator: Bytes32,
  place: NonNullable<TrustAnchors['receiptVerifier']>,
): boolean => receiptDomain(place).slice(4) === domainSeparator.slice(2)

type SigningParty = {
  readonly role: 'gateway' | 'contributor'
  readonly operator: Address
  readonly key: Address
  readonly times: readonly UnixSeconds[]
}

const partiesOf = ({ segments }: UsageProven): readonly SigningParty[] =>
  segments.flatMap(({ statement, gatewayKey }) => [
    {
      role: 'gateway',
      operator: statement.gateway,
      key: gatewayKey,
      times: [statement.lastFinishedAt],
    },
    ...statement.signers.map(({ contributor, publicKey, firstFinishedAt, lastFinishedAt }) => ({
      role: 'contributor' as const,
      operator: contributor,
      key: accountOf(publicKey),
      times: [...new Set([firstFinishedAt, lastFinishedAt])],
    })),
  ])

const signerOf = ({ key }: SigningParty) => ({ kind: 'key', address: key }) as const

const knownKeyLines = (proven: UsageProven, anchors: TrustAnchors): readonly CheckLine[] =>
  partiesOf(proven).map((party) =>
    judgeKey(`${party.role}-key`, signerOf(party), {
      role: party.role,
      operator: party.operator,
      known: party.role === 'gateway' ? anchors.gatewayKeys : anchors.contributorKeys,
    }),
  )

/** Registries and roots behind the verifier contract that the person trusts; without one there is nothing to ask. */
async function linesOnChain(
  proven: UsageProven,
  { rpc, anchors: { receiptVerifier } }: UsageVerification,
): Promise<readonly CheckLine[]> {
  if (rpc === undefined || receiptVerifier === undefined) return []
  const { verifyingContract } = receiptVerifier
  const keyLines = partiesOf(proven).map(async (party) => {
    const check: CheckName = `${party.role}-key`
    const registry = await readRegistry(rpc, verifyingContract, `${party.role}s`)
    if (!registry.ok) return [unknown(check, describeChainFailure(registry.error))]
    const { operator, times } = party
    const asked = { registry: registry.value, operator, trusted: true, signer: signerOf(party) }
    return Promise.all(
      times.map((finishedAt) => checkRegisteredKey(rpc, check, { ...asked, finishedAt })),
    )
  })
  const rootLines = proven.segments.map(async ({ root }) => {
    const check = 'inclusion-anchored'
    if (root === undefined) return [unknown(check, 'the proof names no root of the log')]
    const anchored = await readAnchoring(rpc, verifyingContract, root)
    if (!anchored.ok) return [unknown(check, describeChainFailure(anchored.error))]
    return anchored.value === undefined
      ? [fails(check, `the root ${root} is not on the chain`)]
      : [holds(check, `the root ${root} is on the chain since ${describeTime(anchored.value)}`)]
  })
  return (await Promise.all([...keyLines, ...rootLines])).flat()
}

const badness = { fails: 0, unknown: 1, holds: 2 } as const

/** One line for each check: of several keys or roots all must be good. */
function worst(lines: readonly CheckLine[]): readonly CheckLine[] {
  const sorted = [...lines].sort((a, b) => badness[a.verdict] - badness[b.verdict])
  return sorted.filter((line, at) => sorted.findIndex(({ check }) => check === line.check) === at)
}
