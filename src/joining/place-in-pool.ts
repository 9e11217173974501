/*
 * Whether there is a place for who wants to join, and whether the names of its models are free. Pure: decided on the book that
 * a change of the store is decided on.
 */
import { err, ok, type Result } from '../base/result.ts'
import type { ContributorBook, ContributorRecord } from '../domain/contributor-record.ts'
import type { JoiningRefusal } from '../domain/refusal.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import type { RosterEntry } from './contributor-roster.ts'

export type PlaceRules = {
  readonly contributorsMax: number
  /** Names of the operator's list: whoever serves one of them serves what the list says. */
  readonly listed: ReadonlySet<string>
  /** Whether the registry says of an operator that it does not serve any more. */
  readonly isGone: (operator: Address) => boolean
}

/** Records to forget, so that there is room. */
type Room = readonly (readonly [contributorId: string, gone: undefined])[]

/**
 * Where all places are taken those are given up that belong to operators which do not serve any more: nobody holds a place
 * with a stake that is gone. Who has joined already needs none.
 */
export function placeFor(
  { records }: Pick<ContributorBook, 'records'>,
  fresh: ContributorRecord,
  { contributorsMax, listed, isGone }: PlaceRules,
): Result<Room, JoiningRefusal> {
  const others = [...records.values()].filter(
    ({ contributorId }) => contributorId !== fresh.contributorId,
  )
  const theirs = new Map(
    others.flatMap(({ joined }) => joined?.serves ?? []).map(({ id, modelId }) => [id, modelId]),
  )
  const taken = fresh.joined?.serves.find(
    ({ id, modelId }) => !listed.has(id) && (theirs.get(id) ?? modelId) !== modelId,
  )
  if (taken !== undefined) {
    const detail = `models: '${taken.id}' is the name of another model here`
    return err({ reason: 'joining_terms_unacceptable', detail })
  }
  const members = others.flatMap(({ joined }) => joined ?? [])
  if (records.has(fresh.contributorId) || members.length < contributorsMax) return ok([])
  const gone = members.filter(({ operator }) => isGone(operator))
  if (gone.length === 0) return err({ reason: 'joined_contributors_exhausted', contributorsMax })
  return ok(gone.map(({ operator }) => [operator, undefined] as const))
}

/** Names of models that others who are kept serve now, and what they serve under them. */
export const namesBeside = (
  entries: ReadonlyMap<string, RosterEntry>,
  contributorId: string,
): ReadonlyMap<string, Bytes32> => {
  const others = [...entries.values()].filter(
    ({ record }) => record.contributorId !== contributorId,
  )
  const offers = others.flatMap(({ contributor }) => contributor?.offers ?? [])
  return new Map(offers.map(({ modelName, modelId }) => [modelName, modelId]))
}
