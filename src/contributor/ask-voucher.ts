/*
 * Asks a gateway for the newest voucher that it promised: it sends one with each job, but who has no job would wait for ever.
 */
import { ok } from '../base/result.ts'
import { contributorDomain, voucherQueryDigest } from '../chain/payout-typed-data.ts'
import { signDigest } from '../chain/signatures.ts'
import { type Answer, askGateway } from '../client/ask-gateway.ts'
import { objectReader, type Reader, valueReader } from '../client/object-reader.ts'
import { soonS, vouchHeader } from '../client/signed-order.ts'
import { orNull, uint64Reader } from '../client/value-readers.ts'
import type { JoinablePlace, Member } from './join-gateway.ts'

type PromisedPayout = {
  readonly chain_id: number
  readonly channel_config: object
  readonly voucher: object | null
}

/** Whoever takes the voucher reads it member by member. */
const anyObject: Reader<object> = valueReader('an object', (value) =>
  typeof value === 'object' && value !== null ? value : undefined,
)

const payoutReader: Reader<PromisedPayout> = objectReader<PromisedPayout>(
  { chain_id: uint64Reader, channel_config: anyObject, voucher: orNull(anyObject) },
  'ignored',
)

/** As a job's header would bring it; undefined where nothing was promised yet. */
export async function askVoucher(
  { origin, gateway, chainId, contributorRegistry }: JoinablePlace,
  { contributor, signingKey, nowMs }: Member,
): Answer<string | undefined> {
  const domain = contributorDomain({ chainId, verifyingContract: contributorRegistry })
  const query = { contributor, validUntil: soonS(nowMs) }
  const digest = voucherQueryDigest(domain, { ...query, gateway })
  const authorization = vouchHeader({ ...query, signature: signDigest(digest, signingKey) })
  const path = '/v1/contributors/me/voucher'
  const answer = await askGateway(
    { origin, path, init: { headers: { authorization } } },
    payoutReader,
  )
  if (!answer.ok) return answer
  const { chain_id: toldChainId, channel_config: config, voucher } = answer.value
  if (voucher === null) return ok(undefined)
  const offered = JSON.stringify({ chainId: toldChainId, config, ...voucher })
  return ok(Buffer.from(offered).toString('base64url'))
}
