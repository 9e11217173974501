import { ok, type Result } from '../base/result.ts'
import type { Blob } from './blob-folder.ts'
import { garbageAgeMinMs } from './limits.ts'
import type { ModelIndex } from './model-index.ts'
import { type ModelStore, readManifestOf } from './model-store.ts'
import type { StoreFault } from './store-fault.ts'

/** Removes the files that no version of any model needs; those of the last hour stay, for somebody may be adding their model. */
export async function collectGarbage(
  store: ModelStore,
  { nowMs, isTrial }: { readonly nowMs: number; readonly isTrial: boolean },
): Promise<Result<readonly Blob[], StoreFault>> {
  // Listed before what is needed is read: what is added meanwhile is not on this list, or is needed.
  const found = await store.blobs.list()
  const index = await store.index()
  if (!index.ok) return index
  const needed = await neededFiles(store, index.value)
  if (!needed.ok) return needed
  const garbage = found.filter(
    ({ sha256, writtenAtMs }) =>
      !needed.value.has(sha256) && nowMs - writtenAtMs >= garbageAgeMinMs,
  )
  if (!isTrial) for (const { sha256 } of garbage) await store.blobs.remove(sha256)
  return ok(garbage)
}

/** A manifest that cannot be read stops it: what it needs is not known. */
async function neededFiles(
  { blobs }: ModelStore,
  { models }: ModelIndex,
): Promise<Result<ReadonlySet<string>, StoreFault>> {
  const needed = new Set<string>()
  for (const version of Object.values(models).flatMap(({ versions }) => versions)) {
    const manifest = await readManifestOf(blobs, version)
    if (!manifest.ok) return manifest
    for (const sha256 of [version.manifest, ...manifest.value.files.values()]) needed.add(sha256)
  }
  return ok(needed)
}
