import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { engineName } from '../../../src/engine/decoder-session.ts'
import { loadModel } from '../../../src/engine/load-model.ts'
import { builtInModelFolder, loadBuiltInModel } from '../../support/built-in-model.ts'

type Manifest = { id: string; engine: string; files: Record<string, string> }

const options = { intraOpThreads: 1 }
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vouch-model-'))
  for (const file of [
    'manifest.json',
    'config.json',
    'tokenizer.json',
    'model.onnx',
    'embedding.f16',
  ]) {
    await cp(join(builtInModelFolder, file), join(folder, file))
  }
})

afterEach(() => rm(folder, { recursive: true }))

/** Replaces a file and its hash in the manifest, as whoever made another model would. */
async function replace(file: string, text: string): Promise<void> {
  await writeFile(join(folder, file), text)
  const sha256 = createHash('sha256').update(text).digest('hex')
  await changeManifest(({ files, ...manifest }) => ({
    ...manifest,
    files: { ...files, [file]: sha256 },
  }))
}

async function changeManifest(change: (manifest: Manifest) => Manifest): Promise<void> {
  const path = join(folder, 'manifest.json')
  const manifest = JSON.parse(await readFile(path, 'utf8')) as Manifest
  await writeFile(path, JSON.stringify(change(manifest)))
}

const failure = async () => {
  const model = await loadModel(folder, options)
  return model.ok ? 'accepted' : [model.error.file.slice(folder.length + 1), model.error.detail]
}

describe('loadModel', () => {
  test('the built-in model is ready to answer', async () => {
    const model = await loadBuiltInModel()
    expect(model.name).toBe('vouch-mini')
    const { vocabularySize, endTokenId } = model.config
    // Every token is text, the end, or one that is never sampled.
    for (let tokenId = 0; tokenId < vocabularySize; tokenId += 1) {
      const isText = model.tokenizer.bytesOf(tokenId) !== undefined
      const isForbidden = model.forbiddenTokens.includes(tokenId)
      expect([isText, isForbidden, tokenId === endTokenId].filter(Boolean)).toHaveLength(1)
    }
  })

  test('a changed weight is refused before onnxruntime sees it', async () => {
    const onnx = await readFile(join(folder, 'model.onnx'))
    onnx.writeUInt8(onnx.readUInt8(onnx.length - 100) ^ 1, onnx.length - 100)
    await writeFile(join(folder, 'model.onnx'), onnx)
    expect(await failure()).toEqual([
      'model.onnx',
      expect.stringMatching(/^its sha256 is [0-9a-f]{64}, but manifest.json says [0-9a-f]{64}$/),
    ])
  })

  test('a model for another engine is refused: its modelId would be a lie', async () => {
    await changeManifest((manifest) => ({ ...manifest, engine: 'onnxruntime-node 1.0.0' }))
    expect(await failure()).toEqual([
      'manifest.json',
      `it is made for onnxruntime-node 1.0.0, this is ${engineName}`,
    ])
  })

  test('what is wrong inside of a file is named with the file', async () => {
    await replace('model.onnx', 'weights')
    const [file, detail] = await failure()
    expect(file).toBe('model.onnx')
    expect(detail).toMatch(/^onnxruntime does not load it: /)
    await replace('tokenizer.json', '{}')
    expect((await failure())[0]).toBe('tokenizer.json')
    await replace('config.json', '{}')
    expect(await failure()).toEqual(['config.json', '"layers" should be a whole number above zero'])
  })
})
