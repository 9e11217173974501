/* Models from a mirror and to one. What is there already is not sent again, and what was half sent goes on. */
import { open } from 'node:fs/promises'
import { err, ok, type Result } from '../base/result.ts'
import type { BlobFolder } from './blob-folder.ts'
import type { Sha256 } from './content-id.ts'
import { indexBytesMax, manifestBytesMax } from './limits.ts'
import { blobKey, indexKey, type Mirror } from './mirror.ts'
import { emptyIndex, type ModelIndex, readModelIndex, resolve, withVersion } from './model-index.ts'
import { readStoredManifest } from './model-manifest.ts'
import { readModelReference } from './model-reference.ts'
import type { ModelStore, StoredModel } from './model-store.ts'
import { type StoreFault, unavailable } from './store-fault.ts'

export type TransferProgress = {
  readonly file: string
  readonly bytesDone: number
  readonly bytesTotal: number
}

type Told = (progress: TransferProgress) => void

/** By name and version the mirror says which modelId that is; by a modelId nothing of it has to be believed. */
export async function pullModel(
  store: ModelStore,
  mirror: Mirror,
  asked: { readonly reference: string; readonly onProgress?: Told | undefined },
): Promise<Result<StoredModel, StoreFault>> {
  const reference = readModelReference(asked.reference)
  if (!reference.ok) return reference
  try {
    const index = await readIndex(mirror)
    if (!index.ok) return index
    const version = resolve(index.value, reference.value)
    if (!version.ok)
      return err({ ...version.error, detail: `${mirror.place}: ${version.error.detail}` })
    const { manifest: sha256, modelId } = version.value
    const fetched = await fetchBlob(store.blobs, mirror, {
      name: 'manifest',
      sha256,
      bytesMax: manifestBytesMax,
    })
    if (!fetched.ok) return fetched
    const text = await store.blobs.read(sha256)
    if (!text.ok) return text
    const manifest = readStoredManifest(text.value.toString('utf8'))
    if (!manifest.ok) return manifest
    if (manifest.value.modelId !== modelId) {
      return err({ kind: 'altered', detail: `${mirror.place} calls another model ${modelId}` })
    }
    for (const [name, file] of manifest.value.files) {
      const done = await fetchBlob(store.blobs, mirror, {
        name,
        sha256: file,
        onProgress: asked.onProgress,
      })
      if (!done.ok) return done
    }
    return await store.enter(manifest.value, version.value.version)
  } catch (thrown) {
    return err(unavailable(mirror.place, thrown))
  }
}

type Wanted = {
  readonly name: string
  readonly sha256: Sha256
  readonly bytesMax?: number
  readonly onProgress?: Told | undefined
}

async function fetchBlob(
  blobs: BlobFolder,
  mirror: Mirror,
  { name, sha256, bytesMax, onProgress }: Wanted,
): Promise<Result<unknown, StoreFault>> {
  if ((await blobs.read(sha256)).ok && (await blobs.refresh(sha256))) return ok('there')
  const key = blobKey(sha256)
  const bytes = await mirror.sizeOf(key)
  if (bytes === undefined) {
    return err({ kind: 'missing', detail: `${mirror.place} has no ${name} (${sha256})` })
  }
  if (bytesMax !== undefined && bytes > bytesMax) {
    return err({
      kind: 'invalid',
      detail: `${name} at ${mirror.place} is longer than ${bytesMax} bytes`,
    })
  }
  const onBytes = (bytesDone: number) => onProgress?.({ file: name, bytesDone, bytesTotal: bytes })
  return blobs.receive({ sha256, bytes, onBytes }, (fromByte) => mirror.read(key, fromByte))
}

/** The files first and the index last: what a mirror names, it has. */
export async function pushModel(
  store: ModelStore,
  mirror: Mirror,
  asked: { readonly reference: string; readonly onProgress?: Told | undefined },
): Promise<Result<StoredModel, StoreFault>> {
  const { write } = mirror
  if (write === undefined) {
    return err({
      kind: 'invalid',
      detail: `${mirror.place} can only be read; push to a folder or a bucket`,
    })
  }
  const model = await store.find(asked.reference)
  if (!model.ok) return model
  const { name, version, modelId, manifest, addedAt, files } = model.value
  try {
    const before = await readIndex(mirror)
    if (!before.ok && before.error.kind !== 'missing') return before
    const index = before.ok ? before.value : emptyIndex
    const after = withVersion(index, name, { version, modelId, manifest, addedAt })
    if (!after.ok) return after
    for (const file of [...files, { name: 'manifest', sha256: manifest }]) {
      const content = await store.blobs.read(file.sha256)
      if (!content.ok) return content
      const bytes = content.value.length
      if ((await mirror.sizeOf(blobKey(file.sha256))) === bytes) continue
      await write({
        key: blobKey(file.sha256),
        sha256: file.sha256,
        bytes,
        read: (fromByte, toByte) => readPiece(store.blobs.pathOf(file.sha256), fromByte, toByte),
        onBytes: (bytesDone) =>
          asked.onProgress?.({ file: file.name, bytesDone, bytesTotal: bytes }),
      })
    }
    const text = Buffer.from(`${JSON.stringify(after.value, undefined, 2)}\n`)
    const read = async (fromByte: number, toByte: number) => text.subarray(fromByte, toByte)
    await write({ key: indexKey, sha256: undefined, bytes: text.length, read })
    return model
  } catch (thrown) {
    return err(unavailable(mirror.place, thrown))
  }
}

/** What a mirror has. */
async function readIndex(mirror: Mirror): Promise<Result<ModelIndex, StoreFault>> {
  const bytes = await mirror.sizeOf(indexKey)
  if (bytes === undefined) {
    return err({ kind: 'missing', detail: `${mirror.place} has no ${indexKey}` })
  }
  const pieces: Uint8Array[] = []
  let has = 0
  for await (const piece of mirror.read(indexKey, 0)) {
    has += piece.length
    if (has > indexBytesMax)
      return err({ kind: 'invalid', detail: `${mirror.place}: its index is too long` })
    pieces.push(piece)
  }
  return readModelIndex(Buffer.concat(pieces).toString('utf8'))
}

async function readPiece(path: string, fromByte: number, toByte: number): Promise<Uint8Array> {
  const file = await open(path, 'r')
  try {
    const piece = Buffer.alloc(toByte - fromByte)
    const { bytesRead } = await file.read(piece, 0, piece.length, fromByte)
    if (bytesRead < piece.length) throw new Error(`${path} ended while it was read`)
    return piece
  } finally {
    await file.close()
  }
}
