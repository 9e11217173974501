import { ok, type Result } from '../base/result.ts'
import { readHead } from '../chain/blocks.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { type ContractCall, readContract } from '../chain/contracts.ts'
import { readInclusionChallenge } from '../chain/inclusion-challenges-contract.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readProofRequest } from '../chain/proof-requests.ts'
import { readEach } from '../chain/read-each.ts'
import { receiptDigest, receiptDomain } from '../chain/receipt-typed-data.ts'
import { readPanelCase, readPanelTerms } from '../chain/reexecution-panel-contract.ts'
import { type FaultContracts, readForfeit } from '../chain/slashing-contract.ts'
import { type Address, address, type Bytes32, zeroAddress } from '../domain/units.ts'
import type { FaultEvidence } from './fault-evidence.ts'
import {
  accusedOf,
  type FaultRole,
  type FaultStatement,
  faultIdOf,
  statementsOf,
} from './fault-statements.ts'
import type { ReceiptPlace } from './parse-receipt-document.ts'
import { readSigner } from './recover-signers.ts'

/** What the chain knows that evidence is judged by. What a kind does not ask for is zero. */
export type FaultFacts = {
  readonly place: ReceiptPlace
  /** The InferenceCoordinator whose jobs can be reported. */
  readonly coordinator: Address
  /** Unix seconds of the chain's clock. */
  readonly nowS: number
  /** Whoever would lose stake; zero where nobody would. */
  readonly accused: { readonly role: FaultRole; readonly operator: Address }
  /** Atomic units of `asset`; what unbonds is reached, too. */
  readonly stake: bigint
  readonly unbonding: bigint
  readonly asset: Address
  /** Seconds for which evidence is good: the registry's unbonding delay. */
  readonly windowS: number
  /** Whether this fault was slashed already. */
  readonly isSlashed: boolean
  /** Of each statement: whether a key that was registered then signed it. */
  readonly signed: readonly boolean[]
  /** Of two statements: whether one key signed both, or either of two signed when the other statement was made. */
  readonly areKeysTogether: boolean
  /** S5: whether any key of the contributor was bound then, and since when the inference is proven (0: it is not). */
  readonly isKeyBound: boolean
  readonly provenAtS: number
  /** S5: until when who was asked for the proof may show it (0: nobody asked). */
  readonly proofAnswerableUntilS: number
  readonly nonDeliveryPenalty: bigint
  readonly inclusion: {
    readonly penalty: bigint
    readonly answerTimeS: number
    /** When the receipt was anchored, as far as that is on record; 0: it is not. */
    readonly recordedAtS: number
    readonly isChallenged: boolean
  }
  readonly panel: {
    readonly slashBps: number
    readonly caseTimeS: number
    readonly isAccused: boolean
  }
}

/** Asks one node, at its newest block, for everything that this evidence is judged by. */
export async function readFaultFacts(
  rpc: JsonRpc,
  contracts: FaultContracts,
  evidence: FaultEvidence,
  place: ReceiptPlace,
): Promise<Result<FaultFacts, ChainFailure>> {
  const head = await readHead(rpc)
  if (!head.ok) return head
  const accused = await readAccused(rpc, contracts, evidence)
  if (!accused.ok) return accused
  const registry = contracts[`${accused.value.role}s`]
  const statements = statementsOf(evidence, place)
  const [standing, forfeit, signed, together, claims] = await Promise.all([
    readEach(rpc, [
      { contract: registry, functionName: 'operators', args: [accused.value.operator] },
      { contract: registry, functionName: 'unbondingDelay', args: [] },
      { contract: registry, functionName: 'asset', args: [] },
      { contract: contracts.slashing, functionName: 'nonDeliveryPenalty', args: [] },
    ]),
    readForfeit(rpc, registry, faultIdOf(evidence, place)),
    readSigned(rpc, contracts, statements),
    areKeysTogether(rpc, contracts, statements),
    readClaims(rpc, contracts, evidence, place),
  ])
  if (!standing.ok) return standing
  if (!forfeit.ok) return forfeit
  if (!signed.ok) return signed
  if (!together.ok) return together
  if (!claims.ok) return claims
  const [[operator], [delay], [asset], [nonDeliveryPenalty]] = standing.value as readonly [
    readonly [{ readonly stake: bigint; readonly unbonding: bigint }],
    readonly [bigint],
    readonly [string],
    readonly [bigint],
  ]
  return ok({
    place,
    coordinator: contracts.coordinator.address,
    nowS: head.value.timestampS,
    accused: accused.value,
    stake: operator.stake,
    unbonding: operator.unbonding,
    asset: address(asset),
    windowS: Number(delay),
    isSlashed: forfeit.value !== undefined,
    signed: signed.value,
    areKeysTogether: together.value,
    nonDeliveryPenalty,
    ...claims.value,
  })
}

