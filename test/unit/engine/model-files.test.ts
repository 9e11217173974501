import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keccak256, toUtf8Bytes } from 'ethers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ModelFiles, readModelFiles } from '../../../src/engine/model-files.ts'
import { builtInModelFolder } from '../../support/built-in-model.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

const contents = { 'model.onnx': 'weights', 'tokenizer.json': '{"a":1}', 'config.json': '{"b":2}' }
const manifest = {
  id: 'tiny',
  engine: 'onnxruntime-node 1.30.0',
  files: Object.fromEntries(Object.entries(contents).map(([file, text]) => [file, sha256(text)])),
}

let folder: string
const write = (file: string, text: string) => writeFile(join(folder, file), text)

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vouch-model-'))
  for (const [file, text] of Object.entries(contents)) await write(file, text)
  await write('manifest.json', JSON.stringify(manifest))
})

afterEach(() => rm(folder, { recursive: true }))

async function refusalOf(): Promise<{ readonly file: string; readonly detail: string }> {
  const files = await readModelFiles(folder)
  if (files.ok) throw new Error('the folder was accepted')
  return { ...files.error, file: files.error.file.slice(folder.length + 1) }
}

async function acceptedFiles(): Promise<ModelFiles> {
  const files = await readModelFiles(folder)
  if (!files.ok) throw new Error(files.error.detail)
  return files.value
}

describe('readModelFiles', () => {
  test('returns what it checked', async () => {
    const files = await acceptedFiles()
    expect(files.name).toBe('tiny')
    expect(files.engine).toBe('onnxruntime-node 1.30.0')
    expect(files.contents.get('model.onnx')?.toString()).toBe('weights')
  })

  test('the modelId is keccak-256 of the canonical manifest, whatever its layout', async () => {
    const { config, model, tokenizer } = {
      config: manifest.files['config.json'],
      model: manifest.files['model.onnx'],
      tokenizer: manifest.files['tokenizer.json'],
    }
    const canonical =
      `{"engine":"onnxruntime-node 1.30.0","files":{"config.json":"${config}",` +
      `"model.onnx":"${model}","tokenizer.json":"${tokenizer}"},"id":"tiny"}`
    expect((await acceptedFiles()).modelId).toBe(keccak256(toUtf8Bytes(canonical)))
    await write('manifest.json', JSON.stringify(manifest, undefined, 4))
    expect((await acceptedFiles()).modelId).toBe(keccak256(toUtf8Bytes(canonical)))
  })

  test('one other byte in any file is found and named', async () => {
    for (const [file, text] of Object.entries(contents)) {
      const changed = `${text.slice(0, -1)}!`
      await write(file, changed)
      expect(await refusalOf()).toEqual({
        file,
        detail: `its sha256 is ${sha256(changed)}, but manifest.json says ${sha256(text)}`,
      })
      await write(file, text)
    }
  })

  test('a missing file is named', async () => {
    await rm(join(folder, 'tokenizer.json'))
    const detail = 'it cannot be read (ENOENT)'
    expect(await refusalOf()).toEqual({ file: 'tokenizer.json', detail })
    await rm(join(folder, 'manifest.json'))
    expect(await refusalOf()).toEqual({ file: 'manifest.json', detail })
  })

  test('a manifest must list every file that is needed', async () => {
    const { 'config.json': _, ...files } = manifest.files
    await write('manifest.json', JSON.stringify({ ...manifest, files }))
    const detail = '"files" has no sha256 for config.json'
    expect(await refusalOf()).toEqual({ file: 'manifest.json', detail })
  })

  test.each([
    ['a path out of the folder', { ...manifest, files: { '../secret': sha256('') } }],
    ['a hash that is none', { ...manifest, files: { ...manifest.files, 'a.txt': 'abc' } }],
    ['no name', { ...manifest, id: 7 }],
    ['no engine', { ...manifest, engine: undefined }],
    ['no files', { ...manifest, files: null }],
    ['no object', null],
  ])('refuses a manifest with %s', async (_, changed) => {
    await write('manifest.json', JSON.stringify(changed))
    const detail = 'it needs the strings "id" and "engine" and "files" with a sha256 for each file'
    expect(await refusalOf()).toEqual({ file: 'manifest.json', detail })
  })

  test('refuses a manifest that is no JSON, and one that is huge', async () => {
    await write('manifest.json', 'id: tiny')
    expect((await refusalOf()).detail).toBe('it is not JSON')
    await write('manifest.json', ' '.repeat(1024 * 1024 + 1))
    expect((await refusalOf()).detail).toBe('it has 1048577 bytes, more than 1048576')
  })

  test('the built-in model is what its manifest says', async () => {
    const files = await readModelFiles(builtInModelFolder)
    expect(files.ok).toBe(true)
    const written = JSON.parse(await readFile(join(builtInModelFolder, 'manifest.json'), 'utf8'))
    expect(files.ok && files.value.name).toBe(written.id)
  })
})
