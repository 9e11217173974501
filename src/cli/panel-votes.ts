/*
 * Hidden votes, kept until they are revealed: whoever loses the salt is fined for silence, so it is on the disk before its
 * commitment is on the chain.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { randomHex } from '../base/random-ids.ts'
import type { PanelVote } from '../chain/reexecution-panel-contract.ts'
import { objectReader } from '../client/object-reader.ts'
import { addressReader, bytes32Reader, truthReader, uint16Reader } from '../client/value-readers.ts'
import { bytes32 } from '../domain/units.ts'
import { writeDurably } from './channel-file.ts'
import { CommandFailure } from './command.ts'

/** Where a member sits. */
export type Seat = Pick<PanelVote, 'digest' | 'round' | 'member'>

const voteReader = objectReader<PanelVote>(
  {
    digest: bytes32Reader,
    round: uint16Reader,
    member: addressReader,
    wrong: truthReader,
    salt: bytes32Reader,
  },
  'refused',
)

export const votesFolderOf = (named: string | undefined): string =>
  named ?? join(homedir(), '.vouch', 'panel')

const pathOf = (folder: string, { digest, round, member }: Seat): string =>
  join(folder, `${digest.slice(2, 18)}-${round}-${member.slice(2, 10)}.json`)

/** Undefined where this member has handed in none from here. */
export function readVote(folder: string, seat: Seat): PanelVote | undefined {
  const path = pathOf(folder, seat)
  if (!existsSync(path)) return undefined
  const faults: never[] = []
  const vote = voteReader(JSON.parse(readFileSync(path, 'utf8')), { path: '', faults })
  const isOfSeat =
    vote?.digest === seat.digest && vote.round === seat.round && vote.member === seat.member
  if (vote !== undefined && isOfSeat) return vote
  throw new CommandFailure(`${path} is not the vote of this seat: move it away`)
}

/** The vote that is there, or a new one, flushed to the disk. */
export function keepVote(folder: string, seat: Seat, wrong: boolean): PanelVote {
  const known = readVote(folder, seat)
  if (known !== undefined && known.wrong === wrong) return known
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const vote = { ...seat, wrong, salt: bytes32(`0x${randomHex(32)}`) }
  writeDurably(pathOf(folder, seat), `${JSON.stringify(vote)}\n`)
  return vote
}