async function readAccused(
  rpc: JsonRpc,
  { coordinator }: FaultContracts,
  evidence: FaultEvidence,
): Promise<Result<FaultFacts['accused'], ChainFailure>> {
  const named = accusedOf(evidence)
  if (named !== undefined || evidence.kind !== 'S6') {
    return ok(named ?? { role: 'contributor', operator: zeroAddress })
  }
  const answer = await readContract(rpc, {
    contract: coordinator,
    functionName: 'undeliveredBy',
    args: [evidence.jobId],
  })
  if (!answer.ok) return answer
  return ok({ role: 'contributor', operator: address(String(answer.value[0])) })
}

async function readSigned(
  rpc: JsonRpc,
  contracts: FaultContracts,
  statements: readonly FaultStatement[],
): Promise<Result<readonly boolean[], ChainFailure>> {
  const signed: boolean[] = []
  for (const statement of statements) {
    const answer = await isSigned(rpc, contracts, statement)
    if (!answer.ok) return answer
    signed.push(answer.value)
  }
  return ok(signed)
}

async function areKeysTogether(
  rpc: JsonRpc,
  contracts: FaultContracts,
  [first, second]: readonly FaultStatement[],
): Promise<Result<boolean, ChainFailure>> {
  if (first === undefined || second?.role !== first.role) return ok(true)
  const keyOf = ({ digest, signature }: FaultStatement): Address => {
    const signer = readSigner(digest, signature)
    return 'address' in signer ? signer.address : zeroAddress
  }
  if (keyOf(first) === keyOf(second)) return ok(true)
  const { operator } = first
  const contract = contracts[`${first.role}s`]
  const ask = (key: Address, atS: number): ContractCall => ({
    contract,
    functionName: 'signingKeyActiveAt',
    args: [operator, key, atS],
  })
  const answers = await readEach(rpc, [
    ask(keyOf(first), second.atS),
    ask(keyOf(second), first.atS),
  ])
  return answers.ok ? ok(answers.value.some(([isActive]) => isActive === true)) : answers
}

/** As OperatorSignature.sol: whose key it is, whether that is registered, and only then what a contract says of it. */
async function isSigned(
  rpc: JsonRpc,
  contracts: FaultContracts,
  { role, operator, digest, signature, atS }: FaultStatement,
): Promise<Result<boolean, ChainFailure>> {
  const signer = readSigner(digest, signature)
  if (signer.kind === 'absent' || signer.kind === 'invalid') return ok(false)
  const active = await readContract(rpc, {
    contract: contracts[`${role}s`],
    functionName: 'signingKeyActiveAt',
    args: [operator, signer.address, atS],
  })
  if (!active.ok) return active
  if (active.value[0] !== true || signer.kind === 'key') return ok(active.value[0] === true)
  return confirmedByWallet(rpc, signer.address, { digest, signature })
}

const walletAbi = [
  'function isValidSignature(bytes32 hash, bytes signature) view returns (bytes32)',
]
/** The whole word, as the contracts compare it. */
const walletAccepts = `0x1626ba7e${'0'.repeat(56)}`
const addressDigits = 40

