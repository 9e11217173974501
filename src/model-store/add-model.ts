import { err, ok, type Result } from '../base/result.ts'
import { sha256Of } from './content-id.ts'
import { readStoredManifest } from './model-manifest.ts'
import type { ModelStore, StoredModel } from './model-store.ts'
import type { StoreFault } from './store-fault.ts'

export type ModelToAdd = {
  readonly manifest: string
  /** By the names that the manifest lists. */
  readonly contents: ReadonlyMap<string, Uint8Array>
  readonly version?: string | undefined
}

/** Every file must be what the manifest says. The same model again changes nothing. */
export async function addModel(
  store: ModelStore,
  { manifest, contents, version }: ModelToAdd,
): Promise<Result<StoredModel, StoreFault>> {
  const read = readStoredManifest(manifest)
  if (!read.ok) return read
  for (const [name, sha256] of read.value.files) {
    const content = contents.get(name)
    if (content === undefined) return err({ kind: 'missing', detail: `${name} is not given` })
    if (sha256Of(content) !== sha256) {
      return err({ kind: 'altered', detail: `${name} is not what the manifest says` })
    }
    const kept = await store.blobs.put(content)
    if (!kept.ok) return kept
  }
  return store.enter(read.value, version)
}

export type LoadedModel = {
  readonly model: StoredModel
  readonly contents: ReadonlyMap<string, Buffer>
}

/** Every byte is hashed before anything of it is returned. */
export async function loadStoredModel(
  store: ModelStore,
  reference: string,
): Promise<Result<LoadedModel, StoreFault>> {
  const model = await store.find(reference)
  if (!model.ok) return model
  const contents = new Map<string, Buffer>()
  for (const { name, sha256 } of model.value.files) {
    const content = await store.blobs.read(sha256)
    if (!content.ok) return content
    contents.set(name, content.value)
  }
  return ok({ model: model.value, contents })
}
