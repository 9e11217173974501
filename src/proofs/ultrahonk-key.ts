import { ok, type Result } from '../base/result.ts'
import { keccak256 } from '../chain/keccak.ts'
import { type G1Point, g1PointOrZero } from './curve-points.ts'
import { scalarModulus, wordBytes, wordsOf } from './field.ts'
import { type ProofRefusal, refuse } from './proof-refusal.ts'
import { precomputedCount } from './ultrahonk-entities.ts'

/** The verification key of a circuit, as `bb write_vk -t evm` writes it. */
export type UltraHonkKey = {
  /** The circuit has 2^rounds rows, and sumcheck as many rounds. */
  readonly rounds: number
  /** Without the pairing points that every circuit carries behind its own. */
  readonly publicInputs: number
  /** In the order of the entities. A polynomial that is zero everywhere has the point at infinity. */
  readonly commitments: readonly G1Point[]
  /** What the transcript begins with: keccak256 of the key's bytes, modulo r. */
  readonly transcriptHash: bigint
}

/** Words of a proof that are public inputs of every circuit: two points that a recursion left to be paired. */
export const pairingPointWords = 8

const headWords = 3
const keyBytes = (headWords + 2 * precomputedCount) * wordBytes
/** No proof of more rounds has a size that the verifier's contract takes. */
const roundsMax = 25
/** The Libra argument hides the univariates of at least two rounds. */
const roundsMin = 2
/** The row of the first public input, behind the rows that blind the witness and one of zeros. */
export const publicInputsRow = 5

/** Words: rounds, public inputs with pairing points, their first row, then x and y of each commitment. */
export function readUltraHonkKey(bytes: Uint8Array): Result<UltraHonkKey, ProofRefusal> {
  const malformed = (detail: string) => refuse('verification_key_malformed', detail)
  if (bytes.length !== keyBytes)
    return malformed(`a key has ${keyBytes} bytes, this ${bytes.length}`)
  const [rounds = 0n, allInputs = 0n, firstRow = 0n, ...coordinates] = wordsOf(bytes)
  if (rounds < roundsMin || rounds > roundsMax)
    return malformed(`${rounds} rounds are not possible`)
  if (allInputs < pairingPointWords || allInputs > 2n ** rounds) {
    return malformed(`${allInputs} public inputs are not possible`)
  }
  if (firstRow !== BigInt(publicInputsRow)) {
    return malformed('its public inputs are not where this version of the protocol has them')
  }
  const commitments = Array.from({ length: precomputedCount }, (_, at) =>
    g1PointOrZero(coordinates.slice(2 * at, 2 * at + 2)),
  )
  if (!commitments.every((point) => point !== undefined))
    return malformed('a commitment is no point')
  return ok({
    rounds: Number(rounds),
    publicInputs: Number(allInputs) - pairingPointWords,
    commitments,
    transcriptHash: BigInt(keccak256(bytes)) % scalarModulus,
  })
}
