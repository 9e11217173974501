/*
 * The checkpoints of one stream (domain/checkpoint.ts) against what the gateway saw of it. What costs next to nothing is
 * looked at as each arrives; a signature only where a stream ended without a Work, which nearly none does.
 *
 * Invariant: `newest` is at a link of our own chain, for this job and these parties, and counts no fewer tokens than those
 * before it.
 */
import { err, ok, type Result } from '../base/result.ts'
import { checkpointDigest } from '../chain/checkpoint-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import type { Checkpoint, SignedCheckpoint } from '../domain/checkpoint.ts'
import {
  type Address,
  address,
  type Bytes32,
  bytes32,
  isAddress,
  isBytes32,
  isHex,
  signature,
  unixSeconds,
} from '../domain/units.ts'
import type { StreamTranscript } from './answer-transcript.ts'

export type CheckpointFault =
  | { readonly fault: 'checkpoint_mismatch'; readonly member: keyof Checkpoint }
  | { readonly fault: 'checkpoint_signer_unknown' }

/** A checkpoint that agreed with what was seen when it came. */
export type SeenCheckpoint = SignedCheckpoint & {
  /** UTF-8 bytes of everything the model had written until then. */
  readonly completionBytes: number
}

/** One has some 800 characters; a longer comment is something else, and is not parsed. */
const encodedLengthMax = 2_048
/** Clocks of contributor and gateway may differ by this much. */
const clockSkewMs = 120_000

/** Of one stream, in the order in which they come. */
export class SeenCheckpoints {
  readonly #job: Pick<Checkpoint, 'jobId' | 'gateway' | 'contributor'>
  readonly #nowMs: () => number
  #newest: SeenCheckpoint | undefined
  #fault: CheckpointFault | undefined
  #contradiction: readonly SignedCheckpoint[] = []

  constructor(job: Pick<Checkpoint, 'jobId' | 'gateway' | 'contributor'>, nowMs: () => number) {
    this.#job = job
    this.#nowMs = nowMs
  }

  get newest(): SeenCheckpoint | undefined {
    return this.#newest
  }

  /** What one of them said that did not happen. */
  get fault(): CheckpointFault | undefined {
    return this.#fault
  }

  /** Two that differ under one index, as far as there were such. */
  get contradiction(): readonly SignedCheckpoint[] {
    return this.#contradiction
  }

  /**
   * False when it is false: nothing more of this stream is worth anything. One that cannot be read, or is out of time, proves
   * nothing and is passed over. `seen` is the stream until there.
   */
  take(encoded: string, seen: Pick<StreamTranscript, 'link' | 'content'>): boolean {
    const signed = decodeCheckpoint(encoded)
    if (signed === undefined) return true
    const { checkpoint } = signed
    if (Math.abs(checkpoint.signedAt * 1000 - this.#nowMs()) > clockSkewMs) return true
    const member = this.#mismatch(checkpoint, seen.link)
    if (member === undefined) {
      this.#newest = { ...signed, completionBytes: seen.content.byteLength }
      return true
    }
    this.#fault = { fault: 'checkpoint_mismatch', member }
    const before = this.#newest
    if (before !== undefined && contradicts(before.checkpoint, checkpoint)) {
      const { checkpoint: first, signature: firstSignature } = before
      this.#contradiction = [{ checkpoint: first, signature: firstSignature }, signed]
    }
    return false
  }

  #mismatch(checkpoint: Checkpoint, link: Bytes32): keyof Checkpoint | undefined {
    for (const member of ['jobId', 'gateway', 'contributor'] as const) {
      if (checkpoint[member] !== this.#job[member]) return member
    }
    const before = this.#newest?.checkpoint
    if (before !== undefined && checkpoint.index <= before.index) return 'index'
    if (checkpoint.streamHash !== link) return 'streamHash'
    const counted = before?.completionTokens ?? 0
    return checkpoint.completionTokens < counted ? 'completionTokens' : undefined
  }
}

/** What the slashing contract punishes (ISlashing.reportCheckpointEquivocation). */
const contradicts = (first: Checkpoint, second: Checkpoint): boolean =>
  first.jobId === second.jobId &&
  first.gateway === second.gateway &&
  first.contributor === second.contributor &&
  first.index === second.index &&
  (first.streamHash !== second.streamHash ||
    first.completionTokens !== second.completionTokens ||
    first.signedAt !== second.signedAt)

/** Whether one of its contributor's keys signed it. */
export function checkCheckpointSigner(
  domain: DomainSeparator,
  { checkpoint, signature: signed }: SignedCheckpoint,
  signingAddresses: readonly Address[],
): Result<void, CheckpointFault> {
  const signer = recoverSigner(checkpointDigest(domain, checkpoint), signed)
  return signer !== undefined && signingAddresses.includes(signer)
    ? ok(undefined)
    : err({ fault: 'checkpoint_signer_unknown' })
}

/** base64url of the JSON `{ checkpoint, signature }`. */
export function decodeCheckpoint(encoded: string): SignedCheckpoint | undefined {
  if (encoded.length > encodedLengthMax) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    const { checkpoint, signature: bytes } = value as { checkpoint?: unknown; signature?: unknown }
    const read = readCheckpoint((checkpoint ?? {}) as Record<string, unknown>)
    return read !== undefined && isHex(bytes)
      ? { checkpoint: read, signature: signature(bytes) }
      : undefined
  } catch {
    return undefined
  }
}

function readCheckpoint(fields: Record<string, unknown>): Checkpoint | undefined {
  const { jobId, gateway, contributor, index, streamHash, completionTokens, signedAt } = fields
  const isCheckpoint =
    isBytes32(jobId) &&
    isAddress(gateway) &&
    isAddress(contributor) &&
    isUint32(index) &&
    isBytes32(streamHash) &&
    isUint32(completionTokens) &&
    Number.isSafeInteger(signedAt) &&
    (signedAt as number) >= 0
  if (!isCheckpoint) return undefined
  return {
    jobId: bytes32(jobId),
    gateway: address(gateway),
    contributor: address(contributor),
    index,
    streamHash: bytes32(streamHash),
    completionTokens,
    signedAt: unixSeconds(signedAt as number),
  }
}

const isUint32 = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32
