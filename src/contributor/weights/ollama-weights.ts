/*
 * A model in Ollama's store: `manifests/<host>/<namespace>/<model>/<tag>` lists layers, each a file of `blobs` that is named by
 * its sha256. Source: ollama/ollama, docs/api.md ("Push a blob", "Model names") and docs/faq.mdx ("Where are models stored?"); a
 * manifest is an OCI image manifest whose layers have media types `application/vnd.ollama.image.<role>`.
 */
import { join } from 'node:path'
import { ggufSet, readJson } from './find-weights.ts'
import { weightFilesMax } from './limits.ts'
import type { NamedFile, WeightSet } from './weight-set.ts'
import { WeightsFault } from './weights-fault.ts'

type Layer = { readonly role: string; readonly sha256: string }

/** A file that is named by what it should hash to. */
export type OllamaWeights = WeightSet & { readonly expected: ReadonlyMap<string, string> }

const rolePrefix = 'application/vnd.ollama.image.'
const segmentPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/

/** `model` as Ollama lists it, such as `llama3.2:latest`; `folder` is that of `OLLAMA_MODELS`. */
export async function findOllamaWeights(folder: string, model: string): Promise<OllamaWeights> {
  const path = join(folder, 'manifests', ...segmentsOf(folder, model))
  const layers = layersOf(path, await readJson(path))
  const fileOf = ({ role, sha256 }: Layer): NamedFile => ({
    name: role,
    path: join(folder, 'blobs', `sha256-${sha256}`),
  })
  const models = layers.filter(({ role }) => role === 'model').map(fileOf)
  // Nobody's answer depends on a licence.
  const others = layers.filter(({ role }) => role !== 'model' && role !== 'license').map(fileOf)
  if (models.length === 0) throw new WeightsFault(path, 'it has no weights of its own')
  const set = ggufSet(
    models.map((file) => file.path),
    numbered(others),
  )
  const expected = new Map(layers.map((layer) => [fileOf(layer).path, layer.sha256]))
  return { ...set, expected }
}

/** `[host/][namespace/]model[:tag]` with what Ollama takes where nothing is said. */
function segmentsOf(folder: string, model: string): readonly string[] {
  const [name = '', tag = 'latest', ...rest] = model.split(':')
  const given = name.split('/')
  const segments = [...['registry.ollama.ai', 'library'].slice(0, 3 - given.length), ...given, tag]
  const isFine =
    rest.length === 0 &&
    segments.length === 4 &&
    segments.every((part) => segmentPattern.test(part))
  if (!isFine) throw new WeightsFault(folder, `"${model.slice(0, 100)}" names no model of Ollama`)
  return segments
}

function layersOf(path: string, manifest: unknown): readonly Layer[] {
  const { layers } = (manifest ?? {}) as { readonly layers?: unknown }
  if (!Array.isArray(layers) || layers.length > weightFilesMax) {
    throw new WeightsFault(path, 'it lists no layers')
  }
  return layers.map((layer: unknown) => {
    const { mediaType, digest } = (layer ?? {}) as Readonly<Record<string, unknown>>
    const [, sha256] = /^sha256:([0-9a-f]{64})$/.exec(String(digest)) ?? []
    const role = String(mediaType).slice(rolePrefix.length)
    if (!String(mediaType).startsWith(rolePrefix) || sha256 === undefined) {
      throw new WeightsFault(path, 'it lists a layer of another kind')
    }
    if (!segmentPattern.test(role)) throw new WeightsFault(path, 'it lists a layer of another kind')
    return { role, sha256 }
  })
}

/** Several of one role are told apart by their order. */
function numbered(files: readonly NamedFile[]): readonly NamedFile[] {
  const seen = new Map<string, number>()
  return files.map(({ name, path }) => {
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    return { name: count === 1 ? name : `${name}-${count}`, path }
  })
}
