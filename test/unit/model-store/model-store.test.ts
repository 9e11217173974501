import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { keccak256Utf8 } from '../../../src/chain/keccak.ts'
import { addModel, loadStoredModel } from '../../../src/model-store/add-model.ts'
import { collectGarbage } from '../../../src/model-store/collect-garbage.ts'
import { isSha256, sha256Of } from '../../../src/model-store/content-id.ts'
import { garbageAgeMinMs } from '../../../src/model-store/limits.ts'
import { openModelStore } from '../../../src/model-store/model-store.ts'
import { added, modelOf, temporaryFolder, temporaryStore } from '../../support/stored-models.ts'

const tiny = (text: string, version?: string) => modelOf('tiny', { 'graph.json': text }, version)

describe('a model', () => {
  test('comes back as it was added, under the hash of its manifest', async () => {
    const store = temporaryStore()
    const model = await added(store, modelOf('tiny', { 'a.json': 'a', 'b.bin': 'b' }))
    expect(model.modelId).toBe(keccak256Utf8(model.content.canonical))
    for (const reference of ['tiny', 'tiny@1', 'tiny@latest', model.modelId]) {
      const loaded = await loadStoredModel(store, reference)
      expect(loaded.ok && loaded.value.contents.get('b.bin')?.toString(), reference).toBe('b')
      expect(loaded.ok && loaded.value.model.modelId).toBe(model.modelId)
    }
  })

  test('is refused when a file is missing or is another one, and nothing is named then', async () => {
    const store = temporaryStore()
    const model = tiny('graph')
    const missing = await addModel(store, { ...model, contents: new Map() })
    expect(missing).toMatchObject({ ok: false, error: { kind: 'missing' } })
    const contents = new Map([['graph.json', Buffer.from('other')]])
    const altered = await addModel(store, { ...model, contents })
    expect(altered).toMatchObject({ ok: false, error: { kind: 'altered' } })
    expect(await store.index()).toMatchObject({ ok: true, value: { models: {} } })
  })

  test('is refused when a file of it changed on the disk', async () => {
    const store = temporaryStore()
    const { files } = await added(store, tiny('graph'))
    for (const { sha256 } of files) writeFileSync(store.blobs.pathOf(sha256), 'grapf')
    const loaded = await loadStoredModel(store, 'tiny')
    expect(loaded).toMatchObject({ ok: false, error: { kind: 'altered' } })
    // Whoever adds it again mends it.
    await added(store, tiny('graph'))
    expect((await loadStoredModel(store, 'tiny')).ok).toBe(true)
  })

  test.each([
    ['no JSON', '{'],
    ['no files', '{"id":"tiny","files":{}}'],
    ['a file outside of its folder', `{"id":"tiny","files":{"../x":"${'0'.repeat(64)}"}}`],
    ['a file in a folder', `{"id":"tiny","files":{"a/x":"${'0'.repeat(64)}"}}`],
    ['itself', `{"id":"tiny","files":{"manifest.json":"${'0'.repeat(64)}"}}`],
    ['a hash of another form', '{"id":"tiny","files":{"a":"00"}}'],
    ['a name that is none', `{"id":"../tiny","files":{"a":"${'0'.repeat(64)}"}}`],
    [
      'a file twice',
      `{"id":"t","files":{"a":"${'0'.repeat(64)}"},"weights":{"a":"${'1'.repeat(64)}"}}`,
    ],
  ])('whose manifest has %s is refused', async (_what, manifest) => {
    const refused = await addModel(temporaryStore(), { manifest, contents: new Map() })
    expect(refused).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  })
})

