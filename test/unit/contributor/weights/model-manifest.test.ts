import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { keccak256, toUtf8Bytes } from 'ethers'
import { afterAll, describe, expect, test } from 'vitest'
import { openFileDigests } from '../../../../src/contributor/weights/file-digests.ts'
import {
  type ManifestProgress,
  type ManifestTerms,
  modelIdOf,
  modelManifest,
  type WeightsPlace,
} from '../../../../src/contributor/weights/model-manifest.ts'
import {
  externalTensor,
  ggufEntry,
  ggufFile,
  innerTensor,
  onnxFile,
  safetensorsFile,
} from '../../../support/weight-files.ts'

const root = mkdtempSync(join(tmpdir(), 'vouch-weights-'))
afterAll(() => rmSync(root, { recursive: true }))

let folders = 0
/** A new folder with these files; a text that begins with `->` is a link. */
function folderWith(files: Readonly<Record<string, Buffer | string>>): string {
  folders += 1
  const folder = join(root, String(folders))
  mkdirSync(folder)
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    const link = typeof content === 'string' && content.startsWith('->')
    if (link) symlinkSync(content.slice(2), path)
    else writeFileSync(path, content)
  }
  return folder
}

const sha256 = (...parts: readonly (Buffer | string)[]): string => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

const engine = { name: 'llama.cpp', version: 'b1-c0ffee' }
const manifestOf = async (place: WeightsPlace | undefined, terms: Partial<ManifestTerms> = {}) =>
  modelManifest({ id: 'm', place, engine, digests: await openFileDigests(undefined), ...terms })
const ofPath = (path: string, terms: Partial<ManifestTerms> = {}) =>
  manifestOf({ kind: 'path', path }, terms)

/** Its value, or what is wrong. */
async function read(path: string) {
  const manifest = await ofPath(path)
  return manifest.ok ? manifest.value : manifest.error
}

const tokens = { texts: ['a', 'b', 'ab'] }
const merges = { texts: ['a b'] }
const gguf = ggufFile(
  {
    'general.architecture': { text: 'qwen2' },
    'tokenizer.ggml.tokens': tokens,
    'general.file_type': { uint32: 15 },
    'qwen2.context_length': { uint32: 32_768 },
    'tokenizer.ggml.merges': merges,
    'tokenizer.chat_template': { text: '{{ messages }}' },
  },
  [
    { name: 'token_embd.weight', shape: [64, 3] },
    { name: 'output_norm.weight', shape: [64] },
  ],
)
const facts = {
  architecture: 'qwen2',
  parameters: 256,
  quantization: 'Q4_K_M',
  contextTokens: 32_768,
}
/** As the page says, from the entries alone. */
const tokenizerSha256 = sha256(
  createHash('sha256').update(ggufEntry('tokenizer.ggml.merges', merges)).digest(),
  createHash('sha256').update(ggufEntry('tokenizer.ggml.tokens', tokens)).digest(),
)

test('a GGUF file says what it is, whatever it is called', async () => {
  const folder = folderWith({ 'some name.gguf': gguf })
  expect(await read(join(folder, 'some name.gguf'))).toEqual({
    id: 'm',
    revision: null,
    format: 'gguf',
    weights: { 'model.gguf': sha256(gguf) },
    files: {},
    ...facts,
    tokenizerSha256,
    engine: 'llama.cpp',
    engineVersion: 'b1-c0ffee',
  })
  expect(await read(folder)).toEqual(await read(join(folder, 'some name.gguf')))
})

test('the modelId is the hash of its canonical form', async () => {
  const manifest = await ofPath(folderWith({ 'a.gguf': gguf }))
  if (!manifest.ok) throw new Error(manifest.error.detail)
  const { value } = manifest
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  expect(modelIdOf(value)).toBe(keccak256(toUtf8Bytes(JSON.stringify(Object.fromEntries(members)))))
  expect(modelIdOf({ ...value, engineVersion: null })).not.toBe(modelIdOf(value))
})

test('weights that cannot be read are said to be unknown, and so is all else', async () => {
  expect(await manifestOf(undefined, { engine: { name: null, version: null } })).toEqual({
    ok: true,
    value: {
      id: 'm',
      revision: null,
      format: null,
      weights: null,
      files: {},
      architecture: null,
      parameters: null,
      quantization: null,
      contextTokens: null,
      tokenizerSha256: null,
      engine: null,
      engineVersion: null,
    },
  })
})

