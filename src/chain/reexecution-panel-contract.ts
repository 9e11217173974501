/*
 * ReexecutionPanel.sol as its parties need it: where a case stands, who sits on its juries, and what a member has there.
 */
import { ok, type Result } from '../base/result.ts'
import { type Address, address, type Bytes32, zeroAddress } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, readContract } from './contracts.ts'
import { reexecutionPanelAbi } from './generated/reexecution-panel.ts'
import type { JsonRpc } from './json-rpc.ts'
import { keccak256Hex } from './keccak.ts'
import { readEach } from './read-each.ts'
import { registryErrors } from './registry-errors.ts'
import { addressWord, hashWord, uintWord } from './typed-data.ts'

export const reexecutionPanelAt = (place: Address): Contract => ({
  name: 'ReexecutionPanel',
  address: place,
  abi: [...reexecutionPanelAbi, ...registryErrors],
})

const caseStates = ['none', 'drawing', 'voting', 'decided', 'closed'] as const

/** S7 as the chain knows it. Times are unix seconds of the chain's clock. */
export type PanelCase = {
  /** `none` for a receipt that nobody accuses, or whose case was abandoned. */
  readonly state: (typeof caseStates)[number]
  readonly accused: Address
  readonly accuser: Address
  readonly appellant: Address | undefined
  /** 0, or 1 after an appeal. */
  readonly round: number
  /** A jury can be drawn after this block, by its hash. */
  readonly drawBlock: number
  readonly drawUntilS: number
  readonly commitUntilS: number
  readonly revealUntilS: number
  readonly appealUntilS: number
  /** The verdict of the last round that was counted. */
  readonly foundWrong: boolean
}

type CaseRecord = {
  readonly [member in
    | 'drawBlock'
    | 'drawUntil'
    | 'commitUntil'
    | 'revealUntil'
    | 'appealUntil'
    | 'round'
    | 'state']: bigint
} & {
  readonly accused: string
  readonly accuser: string
  readonly appellant: string
  readonly foundWrong: boolean
}

export async function readPanelCase(
  rpc: JsonRpc,
  panel: Contract,
  digest: Bytes32,
): Promise<Result<PanelCase, ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: panel,
    functionName: 'cases',
    args: [digest],
  })
  if (!answer.ok) return answer
  const record = answer.value[0] as CaseRecord
  const appellant = address(record.appellant)
  return ok({
    state: caseStates[Number(record.state)] ?? 'none',
    accused: address(record.accused),
    accuser: address(record.accuser),
    appellant: appellant === zeroAddress ? undefined : appellant,
    round: Number(record.round),
    drawBlock: Number(record.drawBlock),
    drawUntilS: Number(record.drawUntil),
    commitUntilS: Number(record.commitUntil),
    revealUntilS: Number(record.revealUntil),
    appealUntilS: Number(record.appealUntil),
    foundWrong: record.foundWrong,
  })
}

/** Empty until it is drawn. */
export async function readJury(
  rpc: JsonRpc,
  panel: Contract,
  seat: { readonly digest: Bytes32; readonly round: number },
): Promise<Result<readonly Address[], ChainFailure>> {
  const answer = await readContract(rpc, {
    contract: panel,
    functionName: 'juryOf',
    args: [seat.digest, seat.round],
  })
  return answer.ok ? ok((answer.value[0] as readonly string[]).map(address)) : answer
}

/** Amounts in atomic units of the asset that contributors stake. */
export type PanelTerms = {
  readonly asset: Address
  readonly memberBond: bigint
  readonly accuserBond: bigint
  readonly silenceFine: bigint
  /** Hundredths of a percent of the accused's stake. */
  readonly slashBps: number
  /** How long a case may take: an accusation must come that long before the stake can leave. */
  readonly caseTimeS: number
  readonly memberCount: number
}

export async function readPanelTerms(
  rpc: JsonRpc,
  panel: Contract,
): Promise<Result<PanelTerms, ChainFailure>> {
  const names = ['memberBond', 'accuserBond', 'silenceFine', 'slashBps', 'MAX_CASE_TIME'] as const
  const values = await readEach(
    rpc,
    ['asset', ...names, 'memberCount'].map((functionName) => ({
      contract: panel,
      functionName,
      args: [],
    })),
  )
  if (!values.ok) return values
  const [asset, ...amounts] = values.value.map(([value]) => value)
  const [memberBond, accuserBond, silenceFine, slashBps, caseTime, memberCount] =
    amounts as unknown as readonly [bigint, bigint, bigint, bigint, bigint, bigint]
  return ok({
    asset: address(String(asset)),
    memberBond,
    accuserBond,
    silenceFine,
    slashBps: Number(slashBps),
    caseTimeS: Number(caseTime),
    memberCount: Number(memberCount),
  })
}

/** What an account has with the panel. */
export type PanelMember = {
  readonly isMember: boolean
  readonly bond: bigint
  /** Juries of open cases that it sits on. */
  readonly duties: number
  /** What it may withdraw. */
  readonly credit: bigint
}

export async function readPanelMember(
  rpc: JsonRpc,
  panel: Contract,
  account: Address,
): Promise<Result<PanelMember, ChainFailure>> {
  const values = await readEach(
    rpc,
    ['members', 'credits'].map((functionName) => ({
      contract: panel,
      functionName,
      args: [account],
    })),
  )
  if (!values.ok) return values
  const [member, credits] = values.value as readonly [readonly bigint[], readonly bigint[]]
  const [bond = 0n, duties = 0n, position = 0n] = member
  return ok({
    isMember: position !== 0n,
    bond,
    duties: Number(duties),
    credit: credits[0] ?? 0n,
  })
}

/** A vote as it is hidden until it is revealed (`voteCommitment`). */
export type PanelVote = {
  readonly digest: Bytes32
  readonly round: number
  readonly member: Address
  /** Whether the re-execution gave something else than the receipt says. */
  readonly wrong: boolean
  /** 32 random bytes: without them anybody could try out the two votes. */
  readonly salt: Bytes32
}

export const hashVote = ({ digest, round, member, wrong, salt }: PanelVote): Bytes32 =>
  keccak256Hex(
    hashWord(digest) +
      uintWord(round, 8) +
      addressWord(member) +
      uintWord(wrong ? 1 : 0, 8) +
      hashWord(salt),
  )
