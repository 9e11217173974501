/*
 * EdDSA over Baby Jubjub with Poseidon, as circom's library verifies it: S·B = R + h·(8·A), h = Poseidon(R, A, message), B of
 * the subgroup of prime order. A key is named by Poseidon(A), so that a contract keeps one word for it.
 */
import { babyjubjub } from '@noble/curves/misc.js'
import type { Bytes32 } from '../domain/units.ts'
import { scalarModulus, scalarWord } from './field.ts'
import { poseidon } from './poseidon.ts'

type CurvePoint = typeof babyjubjub.Point.BASE

/** Coordinates of a point of Baby Jubjub. */
export type JubjubPoint = { readonly x: bigint; readonly y: bigint }

export type UsageSignature = { readonly nonce: JubjubPoint; readonly response: bigint }

/** Order of the subgroup. */
export const usageKeyOrder: bigint = babyjubjub.Point.Fn.ORDER

/** `secret` times B; `secret` is from 1 to the order − 1. */
export const jubjubPointOf = (secret: bigint): JubjubPoint =>
  babyjubjub.Point.BASE.multiply(secret).toAffine()

/** What the EIP-712 endorsement and a proof's public inputs name. */
export const usageKeyHash = ({ x, y }: JubjubPoint): Bytes32 => scalarWord(poseidon([x, y]))

/** h of the equation above. `message` is a field element. */
export const usageChallenge = (
  { nonce, key }: { readonly nonce: JubjubPoint; readonly key: JubjubPoint },
  message: bigint,
): bigint => poseidon([nonce.x, nonce.y, key.x, key.y, message])

/** Exactly what the circuit accepts. */
export function isUsageSignature(
  { nonce, response }: UsageSignature,
  { key, message }: { readonly key: JubjubPoint; readonly message: bigint },
): boolean {
  const keyPoint = pointOf(key)
  const noncePoint = pointOf(nonce)
  if (keyPoint === undefined || noncePoint === undefined) return false
  if (response < 0n || response >= usageKeyOrder) return false
  const cleared = keyPoint.clearCofactor()
  if (cleared.is0()) return false
  const challenge = usageChallenge({ nonce, key }, message) % usageKeyOrder
  const right = noncePoint.add(cleared.multiplyUnsafe(challenge))
  return babyjubjub.Point.BASE.multiplyUnsafe(response).equals(right)
}

/** Undefined for coordinates that are no point of the curve. */
function pointOf({ x, y }: JubjubPoint): CurvePoint | undefined {
  if (x < 0n || x >= scalarModulus || y < 0n || y >= scalarModulus) return undefined
  try {
    const point = babyjubjub.Point.fromAffine({ x, y })
    point.assertValidity()
    return point
  } catch {
    // The only way that noble says "no point".
    return undefined
  }
}