test('what a GGUF file does not say is null; a number without a name is told as a number', async () => {
  const none = {
    architecture: null,
    quantization: null,
    contextTokens: null,
    tokenizerSha256: null,
  }
  expect(await read(folderWith({ 'a.gguf': ggufFile({}) }))).toMatchObject({
    ...none,
    parameters: 0,
  })
  const odd = ggufFile({ 'general.file_type': { uint32: 999 } })
  expect(await read(folderWith({ 'a.gguf': odd }))).toMatchObject({
    quantization: 'ggml file type 999',
  })
  const wrong = ggufFile({
    'general.architecture': { uint32: 7 },
    'general.file_type': { text: 'F16' },
  })
  expect(await read(folderWith({ 'a.gguf': wrong }))).toMatchObject(none)
})

test('a GGUF model in parts is all of them, whichever is named', async () => {
  const split = { 'split.count': { uint32: 2 } }
  const first = ggufFile({ 'general.architecture': { text: 'llama' }, ...split }, [
    { name: 'a', shape: [10] },
  ])
  const second = ggufFile(split, [{ name: 'b', shape: [5, 2] }])
  const names = ['big-00001-of-00002.gguf', 'big-00002-of-00002.gguf'] as const
  const folder = folderWith({ [names[0]]: first, [names[1]]: second })
  const manifest = await read(folder)
  expect(manifest).toMatchObject({
    architecture: 'llama',
    parameters: 20,
    weights: {
      'model-00001-of-00002.gguf': sha256(first),
      'model-00002-of-00002.gguf': sha256(second),
    },
  })
  expect(await read(join(folder, names[1]))).toEqual(manifest)
  const half = folderWith({ [names[0]]: first })
  expect(await read(half)).toMatchObject({ detail: 'it cannot be read (ENOENT)' })
  const renamed = folderWith({ 'a.gguf': first })
  expect(await read(renamed)).toMatchObject({
    detail: 'it is one of 2 files, of which 1 are named',
  })
})

const config = JSON.stringify({
  architectures: ['Qwen2ForCausalLM'],
  max_position_embeddings: 32_768,
})
const weights = { dtype: 'BF16', shape: [4, 3] }

test('a folder of safetensors is its weights, its configuration and its tokenizer', async () => {
  const one = safetensorsFile({ a: weights, __metadata__: { format: 'pt' } })
  const two = safetensorsFile({ b: weights, c: { dtype: 'F32', shape: [] } })
  const index = JSON.stringify({
    weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' },
  })
  const folder = folderWith({
    'model-1.safetensors': one,
    'model-2.safetensors': two,
    'consolidated.safetensors': one,
    'model.safetensors.index.json': index,
    'config.json': config,
    'tokenizer.json': '{}',
    'README.md': 'words',
  })
  expect(await read(folder)).toMatchObject({
    format: 'safetensors',
    weights: { 'model-1.safetensors': sha256(one), 'model-2.safetensors': sha256(two) },
    files: {
      'config.json': sha256(config),
      'model.safetensors.index.json': sha256(index),
      'tokenizer.json': sha256('{}'),
    },
    architecture: 'Qwen2ForCausalLM',
    contextTokens: 32_768,
    quantization: 'BF16+F32',
    parameters: 25,
    tokenizerSha256: sha256('{}'),
  })
})

test('numbers that were packed into others are not counted', async () => {
  const quantized = JSON.stringify({ quantization_config: { quant_method: 'awq', bits: 4 } })
  const model = safetensorsFile({ a: { dtype: 'I32', shape: [8] } })
  const folder = folderWith({ 'model.safetensors': model, 'config.json': quantized })
  expect(await read(join(folder, 'model.safetensors'))).toMatchObject({
    architecture: null,
    quantization: 'awq 4 bit',
    parameters: null,
  })
})

