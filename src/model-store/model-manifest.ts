import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { err, ok, type Result } from '../base/result.ts'
import { keccak256Utf8 } from '../chain/keccak.ts'
import { isModelName } from '../domain/model-name.ts'
import type { Bytes32 } from '../domain/units.ts'
import { isSha256, type Sha256 } from './content-id.ts'
import { filesMax, manifestBytesMax } from './limits.ts'
import type { StoreFault } from './store-fault.ts'

/** What a model is made of. Specification: docs/model-manifest.md; a store needs only these members of it. */
export type StoredManifest = {
  readonly id: string
  /** keccak256 of `canonical`. */
  readonly modelId: Bytes32
  /** The manifest in RFC 8785 form: the bytes that are kept. */
  readonly canonical: string
  readonly content: { readonly [member: string]: Json }
  /** Of `files` and of `weights`: where a model's manifest has both, their names differ. */
  readonly files: ReadonlyMap<string, Sha256>
}

/** The manifest itself is kept under this name by whoever writes a model to a folder. */
export const manifestFile = 'manifest.json'

/** A name and nothing that leaves its folder. */
const fileNamePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/

/** `text` may be any JSON form of it. */
export function readStoredManifest(text: string): Result<StoredManifest, StoreFault> {
  if (text.length > manifestBytesMax) return refuse(`is longer than ${manifestBytesMax} bytes`)
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    return refuse('is not JSON')
  }
  if (!isRecord(content)) return refuse('is no JSON object')
  const { id, files = {}, weights } = content
  if (typeof id !== 'string' || !isModelName(id)) {
    return refuse('needs an "id" of up to 64 characters a-z 0-9 . _ -')
  }
  const listed = readListed([files, weights ?? {}])
  if (!listed.ok) return listed
  const canonical = canonicalJson(content)
  return ok({ id, modelId: keccak256Utf8(canonical), canonical, content, files: listed.value })
}

function readListed(groups: readonly Json[]): Result<ReadonlyMap<string, Sha256>, StoreFault> {
  const listed = new Map<string, Sha256>()
  for (const group of groups) {
    if (!isRecord(group)) return refuse('has "files" or "weights" that are no JSON object')
    for (const [name, sha256] of Object.entries(group)) {
      if (!fileNamePattern.test(name) || name === manifestFile || listed.has(name)) {
        return refuse(`lists '${name.slice(0, 80)}', which is no plain file name, or twice`)
      }
      if (typeof sha256 !== 'string' || !isSha256(sha256)) {
        return refuse(`has no sha256 for ${name}`)
      }
      listed.set(name, sha256)
    }
  }
  const isTaken = listed.size > 0 && listed.size <= filesMax
  return isTaken ? ok(listed) : refuse(`lists no files, or over ${filesMax}`)
}

const refuse = (detail: string): Result<never, StoreFault> =>
  err({ kind: 'invalid', detail: `the manifest ${detail}` })

const isRecord = (value: unknown): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
