import { hash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalJson, type Json } from '../base/canonical-json.ts'
import { err, ok, type Result } from '../base/result.ts'
import { smallFileBytesMax } from '../contributor/limits.ts'
import { type Bytes32, bytes32 } from '../domain/units.ts'

/**
 * Why a model folder cannot be served: the file and what is wrong with it, in words for the
 * operator.
 */
export type ModelRefusal = { readonly file: string; readonly detail: string }

export type ModelFiles = {
  /** The model's name on the wire: `id` of the manifest. */
  readonly name: string
  /**
   * keccak256 of the manifest's RFC 8785 form: names the weights, the tokenizer and the engine that
   * runs them.
   */
  readonly modelId: Bytes32
  /** The engine that the manifest names, such as `onnxruntime-node 1.30.0`. */
  readonly engine: string
  /** Content of each listed file, as it was when its hash was checked. */
  readonly contents: ReadonlyMap<string, Buffer>
}

type Manifest = { readonly [key: string]: Json } & {
  readonly id: string
  readonly engine: string
  readonly files: { readonly [file: string]: string }
}

const manifestFile = 'manifest.json'
/** Of a language model. */
const languageFiles: readonly string[] = ['config.json', 'model.onnx', 'tokenizer.json']
// A name and nothing that leaves the folder.
const fileNamePattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/**
 * Reads a model folder and checks every file against the manifest. What is returned was hashed in
 * memory, so a file that changes on disk afterwards changes nothing.
 */
export async function readModelFiles(
  folder: string,
  neededFiles: readonly string[] = languageFiles,
): Promise<Result<ModelFiles, ModelRefusal>> {
  const manifest = await readManifest(folder, neededFiles)
  if (!manifest.ok) return manifest
  const contents = new Map<string, Buffer>()
  for (const [file, sha256] of Object.entries(manifest.value.files)) {
    const content = await readListedFile({ folder, file, sha256 })
    if (!content.ok) return content
    contents.set(file, content.value)
  }
  const canonical = canonicalJson(manifest.value)
  return ok({
    name: manifest.value.id,
    modelId: bytes32(`0x${hash('keccak-256', canonical)}`),
    engine: manifest.value.engine,
    contents,
  })
}

async function readManifest(
  folder: string,
  neededFiles: readonly string[],
): Promise<Result<Manifest, ModelRefusal>> {
  const refuse = (detail: string) => err({ file: join(folder, manifestFile), detail })
  const bytes = await readIfPossible(join(folder, manifestFile), smallFileBytesMax)
  if (!bytes.ok) return refuse(bytes.error)
  let parsed: unknown
  try {
    parsed = JSON.parse(bytes.value.toString('utf8'))
  } catch {
    return refuse('it is not JSON')
  }
  if (!isManifest(parsed)) {
    return refuse('it needs the strings "id" and "engine" and "files" with a sha256 for each file')
  }
  const missing = neededFiles.find((file) => parsed.files[file] === undefined)
  if (missing !== undefined) return refuse(`"files" has no sha256 for ${missing}`)
  return ok(parsed)
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false
  const { id, engine, files } = value as Record<string, unknown>
  if (typeof id !== 'string' || typeof engine !== 'string') return false
  if (typeof files !== 'object' || files === null) return false
  return Object.entries(files).every(
    ([file, sha256]) =>
      fileNamePattern.test(file) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256),
  )
}

async function readListedFile(listed: {
  readonly folder: string
  readonly file: string
  readonly sha256: string
}): Promise<Result<Buffer, ModelRefusal>> {
  const path = join(listed.folder, listed.file)
  const bytes = await readIfPossible(path, Number.POSITIVE_INFINITY)
  if (!bytes.ok) return err({ file: path, detail: bytes.error })
  const actual = hash('sha256', bytes.value)
  if (actual === listed.sha256) return bytes
  return err({
    file: path,
    detail: `its sha256 is ${actual}, but ${manifestFile} says ${listed.sha256}`,
  })
}

async function readIfPossible(path: string, bytesMax: number): Promise<Result<Buffer, string>> {
  try {
    const { size } = await stat(path)
    if (size > bytesMax) return err(`it has ${size} bytes, more than ${bytesMax}`)
    return ok(await readFile(path))
  } catch (error) {
    return err(`it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`)
  }
}
