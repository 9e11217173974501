/*
 * What a contributor says of the model that its engine serves: which weights, tokenizer and engine make the answers that it
 * signs. Whoever has the same files can compute the same manifest, and so the same modelId. Specification: docs/model-manifest.md.
 */
import { stat } from 'node:fs/promises'
import { canonicalJson } from '../../base/canonical-json.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { keccak256Utf8 } from '../../chain/keccak.ts'
import type { Bytes32 } from '../../domain/units.ts'
import type { FileDigests } from './file-digests.ts'
import { findWeights } from './find-weights.ts'
import { findOllamaWeights } from './ollama-weights.ts'
import { readWeightFacts } from './weight-facts.ts'
import type { WeightFacts, WeightSet, WeightsFormat } from './weight-set.ts'
import { WeightsFault } from './weights-fault.ts'

/** A type and no interface: it is canonical JSON as it stands. What cannot be known is null. */
export type ModelManifest = WeightFacts & {
  /** The model's public name. */
  readonly id: string
  /** The commit of its repository. */
  readonly revision: string | null
  readonly format: WeightsFormat | null
  /** sha256 of each file of weights by name; null where they cannot be read, such as those of a closed service. */
  readonly weights: { readonly [file: string]: string } | null
  /** The same of what else decides the answers. */
  readonly files: { readonly [file: string]: string }
  readonly engine: string | null
  readonly engineVersion: string | null
}

/** Where weights lie on this machine. */
export type WeightsPlace =
  /** A file of weights, a folder with them, or a folder of Hugging Face's cache. */
  | { readonly kind: 'path'; readonly path: string }
  /** A model of the store in `folder`, by the name that Ollama lists it by. */
  | { readonly kind: 'ollama'; readonly folder: string; readonly model: string }

export type ManifestProgress = {
  readonly file: string
  readonly bytesRead: number
  readonly bytesTotal: number
}

export type ManifestTerms = {
  readonly id: string
  /** Undefined where the weights cannot be read: the manifest then says so. */
  readonly place: WeightsPlace | undefined
  readonly engine: { readonly name: string | null; readonly version: string | null }
  readonly digests: FileDigests
  /** Called for each megabyte. */
  readonly onProgress?: (progress: ManifestProgress) => void
  readonly signal?: AbortSignal
}

/** Why there is no manifest, in words for the operator. */
export type ManifestRefusal = { readonly path: string; readonly detail: string }

const unknownFacts: WeightFacts = {
  architecture: null,
  parameters: null,
  quantization: null,
  contextTokens: null,
  tokenizerSha256: null,
}

export const modelIdOf = (manifest: ModelManifest): Bytes32 =>
  keccak256Utf8(canonicalJson(manifest))

/** Reads every byte of the weights. Rejects only with the reason of `signal`. */
export async function modelManifest(
  terms: ManifestTerms,
): Promise<Result<ModelManifest, ManifestRefusal>> {
  const { id, place, engine } = terms
  const served = { id, engine: engine.name, engineVersion: engine.version }
  if (place === undefined) {
    const nothing = { revision: null, format: null, weights: null, files: {} }
    return ok({ ...served, ...nothing, ...unknownFacts })
  }
  try {
    const { set, expected } = await weightsAt(place)
    const digests = await digestsOf([...set.weights, ...set.others], terms, expected)
    const facts = await readWeightFacts(set, digests)
    const listed = (files: WeightSet['weights']) =>
      Object.fromEntries(files.map(({ name }) => [name, digests.get(name) ?? '']))
    return ok({
      ...served,
      revision: set.revision,
      format: set.format,
      weights: listed(set.weights),
      files: listed(set.others),
      ...facts,
    })
  } catch (error) {
    terms.signal?.throwIfAborted()
    return err(refusalOf(error, place))
  }
}

type Expected = ReadonlyMap<string, string>

async function weightsAt(
  place: WeightsPlace,
): Promise<{ readonly set: WeightSet; readonly expected: Expected }> {
  if (place.kind === 'path') return { set: await findWeights(place.path), expected: new Map() }
  const { expected, ...set } = await findOllamaWeights(place.folder, place.model)
  return { set, expected }
}

async function digestsOf(
  files: WeightSet['weights'],
  { digests, onProgress, signal }: ManifestTerms,
  expected: Expected,
): Promise<ReadonlyMap<string, string>> {
  let bytesTotal = 0
  for (const { path } of files) bytesTotal += (await stat(path)).size
  let bytesRead = 0
  const found = new Map<string, string>()
  for (const { name, path } of files) {
    const onBytes = (bytes: number): void => {
      bytesRead += bytes
      onProgress?.({ file: name, bytesRead, bytesTotal })
    }
    const sha256 = await digests.sha256Of(path, { onBytes, signal })
    if (sha256 !== (expected.get(path) ?? sha256)) {
      throw new WeightsFault(path, `its sha256 is ${sha256}, which is not its name`)
    }
    found.set(name, sha256)
  }
  return found
}

function refusalOf(error: unknown, place: WeightsPlace): ManifestRefusal {
  if (error instanceof WeightsFault) return { path: error.path, detail: error.message }
  const { code, path } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  const asked = place.kind === 'path' ? place.path : place.folder
  return { path: path ?? asked, detail: `it cannot be read (${code})` }
}
