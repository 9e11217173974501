import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { addModel, type ModelToAdd } from '../../src/model-store/add-model.ts'
import { sha256Of } from '../../src/model-store/content-id.ts'
import {
  type ModelStore,
  openModelStore,
  type StoredModel,
} from '../../src/model-store/model-store.ts'

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-models-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const temporaryStore = (): ModelStore => openModelStore(temporaryFolder())

/** A model of these files. */
export function modelOf(
  id: string,
  files: Readonly<Record<string, string | Uint8Array>>,
  version?: string,
): ModelToAdd {
  const contents = new Map(
    Object.entries(files).map(([name, content]) => [name, Buffer.from(content)] as const),
  )
  const digests = [...contents].map(([name, content]) => [name, sha256Of(content)] as const)
  const manifest = JSON.stringify({ id, engine: 'none', files: Object.fromEntries(digests) })
  return { manifest, contents, version }
}

export async function added(store: ModelStore, model: ModelToAdd): Promise<StoredModel> {
  const done = await addModel(store, model)
  if (!done.ok) throw new Error(done.error.detail)
  return done.value
}
