import { readingFile } from './file-reader.ts'
import { readJson } from './find-weights.ts'
import { readGgufHeader } from './gguf-header.ts'
import { readSafetensorsHeader } from './safetensors-header.ts'
import type { NamedFile, WeightFacts, WeightSet } from './weight-set.ts'
import { WeightsFault } from './weights-fault.ts'

/** What a model's files say of it. `digests` has the sha256 of each of its files by name. */
export async function readWeightFacts(
  set: WeightSet,
  digests: ReadonlyMap<string, string>,
): Promise<WeightFacts> {
  if (set.format === 'gguf') return readGgufFacts(set.weights)
  const config = await readConfig(set.others)
  const tokenizerSha256 = digests.get('tokenizer.json') ?? digests.get('tokenizer.model') ?? null
  if (set.format === 'onnx') {
    // Constants of the graph stand among its weights, and nothing tells one from the other.
    return { ...config, parameters: null, tokenizerSha256 }
  }
  const { dtypes, parameters } = await readSafetensors(set.weights)
  return {
    ...config,
    quantization: config.quantization ?? dtypes,
    // Numbers that were packed into others are not counted by counting those.
    parameters: config.quantization === null ? parameters : null,
    tokenizerSha256,
  }
}

async function readGgufFacts(files: readonly NamedFile[]): Promise<WeightFacts> {
  const headers = []
  for (const { path } of files) headers.push(await readingFile(path, readGgufHeader))
  const [first] = headers
  if (first === undefined || first.parts !== files.length) {
    const path = files[0]?.path ?? ''
    throw new WeightsFault(
      path,
      `it is one of ${first?.parts} files, of which ${files.length} are named`,
    )
  }
  const { architecture, quantization, contextTokens, tokenizerSha256 } = first
  const parameters = headers.reduce((sum, header) => sum + header.parameters, 0)
  return { architecture, quantization, contextTokens, tokenizerSha256, parameters }
}

async function readSafetensors(files: readonly NamedFile[]) {
  const elements = new Map<string, number>()
  for (const { path } of files) {
    const header = await readingFile(path, readSafetensorsHeader)
    for (const [dtype, count] of header.elements) {
      elements.set(dtype, (elements.get(dtype) ?? 0) + count)
    }
  }
  const parameters = [...elements.values()].reduce((sum, count) => sum + count, 0)
  return {
    dtypes: elements.size === 0 ? null : [...elements.keys()].sort().join('+'),
    parameters: Number.isSafeInteger(parameters) ? parameters : null,
  }
}

/** Of Hugging Face's `config.json`; models of several kinds have that of the text's in one of its own. */
async function readConfig(
  others: readonly NamedFile[],
): Promise<Omit<WeightFacts, 'parameters' | 'tokenizerSha256'>> {
  const file = others.find(({ name }) => name === 'config.json')
  const config = fieldsOf(file && (await readJson(file.path)))
  const text = fieldsOf(config['text_config'])
  const architectures = config['architectures']
  return {
    architecture: nameOf(Array.isArray(architectures) ? architectures[0] : config['model_type']),
    contextTokens: countOf(config['max_position_embeddings'] ?? text['max_position_embeddings']),
    quantization: quantizationOf(fieldsOf(config['quantization_config'])),
  }
}

/** Such as `awq 4 bit`. */
function quantizationOf(config: Fields): string | null {
  const method = nameOf(config['quant_method'])
  const bits = countOf(config['bits'])
  if (method === null) return null
  return bits === null ? method : `${method} ${bits} bit`
}

type Fields = Readonly<Record<string, unknown>>

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {}

const nameOf = (value: unknown): string | null =>
  typeof value === 'string' && /^[\w.-]{1,100}$/.test(value) ? value : null

const countOf = (value: unknown): number | null =>
  Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : null
