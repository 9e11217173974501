/*
 * A usage proof as a file: proofs of stretches of one channel that follow each other, with what ties them to the gateway. The
 * statements stand nowhere but in the proofs' public inputs, so that no second copy can say something else.
 */
import { err, ok, type Result } from '../base/result.ts'
import {
  type Bytes32,
  bytes32,
  isBytes32,
  isHex,
  type Signature,
  signature,
} from '../domain/units.ts'
import { type Proof, type ProofFault, readProof } from './proof.ts'

export type UsageSegment = {
  readonly proof: Proof
  /** Of the gateway, over the digest of the stretch's last receipt: of all of them, since each names the one before. */
  readonly gatewaySignature: Signature
  /** Where the gateway's log has the last receipt. */
  readonly inclusion?: { readonly root: Bytes32; readonly siblings: readonly Bytes32[] }
}

export type UsageProof = {
  readonly object: 'vouch.usage-proof'
  readonly segments: readonly UsageSegment[]
}

/** 1,000 receipts are one tree of proofs, or 56 segments. */
const usageSegmentsMax = 1_024
const siblingsMax = 64

/** The document, or every fault in it; of what it has beyond these members nothing is read. */
export function readUsageProof(value: unknown): Result<UsageProof, readonly ProofFault[]> {
  const { object, segments } = Object(value) as Readonly<Record<string, unknown>>
  if (object !== 'vouch.usage-proof' || !Array.isArray(segments) || segments.length === 0) {
    return err([fault('', 'a vouch.usage-proof with segments')])
  }
  if (segments.length > usageSegmentsMax) {
    return err([fault('segments', `at most ${usageSegmentsMax}`)])
  }
  const read = segments.map((segment, index) => readSegment(segment, `segments.${index}`))
  const faults = read.flatMap((segment) => (segment.ok ? [] : segment.error))
  return faults.length > 0
    ? err(faults)
    : ok({
        object,
        segments: read.flatMap((segment) => (segment.ok ? [segment.value] : [])),
      })
}

function readSegment(value: unknown, at: string): Result<UsageSegment, readonly ProofFault[]> {
  const members = Object(value) as Readonly<Record<string, unknown>>
  const proof = readProof(members['proof'])
  if (!proof.ok) {
    return err(proof.error.map((one) => ({ ...one, path: `${at}.proof.${one.path}` })))
  }
  const { gatewaySignature, inclusion } = members
  if (!isHex(gatewaySignature)) return err([fault(`${at}.gatewaySignature`, 'hex')])
  const segment = { proof: proof.value, gatewaySignature: signature(gatewaySignature) }
  if (inclusion === undefined) return ok(segment)
  const { root, siblings } = Object(inclusion) as Readonly<Record<string, unknown>>
  const isPath =
    Array.isArray(siblings) && siblings.length <= siblingsMax && siblings.every(isBytes32)
  return isBytes32(root) && isPath
    ? ok({ ...segment, inclusion: { root: bytes32(root), siblings: siblings.map(bytes32) } })
    : err([fault(`${at}.inclusion`, 'a root and its siblings, words of 32 bytes')])
}

const fault = (path: string, expected: string): ProofFault => ({
  path,
  expected,
  found: 'something else',
})
