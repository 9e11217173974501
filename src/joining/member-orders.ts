/*
 * Who signed a question or an order of a contributor, and whether it is for this gateway and for now.
 */
import { err, ok, type Result } from '../base/result.ts'
import {
  type LeavePoolOrder,
  leavePoolDigest,
  type StandingQuery,
  standingQueryDigest,
} from '../chain/joining-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import { type OrderOutdated, objectionToAge } from '../domain/order-age.ts'
import type { JoiningRefusal } from '../domain/refusal.ts'
import { readSignedHeader } from '../domain/signed-header.ts'
import type { Address, Bytes32, Signature } from '../domain/units.ts'
import type { OrderTerms } from './order-rules.ts'

export type MemberTerms = OrderTerms & {
  /** Of who joined: the keys that may sign for it now. Undefined where nobody of that account has joined. */
  readonly keysOf: (operator: Address) => readonly Address[] | undefined
}

type MemberRefusal =
  | OrderOutdated
  | Extract<
      JoiningRefusal,
      { readonly reason: 'contributor_query_invalid' | 'contributor_not_joined' }
    >

const invalid = err({ reason: 'contributor_query_invalid' } as const)

/** The contributor behind `Authorization: Vouch …`, JSON = `{contributor, validUntil, signature}` over a StandingQuery. */
export function askingMember(
  terms: MemberTerms,
  authorization: string | undefined,
): Result<Address, MemberRefusal> {
  const { gateway, domain, nowMs } = terms
  const header = readSignedHeader(authorization, 'contributor')
  if (header === undefined) return invalid
  const { sender: contributor, validUntil, signature } = header
  if (objectionToAge(validUntil, nowMs()) !== undefined) return invalid
  const query: StandingQuery = { gateway, contributor, validUntil }
  const digest = standingQueryDigest(domain, query)
  const objection = objectionToSigner(terms, { contributor, digest, signature })
  return objection === undefined ? ok(contributor) : err(objection)
}

/** The same of `{contributor, nonce, validUntil, signature}` over a LeavePool. */
export function leavingMember(
  terms: MemberTerms,
  authorization: string | undefined,
): Result<{ readonly order: LeavePoolOrder; readonly digest: Bytes32 }, MemberRefusal> {
  const { gateway, domain, nowMs } = terms
  const header = readSignedHeader(authorization, 'contributor')
  if (header?.nonce === undefined) return invalid
  const { sender: contributor, validUntil, nonce, signature } = header
  const late = objectionToAge(validUntil, nowMs())
  if (late !== undefined) return err(late)
  const order = { gateway, contributor, validUntil, nonce }
  const digest = leavePoolDigest(domain, order)
  const objection = objectionToSigner(terms, { contributor, digest, signature })
  return objection === undefined ? ok({ order, digest }) : err(objection)
}

/** Its operator account may always ask and leave: whoever lost a key must be able to. */
function objectionToSigner(
  { keysOf }: MemberTerms,
  signed: {
    readonly contributor: Address
    readonly digest: Bytes32
    readonly signature: Signature
  },
): MemberRefusal | undefined {
  const keys = keysOf(signed.contributor)
  // Who joined can be read in the receipts of its answers: it is no secret who has not.
  if (keys === undefined) return { reason: 'contributor_not_joined' }
  const signer = recoverSigner(signed.digest, signed.signature)
  const isOwn = signer !== undefined && [signed.contributor, ...keys].includes(signer)
  return isOwn ? undefined : { reason: 'contributor_query_invalid' }
}
