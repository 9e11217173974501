/*
 * The signature that NEAR AI, RedPill, Phala, 0G and io.net serve for an answer, member for member as theirs. It is made of a
 * stored receipt whenever somebody asks, so any replica has it as soon as the receipt is durable, which is before the last
 * byte of the answer leaves.
 */
import { personalMessageDigest } from '../chain/personal-message.ts'
import { type WorkStatus, workStatus } from '../domain/receipt.ts'
import type { SigningAlgo } from '../domain/signing-algo.ts'
import { type Bytes32, zeroBytes32 } from '../domain/units.ts'
import type { KeyRing } from './key-ring.ts'

export type ConventionSignature = {
  /** `<sha256 of the request>:<sha256 of the response>`, 64 lower-case hex digits each. */
  readonly text: string
  /** ecdsa: `0x` and 65 bytes r, s, v of the EIP-191 text, v 27 or 28; ed25519: 128 hex digits. */
  readonly signature: string
  /** ecdsa: the account; ed25519: the public key, 64 hex digits. */
  readonly signing_address: string
  readonly signing_algo: SigningAlgo
  /** The gateway's key, over the bytes that the client got: no engine in a TEE signed them. */
  readonly signature_kind: 'gateway'
}

/** Answered with status 200, as NEAR does: there was such an answer, and nothing of it can be signed. */
export type SignatureUnavailable = {
  readonly error_code: 'STREAM_DISCONNECTED' | 'SIGNATURE_UNSUPPORTED'
  readonly message: string
}

/** What of a receipt the convention knows. */
export type SignedAnswer = {
  readonly requestHash: Bytes32
  readonly responseHash: Bytes32
  readonly status: WorkStatus
  readonly stream: boolean
}

/** An answer is signed where its client got it to the end: a stream to its last event, also where the budget ended it. */
export function conventionSignature(
  keys: KeyRing,
  answer: SignedAnswer,
  algo: SigningAlgo,
): ConventionSignature | SignatureUnavailable {
  const { status, responseHash, stream } = answer
  const isWhole = status === workStatus.complete || status === workStatus.truncatedByBudget
  if (!isWhole) return stream ? disconnected : undelivered
  // The gateway stands for none of these bytes.
  if (responseHash === zeroBytes32) return undelivered
  const text = `${answer.requestHash.slice(2)}:${responseHash.slice(2)}`
  return { text, ...signText(keys, text, algo), signing_algo: algo, signature_kind: 'gateway' }
}

/** What is asked of an attestation as `signing_address`, and what signs by this algorithm. */
export const signingAddressOf = (keys: KeyRing, algo: SigningAlgo): string =>
  algo === 'ecdsa' ? keys.registered.address : keys.convention.publicKey

const signText = (
  keys: KeyRing,
  text: string,
  algo: SigningAlgo,
): Pick<ConventionSignature, 'signature' | 'signing_address'> => ({
  signature:
    algo === 'ecdsa'
      ? keys.registered.signDigest(personalMessageDigest(text))
      : keys.convention.sign(text),
  signing_address: signingAddressOf(keys, algo),
})

const disconnected = {
  error_code: 'STREAM_DISCONNECTED',
  message: 'The stream did not reach its end, so there is no whole answer to sign.',
} as const

const undelivered = {
  error_code: 'SIGNATURE_UNSUPPORTED',
  message: 'No answer was delivered that could be signed.',
} as const
