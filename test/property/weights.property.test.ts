/*
 * Files of weights may come from anybody: however one was cut, changed or made up, it is read or refused in words, within
 * what the file itself has, and never computed with.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openFileDigests } from '../../src/contributor/weights/file-digests.ts'
import { modelManifest } from '../../src/contributor/weights/model-manifest.ts'
import {
  externalTensor,
  ggufFile,
  hugeList,
  innerTensor,
  nestedLists,
  onnxFile,
  protoField,
  safetensorsFile,
  uint64,
} from '../support/weight-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'vouch-weights-'))
afterAll(() => rmSync(folder, { recursive: true }))
const digests = await openFileDigests(undefined)

async function read(ending: string, content: Buffer) {
  const path = join(folder, `model.${ending}`)
  writeFileSync(path, content)
  return modelManifest({
    id: 'm',
    place: { kind: 'path', path },
    engine: { name: null, version: null },
    digests,
  })
}

const whole: Readonly<Record<string, Buffer>> = {
  gguf: ggufFile(
    {
      'general.architecture': { text: 'llama' },
      'llama.context_length': { uint32: 2048 },
      'tokenizer.ggml.tokens': { texts: ['a', 'b', 'c'] },
      'tokenizer.ggml.scores': nestedLists(2),
    },
    [{ name: 'a', shape: [7, 8] }],
  ),
  safetensors: safetensorsFile({ a: { dtype: 'F16', shape: [2, 3] } }, Buffer.alloc(12)),
  onnx: onnxFile([innerTensor(Buffer.alloc(4)), externalTensor('model.safetensors')], 3),
}

/** What is done to a file: cut, or overwritten with one of these at a place. */
const anyChange = fc.record({
  at: fc.nat(),
  cut: fc.boolean(),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    fc.constantFrom(
      uint64((1n << 64n) - 1n),
      uint64(1n << 53n),
      uint64(1n << 40n),
      uint64(0),
      Buffer.alloc(10, 0xff),
    ),
  ),
})

test.each(Object.entries(whole))('%s that was changed anywhere', async (ending, file) => {
  let accepted = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyChange, { minLength: 1, maxLength: 3 }),
      async (changes: readonly { at: number; cut: boolean; bytes: Uint8Array }[]) => {
        let content = Buffer.from(file)
        for (const { at, cut, bytes } of changes) {
          const place = content.length === 0 ? 0 : at % content.length
          if (cut) content = content.subarray(0, place)
          else content.set(bytes.subarray(0, content.length - place), place)
        }
        const manifest = await read(ending, content)
        if (manifest.ok) accepted += 1
        else {
          refused += 1
          expect(manifest.error.detail).toMatch(/^[\w].{3,}/)
        }
      },
    ),
    { numRuns: 400, seed: 20_261_122 },
  )
  expect(accepted).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})

test.each(Object.entries(whole))('%s that ends anywhere', async (ending, file) => {
  const cuts = Array.from({ length: file.length }, (_, length) => length)
  for (const length of cuts) {
    const manifest = await read(ending, file.subarray(0, length))
    // An ONNX file has no end of its own: one that ends between two fields is whole.
    if (ending === 'gguf') expect(manifest.ok).toBe(false)
  }
  expect(cuts.length).toBeGreaterThan(40)
})

const list = (value: Parameters<typeof ggufFile>[0][string]): Buffer =>
  ggufFile({ 'tokenizer.ggml.tokens': value })
const deepJson = `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`

test.each([
  ['a list of more texts than the file has', 'gguf', list(hugeList(8, 1n << 40n))],
  ['a list of more numbers than there are', 'gguf', list(hugeList(10, 1n << 52n))],
  ['a list whose count no number holds', 'gguf', list(hugeList(0, (1n << 64n) - 1n))],
  ['lists within lists within lists', 'gguf', list(nestedLists(50))],
  ['a value of no type', 'gguf', list({ type: 13, bytes: Buffer.alloc(8) })],
  ['more entries than any', 'gguf', ggufFile({}, [], { entryCount: 1n << 40n })],
  ['more entries than the file has', 'gguf', ggufFile({}, [], { entryCount: 9n })],
  ['an old version', 'gguf', ggufFile({}, [], { version: 1 })],
  ['the other byte order', 'gguf', ggufFile({}, [], { version: 0x03000000 })],
  [
    'a tensor of too many dimensions',
    'gguf',
    ggufFile({}, [{ name: 'a', shape: Array(99).fill(1) }]),
  ],
  ['a tensor beyond any', 'gguf', ggufFile({}, [{ name: 'a', shape: [2 ** 40, 2 ** 40] }])],
  ['no GGUF', 'gguf', Buffer.from('PK\x03\x04 and so on')],
  ['a header beyond the file', 'safetensors', Buffer.concat([uint64(99), Buffer.from('{}')])],
  ['a header beyond any', 'safetensors', uint64(1n << 60n)],
  ['a deep header', 'safetensors', Buffer.concat([uint64(deepJson.length), Buffer.from(deepJson)])],
  ['a header that is a list', 'safetensors', Buffer.concat([uint64(2), Buffer.from('[]')])],
  ['a tensor that is none', 'safetensors', safetensorsFile({ a: {} })],
  ['a shape that is none', 'safetensors', safetensorsFile({ a: { dtype: 'F16', shape: ['2'] } })],
  ['a shape below zero', 'safetensors', safetensorsFile({ a: { dtype: 'F16', shape: [-2] } })],
  [
    'a dtype that is prose',
    'safetensors',
    safetensorsFile({ a: { dtype: 'F16; and', shape: [2] } }),
  ],
  ['graphs without end', 'onnx', onnxFile([innerTensor(Buffer.alloc(1))], 40)],
  ['a message beyond its own', 'onnx', protoField(7, Buffer.from([0x2a, 0x7f, 1]))],
  ['a number without end', 'onnx', Buffer.alloc(64, 0xff)],
  ['a group', 'onnx', Buffer.from([0x0b, 0x0c])],
])('%s is refused', async (_name, ending, content) => {
  const manifest = await read(ending, content)
  expect(manifest).toMatchObject({
    ok: false,
    error: { detail: expect.stringMatching(/^\w.{3,}/) },
  })
})
