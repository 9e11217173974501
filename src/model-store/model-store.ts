/*
 * Models by what they are made of. A folder with `blobs/` (blob-folder.ts) and `index/` (index-files.ts); docs/models.md.
 */
import { join } from 'node:path'
import { err, ok, type Result } from '../base/result.ts'
import { isVersion } from '../domain/model-name.ts'
import { type BlobFolder, openBlobFolder } from './blob-folder.ts'
import { cidOf, type Sha256 } from './content-id.ts'
import { openIndexFiles } from './index-files.ts'
import {
  type ModelIndex,
  type ModelVersion,
  nextVersion,
  resolve,
  withAlias,
  withoutVersion,
  withVersion,
} from './model-index.ts'
import { readStoredManifest, type StoredManifest } from './model-manifest.ts'
import { type ModelReference, readModelReference } from './model-reference.ts'
import type { StoreFault } from './store-fault.ts'

/** A version of a model, and the files it is made of. */
export type StoredModel = ModelVersion & {
  readonly name: string
  readonly content: StoredManifest
  readonly files: readonly StoredFile[]
}

export type StoredFile = {
  readonly name: string
  readonly sha256: Sha256
  readonly cid: string
  /** Undefined: the store does not have it. */
  readonly bytes: number | undefined
}

export type ModelStore = {
  readonly index: () => Promise<Result<ModelIndex, StoreFault>>
  /** Without reading the files. */
  readonly find: (reference: string) => Promise<Result<StoredModel, StoreFault>>
  /** Names a version of a model whose files are all there (add-model.ts, transfer-model.ts): the next number where none is given. */
  readonly enter: (
    manifest: StoredManifest,
    version: string | undefined,
  ) => Promise<Result<StoredModel, StoreFault>>
  readonly alias: (
    name: string,
    terms: { readonly alias: string; readonly version: string },
  ) => Promise<Result<ModelIndex, StoreFault>>
  readonly remove: (reference: string) => Promise<Result<ModelVersion, StoreFault>>
  readonly blobs: BlobFolder
}

export function openModelStore(folder: string, now: () => Date = () => new Date()): ModelStore {
  const blobs = openBlobFolder(folder)
  const index = openIndexFiles(join(folder, 'index'))

  async function enter(
    manifest: StoredManifest,
    version: string | undefined,
  ): Promise<Result<StoredModel, StoreFault>> {
    if (version !== undefined && !isVersion(version)) {
      const detail = `'${version.slice(0, 80)}' is no version: up to 32 letters, digits, '.', '_' and '-'`
      return err({ kind: 'invalid', detail })
    }
    const kept = await blobs.put(Buffer.from(manifest.canonical))
    if (!kept.ok) return kept
    const { id, modelId } = manifest
    const changed = await index.update((before) => {
      const known = version === undefined ? knownVersion(before, id, modelId) : undefined
      return withVersion(before, id, {
        version: version ?? known ?? nextVersion(before, id),
        modelId,
        manifest: kept.value,
        addedAt: now().toISOString(),
      })
    })
    return changed.ok ? find({ kind: 'id', modelId }) : changed
  }

  async function find(reference: ModelReference): Promise<Result<StoredModel, StoreFault>> {
    const known = await index.read()
    if (!known.ok) return known
    const version = resolve(known.value, reference)
    if (!version.ok) return version
    const manifest = await readManifestOf(blobs, version.value)
    if (!manifest.ok) return manifest
    const files = await Promise.all(
      [...manifest.value.files].map(async ([name, sha256]) => ({
        name,
        sha256,
        cid: cidOf(sha256),
        bytes: (await blobs.find(sha256))?.bytes,
      })),
    )
    return ok({ ...version.value, content: manifest.value, files })
  }

  async function findByText(text: string): Promise<Result<StoredModel, StoreFault>> {
    const reference = readModelReference(text)
    return reference.ok ? find(reference.value) : reference
  }

  return {
    blobs,
    index: index.read,
    enter,
    find: findByText,
    alias: async (name, terms) => {
      if (!isVersion(terms.alias)) {
        return err({ kind: 'invalid', detail: `'${terms.alias.slice(0, 80)}' is no alias` })
      }
      return index.update((before) => withAlias(before, name, terms))
    },
    remove: async (text) => {
      const model = await findByText(text)
      if (!model.ok) return model
      const { name, version } = model.value
      const changed = await index.update((before) => withoutVersion(before, name, version))
      return changed.ok ? ok(model.value) : changed
    },
  }
}

/** A model that is added again keeps the version that it has. */
const knownVersion = ({ models }: ModelIndex, name: string, modelId: string): string | undefined =>
  Object.hasOwn(models, name)
    ? models[name]?.versions.find((version) => version.modelId === modelId)?.version
    : undefined

/** Hashed, and checked to be the model's. */
export async function readManifestOf(
  blobs: BlobFolder,
  { manifest, modelId }: ModelVersion,
): Promise<Result<StoredManifest, StoreFault>> {
  const text = await blobs.read(manifest)
  if (!text.ok) return text
  const read = readStoredManifest(text.value.toString('utf8'))
  if (!read.ok || read.value.modelId === modelId) return read
  return err({ kind: 'altered', detail: `the manifest of ${modelId} is that of another model` })
}
