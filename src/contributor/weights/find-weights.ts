/*
 * Which files a model is made of, from the path that its operator or its engine names: a file, a folder, or a model in Hugging
 * Face's cache, whose folders hold a snapshot for each commit.
 */
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { openFile, readingFile } from './file-reader.ts'
import { modelJsonBytesMax, weightFilesMax } from './limits.ts'
import { externalFilesOf } from './onnx-files.ts'
import type { NamedFile, WeightSet } from './weight-set.ts'
import { WeightsFault } from './weights-fault.ts'

/** Files beside the weights of safetensors and ONNX that decide what a model answers. */
const besides = [
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer.model',
  'tokenizer_config.json',
  'chat_template.jinja',
]
const indexFile = 'model.safetensors.index.json'
const partPattern = /^(.*)-(\d{5})-of-(\d{5})(\.(?:gguf|safetensors))$/
const commitPattern = /^[0-9a-f]{40}$/

export async function findWeights(path: string): Promise<WeightSet> {
  const at = resolve(path)
  // Follows links: caches are full of them.
  if (!(await stat(at)).isDirectory()) return ofFile(at)
  const names = await readdir(at)
  if (names.length > weightFilesMax) throw new WeightsFault(at, 'it has too many files')
  if (names.includes('snapshots')) return findWeights(await newestSnapshot(at))
  const safetensors = names.filter((name) => name.endsWith('.safetensors')).sort()
  if (safetensors.length > 0) {
    const listed = names.includes(indexFile) ? await listedIn(join(at, indexFile)) : safetensors
    const others = names.includes(indexFile) ? [indexFile] : []
    return ofFolder(at, { format: 'safetensors', weights: listed, others })
  }
  const ggufs = names.filter((name) => name.endsWith('.gguf') && isFirstPart(name)).sort()
  const onnx = names.filter((name) => name.endsWith('.onnx')).sort()
  const [only, another] = ggufs.length > 0 ? ggufs : onnx
  if (only === undefined) throw new WeightsFault(at, 'it has no safetensors, GGUF or ONNX file')
  if (another !== undefined) {
    throw new WeightsFault(at, `it has ${only} and ${another}, maybe others: name one of them`)
  }
  return ofFile(join(at, only))
}

async function ofFile(path: string): Promise<WeightSet> {
  const folder = dirname(path)
  const name = basename(path)
  if (name.endsWith('.safetensors')) {
    return ofFolder(folder, { format: 'safetensors', weights: partsOf(name), others: [] })
  }
  if (name.endsWith('.onnx')) {
    const external = await readingFile(path, externalFilesOf)
    return ofFolder(folder, { format: 'onnx', weights: [name, ...external], others: [] })
  }
  // A blob of a store has no ending; what it is stands in its first bytes.
  return ggufSet(partsOf(name).map((part) => join(folder, part)))
}

/** A GGUF file says all of itself, so it is named alike whatever its operator calls it. */
export const ggufSet = (
  paths: readonly string[],
  others: readonly NamedFile[] = [],
): WeightSet => ({
  format: 'gguf',
  weights: paths.map((path, index) => ({ name: partName(index + 1, paths.length), path })),
  others,
  revision: revisionOf(paths[0] ?? ''),
})

const digits = (number: number): string => String(number).padStart(5, '0')
const partName = (part: number, parts: number): string =>
  parts === 1 ? 'model.gguf' : `model-${digits(part)}-of-${digits(parts)}.gguf`

/** All files of a model that was split, whichever of them was named. */
function partsOf(name: string): readonly string[] {
  const [, stem, , count, ending] = partPattern.exec(name) ?? []
  const parts = Number(count ?? 0)
  if (parts === 0 || parts > weightFilesMax) return [name]
  return Array.from({ length: parts }, (_, at) => `${stem}-${digits(at + 1)}-of-${count}${ending}`)
}

const isFirstPart = (name: string): boolean => partsOf(name)[0] === name

async function ofFolder(
  folder: string,
  {
    format,
    weights,
    others,
  }: Pick<WeightSet, 'format'> & Readonly<Record<'weights' | 'others', readonly string[]>>,
): Promise<WeightSet> {
  const there = new Set(await readdir(folder))
  const named = (names: readonly string[]): readonly NamedFile[] =>
    names.map((name) => ({ name, path: join(folder, name) }))
  return {
    format,
    weights: named(weights),
    others: named([...others, ...besides.filter((name) => there.has(name))].sort()),
    revision: revisionOf(join(folder, weights[0] ?? '')),
  }
}

/** Names of the files that the index of a model in several files gives its tensors. */
async function listedIn(path: string): Promise<readonly string[]> {
  const index = (await readJson(path)) as { readonly weight_map?: unknown } | null
  const names = new Set(Object.values(index?.weight_map ?? {}))
  const isFine = [...names].every(
    (name) => typeof name === 'string' && /^[\w.-]+\.safetensors$/.test(name),
  )
  if (names.size === 0 || names.size > weightFilesMax || !isFine) {
    throw new WeightsFault(path, 'its "weight_map" does not name the files of a model')
  }
  return ([...names] as string[]).sort()
}

/** In Hugging Face's cache `refs/main` names the commit that is meant where nobody names another. */
async function newestSnapshot(folder: string): Promise<string> {
  const main = await readText(join(folder, 'refs', 'main')).catch(() => '')
  const snapshots = await readdir(join(folder, 'snapshots'))
  const only = snapshots.length === 1 ? snapshots[0] : undefined
  const commit = snapshots.find((name) => name === main.trim()) ?? only
  if (commit === undefined) throw new WeightsFault(folder, 'it has several snapshots: name one')
  return join(folder, 'snapshots', commit)
}

/** `…/snapshots/<commit>/…`. */
function revisionOf(path: string): string | null {
  const parts = path.split('/')
  const commit = parts[parts.lastIndexOf('snapshots') + 1] ?? ''
  return parts.includes('snapshots') && commitPattern.test(commit) ? commit : null
}

/** Rejects with node's error where there is none. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readText(path)
  try {
    return JSON.parse(text)
  } catch {
    throw new WeightsFault(path, 'it is not JSON')
  }
}

async function readText(path: string): Promise<string> {
  const handle = await openFile(path)
  try {
    const { size } = await handle.stat()
    if (size > modelJsonBytesMax) throw new WeightsFault(path, `it has ${size} bytes`)
    return await handle.readFile('utf8')
  } finally {
    await handle.close()
  }
}