test("in Hugging Face's cache the commit is the revision, and links are followed", async () => {
  const commit = 'c0ffee'.repeat(7).slice(0, 40)
  const model = safetensorsFile({ a: weights })
  const folder = folderWith({
    'blobs/one': model,
    'refs/main': `${commit}\n`,
    [`snapshots/${'0'.repeat(40)}/model.safetensors`]: safetensorsFile({}),
    [`snapshots/${commit}/model.safetensors`]: '->../../blobs/one',
  })
  const meant = { revision: commit, weights: { 'model.safetensors': sha256(model) } }
  expect(await read(folder)).toMatchObject(meant)
  expect(await read(join(folder, 'snapshots', commit))).toMatchObject(meant)
  rmSync(join(folder, 'refs'), { recursive: true })
  expect(await read(folder)).toMatchObject({ detail: 'it has several snapshots: name one' })
})

test('an ONNX model is its graph and every file that a tensor of any graph is in', async () => {
  const inner = innerTensor(Buffer.from('location'))
  const onnx = onnxFile([inner, externalTensor('model.onnx_data'), externalTensor('more/b.bin')], 3)
  const folder = folderWith({
    'model.onnx': onnx,
    'model.onnx_data': 'numbers',
    'more/b.bin': 'more numbers',
    'tokenizer.json': '{"a":1}',
  })
  expect(await read(folder)).toMatchObject({
    format: 'onnx',
    weights: {
      'model.onnx': sha256(onnx),
      'model.onnx_data': sha256('numbers'),
      'more/b.bin': sha256('more numbers'),
    },
    files: { 'tokenizer.json': sha256('{"a":1}') },
    parameters: null,
    quantization: null,
  })
})

test.each(['/etc/passwd', '../a', 'a/../../b', '', '.', 'a//b', 'C:\\a', 'a\0b'])(
  'an ONNX model may not name %j',
  async (location) => {
    const folder = folderWith({ 'model.onnx': onnxFile([externalTensor(location)]) })
    expect(await read(folder)).toEqual({
      path: join(folder, 'model.onnx'),
      detail: 'it names a file outside of its folder',
    })
  },
)

describe("Ollama's store", () => {
  const layer = (role: string, content: Buffer | string) => ({
    mediaType: `application/vnd.ollama.image.${role}`,
    digest: `sha256:${sha256(content)}`,
    size: content.length,
  })
  const blob = (content: Buffer | string) => ({ [`blobs/sha256-${sha256(content)}`]: content })
  const manifest = JSON.stringify({
    schemaVersion: 2,
    layers: [
      layer('model', gguf),
      layer('template', 'a template'),
      layer('license', 'a licence'),
      layer('adapter', 'one'),
      layer('adapter', 'two'),
    ],
  })
  const path = 'manifests/registry.ollama.ai/library/tiny/latest'
  const store = folderWith({
    [path]: manifest,
    'manifests/hf.co/some/body/Q4': manifest,
    ...blob(gguf),
    ...blob('a template'),
    ...blob('one'),
    ...blob('two'),
  })
  const readModel = async (model: string, folder = store) => {
    const made = await manifestOf({ kind: 'ollama', folder, model })
    return made.ok ? made.value : made.error
  }

  test.each(['tiny', 'tiny:latest', 'library/tiny', 'hf.co/some/body:Q4'])(
    '%s is its layers, without their licence',
    async (model) => {
      expect(await readModel(model)).toMatchObject({
        ...facts,
        tokenizerSha256,
        format: 'gguf',
        weights: { 'model.gguf': sha256(gguf) },
        files: {
          template: sha256('a template'),
          adapter: sha256('one'),
          'adapter-2': sha256('two'),
        },
      })
    },
  )

  test.each(['../tiny', 'a/b/c/d', 'tiny:latest:more', '', 'tiny:', '..:..', '/tiny', 'ti\0ny'])(
    '%j names no model',
    async (model) => {
      expect(await readModel(model)).toMatchObject({ path: store })
    },
  )

  test('a layer that is not what its name says is refused', async () => {
    const other = folderWith({
      [path]: JSON.stringify({ layers: [layer('model', gguf)] }),
      [`blobs/sha256-${sha256(gguf)}`]: ggufFile({}),
    })
    expect(await readModel('tiny', other)).toMatchObject({
      detail: `its sha256 is ${sha256(ggufFile({}))}, which is not its name`,
    })
  })

  test.each(['null', '{"layers":7}', '{"layers":[{}]}', '{"layers":[]}', '{'])(
    'a manifest that says %s is refused',
    async (text) => {
      const refused = await readModel('tiny', folderWith({ [path]: text }))
      expect(refused).toMatchObject({ detail: expect.stringMatching(/layers|kind|weights|JSON/) })
    },
  )
})