describe('versions and aliases', () => {
  test('a version never changes, the same model again changes nothing', async () => {
    const store = temporaryStore()
    const first = await added(store, tiny('one'))
    expect(await added(store, tiny('one'))).toEqual(first)
    const other = await addModel(store, tiny('two', first.version))
    expect(other).toMatchObject({ ok: false, error: { kind: 'conflict' } })
    expect((await added(store, tiny('two'))).version).toBe('2')
    const latest = await loadStoredModel(store, 'tiny')
    expect(latest.ok && latest.value.model.version).toBe('2')
  })

  test('an alias moves, hides no version, and goes with the version that it names', async () => {
    const store = temporaryStore()
    await added(store, tiny('one'))
    await added(store, tiny('two'))
    expect((await store.alias('tiny', { alias: 'stable', version: '1' })).ok).toBe(true)
    expect(await store.find('tiny@stable')).toMatchObject({ ok: true, value: { version: '1' } })
    expect((await store.alias('tiny', { alias: 'stable', version: 'latest' })).ok).toBe(true)
    expect(await store.find('tiny@stable')).toMatchObject({ ok: true, value: { version: '2' } })
    expect((await store.alias('tiny', { alias: '1', version: '2' })).ok).toBe(false)
    expect((await store.alias('tiny', { alias: 'x', version: '9' })).ok).toBe(false)
    expect((await store.remove('tiny@2')).ok).toBe(true)
    expect((await store.find('tiny@stable')).ok).toBe(false)
    expect(await store.find('tiny')).toMatchObject({ ok: true, value: { version: '1' } })
    expect((await store.remove('tiny')).ok).toBe(true)
    expect((await store.find('tiny')).ok).toBe(false)
  })

  test.each(['constructor', 'tiny@constructor', 'tiny@toString', '__proto__', 'a@b@c', '../x', ''])(
    "'%s' names nothing",
    async (reference) => {
      const store = temporaryStore()
      await added(store, tiny('one'))
      expect((await store.find(reference)).ok).toBe(false)
    },
  )

  test('a model may be called like a member that every object has', async () => {
    const store = temporaryStore()
    await added(store, modelOf('constructor', { a: 'a' }))
    expect(await store.find('constructor')).toMatchObject({ ok: true, value: { version: '1' } })
  })

  test('fifty that are added at once by two stores on one folder are all there', async () => {
    const folder = temporaryFolder()
    const stores = [openModelStore(folder), openModelStore(folder)]
    const names = Array.from({ length: 50 }, (_, at) => `model-${at % 10}`)
    await Promise.all(
      names.map((name, at) =>
        added(stores[at % 2] ?? openModelStore(folder), modelOf(name, { a: String(at) })),
      ),
    )
    const index = await openModelStore(folder).index()
    const models = index.ok ? Object.values(index.value.models) : []
    expect(models.flatMap(({ versions }) => versions)).toHaveLength(50)
    expect(models).toHaveLength(10)
  })
})

describe('garbage', () => {
  test('is what no version needs, once it is an hour old', async () => {
    const store = temporaryStore()
    const both = { 'shared.json': 'shared' }
    const kept = await added(store, modelOf('tiny', { ...both, a: 'a' }))
    await added(store, modelOf('tiny', { ...both, b: 'b' }))
    await store.remove('tiny@2')
    const now = Date.now()
    const early = await collectGarbage(store, { nowMs: now, isTrial: false })
    expect(early).toMatchObject({ ok: true, value: [] })
    const later = now + garbageAgeMinMs + 60_000
    const trial = await collectGarbage(store, { nowMs: later, isTrial: true })
    const done = await collectGarbage(store, { nowMs: later, isTrial: false })
    // The file b and the manifest of version 2.
    expect(done.ok && done.value).toHaveLength(2)
    expect(trial).toEqual(done)
    const left = (await store.blobs.list()).map(({ sha256 }) => sha256)
    expect(left.sort()).toEqual([kept.manifest, ...kept.files.map(({ sha256 }) => sha256)].sort())
    expect((await loadStoredModel(store, 'tiny@1')).ok).toBe(true)
  })

  test('nothing is removed while a manifest cannot be read', async () => {
    const store = temporaryStore()
    const { manifest } = await added(store, tiny('one'))
    writeFileSync(store.blobs.pathOf(manifest), '{}')
    const done = await collectGarbage(store, { nowMs: Date.now() * 2, isTrial: false })
    expect(done).toMatchObject({ ok: false, error: { kind: 'altered' } })
    expect(await store.blobs.list()).toHaveLength(2)
  })
})

describe('what arrives in pieces', () => {
  const content = Buffer.from('0123456789'.repeat(1_000))
  const sha256 = sha256Of(content)

  test('goes on where it was broken off', async () => {
    const { blobs } = temporaryStore()
    const asked: number[] = []
    async function* untilCut(fromByte: number, end: number) {
      asked.push(fromByte)
      yield content.subarray(fromByte, end)
      if (end < content.length) throw new Error('the line broke')
    }
    const file = { sha256, bytes: content.length }
    const cut = await blobs.receive(file, (from) => untilCut(from, 4_000))
    expect(cut).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect(await blobs.find(sha256)).toBeUndefined()
    const done = await blobs.receive(file, (from) => untilCut(from, content.length))
    expect(done.ok).toBe(true)
    expect(asked).toEqual([0, 4_000])
    expect(await blobs.read(sha256)).toEqual({ ok: true, value: content })
  })

  test.each([
    ['another file', Buffer.from('9'.repeat(10_000))],
    ['a longer one', Buffer.concat([content, content])],
    ['a shorter one', content.subarray(0, 9_999)],
  ])('and is %s is never there', async (_what, sent) => {
    const store = temporaryStore()
    async function* pieces(fromByte: number) {
      yield sent.subarray(fromByte)
    }
    const file = { sha256, bytes: content.length }
    expect((await store.blobs.receive(file, pieces)).ok).toBe(false)
    expect(isSha256(sha256) && (await store.blobs.find(sha256))).toBeUndefined()
  })
})

test('an index that was damaged is said to be, and not taken for an empty one', async () => {
  const folder = temporaryFolder()
  const store = openModelStore(folder)
  await added(store, tiny('one'))
  const path = join(folder, 'index/1.json')
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, 40))
  expect(await store.index()).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  expect((await addModel(store, tiny('two'))).ok).toBe(false)
})