/** A wallet that reverts, or answers anything else than yes, says no. */
export async function confirmedByWallet(
  rpc: JsonRpc,
  wallet: Address,
  { digest, signature }: Pick<FaultStatement, 'digest' | 'signature'>,
): Promise<Result<boolean, ChainFailure>> {
  const inner = `0x${signature.slice(2 + addressDigits)}`
  const answer = await readContract(rpc, {
    contract: { name: 'wallet', address: wallet, abi: walletAbi },
    functionName: 'isValidSignature',
    args: [digest, inner],
  })
  if (answer.ok) return ok(answer.value[0] === walletAccepts)
  const { reason } = answer.error
  return reason === 'chain_unreachable' || reason === 'chain_timeout' ? answer : ok(false)
}

type Claims = Pick<
  FaultFacts,
  'isKeyBound' | 'provenAtS' | 'proofAnswerableUntilS' | 'inclusion' | 'panel'
>

const noClaims: Claims = {
  isKeyBound: false,
  provenAtS: 0,
  proofAnswerableUntilS: 0,
  inclusion: { penalty: 0n, answerTimeS: 0, recordedAtS: 0, isChallenged: false },
  panel: { slashBps: 0, caseTimeS: 0, isAccused: false },
}

/** What S4, S5 and S7 ask beyond signatures. */
async function readClaims(
  rpc: JsonRpc,
  contracts: FaultContracts,
  evidence: FaultEvidence,
  place: ReceiptPlace,
): Promise<Result<Claims, ChainFailure>> {
  const { kind } = evidence
  if (kind !== 'S4' && kind !== 'S5' && kind !== 'S7') return ok(noClaims)
  const digest = receiptDigest(receiptDomain(place), evidence.receipt)
  if (kind === 'S4') return readPromise(rpc, contracts, digest)
  if (kind === 'S7') return readAccusation(rpc, contracts, digest)
  const { contributor, finishedAt, modelId, inputHash, contentHash } = evidence.receipt.work
  const ask = (functionName: string, ...args: unknown[]): ContractCall => ({
    contract: contracts.tierEvidence,
    functionName,
    args,
  })
  const bound = ask('isAnyKeyBoundAt', contributor, finishedAt)
  const answers = await readEach(rpc, [bound, ask('provenAt', modelId, inputHash, contentHash)])
  if (!answers.ok) return answers
  const [[isKeyBound], [provenAt]] = answers.value as [[boolean], [bigint]]
  const asked = await readProofRequest(rpc, contracts.slashing, evidence.receipt.work)
  if (!asked.ok) return asked
  const proofAnswerableUntilS = asked.value?.answerableUntilS ?? 0
  return ok({ ...noClaims, isKeyBound, provenAtS: Number(provenAt), proofAnswerableUntilS })
}

async function readPromise(
  rpc: JsonRpc,
  { inclusion, receiptAnchor }: FaultContracts,
  digest: Bytes32,
): Promise<Result<Claims, ChainFailure>> {
  const [values, challenge] = await Promise.all([
    readEach(rpc, [
      { contract: inclusion, functionName: 'penalty', args: [] },
      { contract: inclusion, functionName: 'ANSWER_TIME', args: [] },
      { contract: receiptAnchor, functionName: 'recordedAt', args: [digest] },
    ]),
    readInclusionChallenge(rpc, inclusion, digest),
  ])
  if (!values.ok) return values
  if (!challenge.ok) return challenge
  const [[penalty], [answerTime], [recordedAt]] = values.value as [[bigint], [bigint], [bigint]]
  return ok({
    ...noClaims,
    inclusion: {
      penalty,
      answerTimeS: Number(answerTime),
      recordedAtS: Number(recordedAt),
      isChallenged: challenge.value !== undefined,
    },
  })
}

async function readAccusation(
  rpc: JsonRpc,
  { panel }: FaultContracts,
  digest: Bytes32,
): Promise<Result<Claims, ChainFailure>> {
  const [terms, open] = await Promise.all([
    readPanelTerms(rpc, panel),
    readPanelCase(rpc, panel, digest),
  ])
  if (!terms.ok) return terms
  if (!open.ok) return open
  const { slashBps, caseTimeS } = terms.value
  const isAccused = open.value.state !== 'none'
  return ok({ ...noClaims, panel: { slashBps, caseTimeS, isAccused } })
}