test.each([
  ['an empty folder', {}, 'it has no safetensors, GGUF or ONNX file'],
  ['two models', { 'a.gguf': gguf, 'b.gguf': gguf }, /^it has a\.gguf and b\.gguf/],
  [
    'an index without names',
    { 'model.safetensors.index.json': '{}', 'a.safetensors': '' },
    /weight_map/,
  ],
  [
    'an index that leads out of its folder',
    {
      'model.safetensors.index.json': '{"weight_map":{"a":"../b.safetensors"}}',
      'a.safetensors': '',
    },
    /weight_map/,
  ],
])('%s is refused', async (_name, files, detail) => {
  expect(await read(folderWith(files))).toMatchObject({
    detail: typeof detail === 'string' ? detail : expect.stringMatching(detail),
  })
})

test('a cache that leads back into itself is refused', async () => {
  const folder = folderWith({ 'snapshots/one/snapshots': '->..' })
  expect(await read(folder)).toMatchObject({ detail: 'it cannot be read (ELOOP)' })
})

test('what is no file is not waited for', async () => {
  const folder = folderWith({ 'tokenizer.json': '{}' })
  for (const name of ['model.onnx', 'model.gguf', 'model.safetensors']) {
    const pipe = join(folder, name)
    execFileSync('mkfifo', [pipe])
    expect(await read(pipe)).toEqual({ path: pipe, detail: 'it is no file' })
    expect(await read(folder)).toEqual({ path: pipe, detail: 'it is no file' })
  }
  expect(await read('/dev/zero')).toEqual({ path: '/dev/zero', detail: 'it is no file' })
})

test('a path that is not there is refused', async () => {
  expect(await read(join(root, 'nowhere'))).toEqual({
    path: join(root, 'nowhere'),
    detail: 'it cannot be read (ENOENT)',
  })
})

test('progress goes to the last byte', async () => {
  const folder = folderWith({ 'model.onnx': onnxFile([]), 'tokenizer.json': 'x'.repeat(3_000_000) })
  const told: ManifestProgress[] = []
  await ofPath(folder, { onProgress: (progress) => told.push(progress) })
  const { bytesRead, bytesTotal } = told.at(-1) ?? {}
  expect(bytesRead).toBe(bytesTotal)
  expect(told.length).toBeGreaterThan(3)
  expect(told.map(({ file }) => file)).toContain('tokenizer.json')
})

test('it can be given up', async () => {
  const folder = folderWith({ 'a.gguf': gguf })
  const given = ofPath(folder, { signal: AbortSignal.abort(new Error('enough')) })
  await expect(given).rejects.toThrow('enough')
})

describe('digests that are remembered', () => {
  const memory = join(root, 'digests.json')
  /** Bytes that a second look reads are seen in their file: what it was stays in memory, what it is would be refused. */
  const digestOf = async (path: string) => (await openFileDigests(memory)).sha256Of(path)

  test('are those of the file as it was, until it is another', async () => {
    const folder = folderWith({ a: 'first' })
    const path = join(folder, 'a')
    const when = new Date(1_700_000_000_000)
    utimesSync(path, when, when)
    expect(await digestOf(path)).toBe(sha256('first'))
    // In place, of the same size and time: what tells that nothing was read again.
    writeFileSync(path, 'third')
    utimesSync(path, when, when)
    expect(await digestOf(path)).toBe(sha256('first'))
    utimesSync(path, when, new Date(1_700_000_000_001))
    expect(await digestOf(path)).toBe(sha256('third'))
    writeFileSync(path, 'longer')
    expect(await digestOf(path)).toBe(sha256('longer'))
  })

  test('a memory that is damaged is none', async () => {
    const path = join(folderWith({ a: 'words' }), 'a')
    await digestOf(path)
    for (const damage of ['{', 'null', '[]', `{"files":{${JSON.stringify(path)}:{"like":1}}}`]) {
      writeFileSync(memory, damage)
      expect(await digestOf(path)).toBe(sha256('words'))
    }
  })
})
