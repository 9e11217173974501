/*
 * A contributor's signed Work against what the gateway saw with its own eyes. Anything that does not agree makes the
 * answer unattested: it is withheld (or cut) and not charged.
 */
import { err, ok, type Result } from '../base/result.ts'
import { workDigest } from '../chain/receipt-typed-data.ts'
import { recoverSigner } from '../chain/signatures.ts'
import type { DomainSeparator } from '../chain/typed-data.ts'
import { type SignedWork, type Work, type WorkStatus, workStatus } from '../domain/receipt.ts'
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

/** What every member must be, or between what it must lie. */
export type ExpectedWork = Pick<
  Work,
  | 'jobId'
  | 'gateway'
  | 'contributor'
  | 'modelId'
  | 'inputHash'
  | 'outputHash'
  | 'contentHash'
  | 'streamRoot'
> & {
  readonly signingAddresses: readonly Address[]
  readonly nowS: number
}

/** A Work that agrees with what was seen, and which of its contributor's keys signed it. */
export type CheckedWork = SignedWork & { readonly signer: Address }

export type WorkFault =
  | { readonly fault: 'work_missing' }
  | { readonly fault: 'work_malformed' }
  | { readonly fault: 'work_mismatch'; readonly member: string }
  | { readonly fault: 'work_signer_unknown' }

/** Clocks of contributor and gateway may differ by this much. */
const clockSkewS = 120

const exactMembers = [
  'jobId',
  'gateway',
  'contributor',
  'modelId',
  'inputHash',
  'outputHash',
  'contentHash',
  'streamRoot',
] as const

export function checkWork(
  domain: DomainSeparator,
  encoded: string | undefined,
  expected: ExpectedWork,
): Result<CheckedWork, WorkFault> {
  if (encoded === undefined) return err({ fault: 'work_missing' })
  const signed = decodeWork(encoded)
  if (signed === undefined) return err({ fault: 'work_malformed' })
  const { work } = signed
  for (const member of exactMembers) {
    if (work[member] !== expected[member]) return err({ fault: 'work_mismatch', member })
  }
  // Only whole answers get here: a Work that says otherwise would make a receipt that charges for a failure.
  if (work.status !== workStatus.complete) return err({ fault: 'work_mismatch', member: 'status' })
  if (work.startedAt > work.finishedAt || Math.abs(work.finishedAt - expected.nowS) > clockSkewS) {
    return err({ fault: 'work_mismatch', member: 'finishedAt' })
  }
  if (work.cachedPromptTokens > work.promptTokens) {
    return err({ fault: 'work_mismatch', member: 'cachedPromptTokens' })
  }
  const signer = recoverSigner(workDigest(domain, work), signed.signature)
  return signer !== undefined && expected.signingAddresses.includes(signer)
    ? ok({ ...signed, signer })
    : err({ fault: 'work_signer_unknown' })
}

/** `x-vouch-work`: base64url of the JSON `{ work, signature }`. */
export function decodeWork(encoded: string): SignedWork | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString())
    const { work, signature: bytes } = value as { work?: unknown; signature?: unknown }
    const parsed = readWork(work as Record<string, unknown>)
    return parsed !== undefined && isHex(bytes)
      ? { work: parsed, signature: signature(bytes) }
      : undefined
  } catch {
    return undefined
  }
}

const uint32 = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32
    ? value
    : undefined
const bytesOf = (value: unknown): Bytes32 | undefined =>
  isBytes32(value) ? bytes32(value) : undefined
const accountOf = (value: unknown): Address | undefined =>
  isAddress(value) ? address(value) : undefined
const secondsOf = (value: unknown) =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    ? unixSeconds(value)
    : undefined
const statusOf = (value: unknown): WorkStatus | undefined =>
  value === 0 || value === 1 || value === 2 || value === 3 ? value : undefined

function readWork(fields: Record<string, unknown>): Work | undefined {
  const work = {
    jobId: bytesOf(fields['jobId']),
    gateway: accountOf(fields['gateway']),
    contributor: accountOf(fields['contributor']),
    modelId: bytesOf(fields['modelId']),
    inputHash: bytesOf(fields['inputHash']),
    outputHash: bytesOf(fields['outputHash']),
    contentHash: bytesOf(fields['contentHash']),
    streamRoot: bytesOf(fields['streamRoot']),
    promptTokens: uint32(fields['promptTokens']),
    cachedPromptTokens: uint32(fields['cachedPromptTokens']),
    completionTokens: uint32(fields['completionTokens']),
    commitment: bytesOf(fields['commitment']),
    startedAt: secondsOf(fields['startedAt']),
    finishedAt: secondsOf(fields['finishedAt']),
    status: statusOf(fields['status']),
  }
  return isComplete(work) ? work : undefined
}

function isComplete(work: { readonly [K in keyof Work]: Work[K] | undefined }): work is Work {
  return Object.values(work).every((member) => member !== undefined)
}
