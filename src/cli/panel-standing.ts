import { ok, type Result } from '../base/result.ts'
import { readHead } from '../chain/blocks.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import { readContract } from '../chain/contracts.ts'
import { receiptFaultId } from '../chain/fault-ids.ts'
import {
  type PanelCase,
  type PanelMember,
  readJury,
  readPanelCase,
  readPanelMember,
} from '../chain/reexecution-panel-contract.ts'
import { type Forfeit, readForfeit } from '../chain/slashing-contract.ts'
import { type Address, type Bytes32, bytes32, zeroBytes32 } from '../domain/units.ts'
import type { FaultPlace } from './slash-place.ts'

/** How far the vote of a seat is. */
export type Ballot = {
  readonly isOnJury: boolean
  /** Zero until it is handed in. */
  readonly commitment: Bytes32
  readonly isRevealed: boolean
}

/** What one account sees of the panel, and of one case of it. */
export type PanelStanding = {
  readonly member: PanelMember
  readonly nowS: number
  readonly blockNumber: number
  /** Undefined where no case is meant. */
  readonly of: CaseStanding | undefined
}

export type CaseStanding = {
  readonly digest: Bytes32
  readonly open: PanelCase
  readonly jury: readonly Address[]
  readonly ballot: Ballot
  /** What was taken from the accused. */
  readonly forfeit: Forfeit | undefined
}

export async function readPanelStanding(
  { rpc, contracts }: FaultPlace,
  question: { readonly account: Address; readonly digest: Bytes32 | undefined },
): Promise<Result<PanelStanding, ChainFailure>> {
  const { account, digest } = question
  const head = await readHead(rpc)
  if (!head.ok) return head
  const member = await readPanelMember(rpc, contracts.panel, account)
  if (!member.ok) return member
  const seen = {
    member: member.value,
    nowS: head.value.timestampS,
    blockNumber: head.value.number,
  }
  if (digest === undefined) return ok({ ...seen, of: undefined })
  const open = await readPanelCase(rpc, contracts.panel, digest)
  if (!open.ok) return open
  const { round } = open.value
  const [jury, ballot, forfeit] = await Promise.all([
    readJury(rpc, contracts.panel, { digest, round }),
    readContract(rpc, {
      contract: contracts.panel,
      functionName: 'ballotOf',
      args: [digest, round, account],
    }),
    readForfeit(rpc, contracts.contributors, receiptFaultId('S7', digest)),
  ])
  if (!jury.ok) return jury
  if (!ballot.ok) return ballot
  if (!forfeit.ok) return forfeit
  return ok({
    ...seen,
    of: {
      digest,
      open: open.value,
      jury: jury.value,
      ballot: ballotOf(ballot.value[0]),
      forfeit: forfeit.value,
    },
  })
}

function ballotOf(record: unknown): Ballot {
  const { onJury, commitment, revealed } = record as {
    readonly onJury: boolean
    readonly commitment: string
    readonly revealed: boolean
  }
  return { isOnJury: onJury, commitment: bytes32(commitment), isRevealed: revealed }
}

export const hasVoted = ({ commitment }: Ballot): boolean => commitment !== zeroBytes32
