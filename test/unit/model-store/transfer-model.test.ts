import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { loadStoredModel } from '../../../src/model-store/add-model.ts'
import { blobKey, indexKey } from '../../../src/model-store/mirror.ts'
import { openFolderMirror } from '../../../src/model-store/mirror-folder.ts'
import { openHttpMirror } from '../../../src/model-store/mirror-http.ts'
import { openMirror } from '../../../src/model-store/open-mirror.ts'
import { pullModel, pushModel } from '../../../src/model-store/transfer-model.ts'
import { added, modelOf, temporaryFolder, temporaryStore } from '../../support/stored-models.ts'

const reference = 'tiny'
const large = Buffer.alloc(300_000, 'large')

/** A mirror with `tiny@1` and `tiny@2` in it. */
async function filledMirror() {
  const folder = temporaryFolder()
  const store = temporaryStore()
  const mirror = openFolderMirror(folder)
  const first = await added(store, modelOf('tiny', { 'a.json': 'a', 'large.bin': large }))
  expect((await pushModel(store, mirror, { reference })).ok).toBe(true)
  await added(store, modelOf('tiny', { 'a.json': 'b', 'large.bin': large }))
  expect((await pushModel(store, mirror, { reference })).ok).toBe(true)
  return { folder, mirror, first, store }
}

/** Shows a folder, and lets a test spoil what it answers. */
async function served(
  folder: string,
  spoil: (request: IncomingMessage, response: ServerResponse, content: Buffer) => boolean,
): Promise<URL> {
  const server = createServer((request, response) => {
    const path = join(folder, request.url ?? '')
    if (!existsSync(path)) {
      response.writeHead(404).end()
      return
    }
    const content = readFileSync(path)
    if (spoil(request, response, content)) return
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const body = content.subarray(from)
    response.writeHead(from === 0 ? 200 : 206, { 'content-length': body.length })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

describe('a folder as mirror', () => {
  test('gives back what it was given, by version, alias and id', async () => {
    const { mirror, first } = await filledMirror()
    for (const asked of ['tiny@1', first.modelId]) {
      const store = temporaryStore()
      const pulled = await pullModel(store, mirror, { reference: asked })
      expect(pulled.ok && pulled.value.modelId).toBe(first.modelId)
      const loaded = await loadStoredModel(store, asked)
      expect(loaded.ok && loaded.value.contents.get('large.bin')).toEqual(large)
    }
    const newest = await pullModel(temporaryStore(), mirror, { reference })
    expect(newest.ok && newest.value.version).toBe('2')
  })

  test('is not sent what it has, and is sent again what was lost there', async () => {
    const { folder, mirror, first, store } = await filledMirror()
    const sent: string[] = []
    const push = () =>
      pushModel(store, mirror, { reference: 'tiny@1', onProgress: ({ file }) => sent.push(file) })
    expect((await push()).ok).toBe(true)
    expect(sent).toEqual([])
    const lost = first.files.find(({ name }) => name === 'large.bin')
    if (lost === undefined) throw new Error('large.bin is a file of it')
    rmSync(join(folder, blobKey(lost.sha256)))
    // What an attempt that was killed left.
    writeFileSync(join(folder, `${blobKey(lost.sha256)}.partial`), large.subarray(0, 1_000))
    expect((await push()).ok).toBe(true)
    expect(sent).toEqual(['large.bin'])
    expect(readFileSync(join(folder, blobKey(lost.sha256)))).toEqual(large)
  })

  test('whose version is another model already keeps it', async () => {
    const { mirror } = await filledMirror()
    const other = temporaryStore()
    await added(other, modelOf('tiny', { 'a.json': 'mine' }))
    const pushed = await pushModel(other, mirror, { reference })
    expect(pushed).toMatchObject({ ok: false, error: { kind: 'conflict' } })
  })
})

describe('a web server as mirror', () => {
  test('whose line breaks in the middle is asked for the rest alone', async () => {
    const { folder, first } = await filledMirror()
    const ranges: (string | undefined)[] = []
    const url = await served(folder, (request, response, content) => {
      if (request.method !== 'GET' || content.length < 100_000) return false
      ranges.push(request.headers.range)
      if (ranges.length > 1) return false
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 120_000), () => response.destroy())
      return true
    })
    const store = temporaryStore()
    const mirror = openHttpMirror(url)
    const cut = await pullModel(store, mirror, { reference: 'tiny@1' })
    expect(cut).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
    expect((await store.find('tiny')).ok).toBe(false)
    const done = await pullModel(store, mirror, { reference: 'tiny@1' })
    expect(done.ok && done.value.modelId).toBe(first.modelId)
    expect(ranges[0]).toBeUndefined()
    expect(ranges[1]).toMatch(/^bytes=[1-9][0-9]*-$/)
  })

  test('that knows no ranges sends all of it again, and the beginning is passed over', async () => {
    const { folder } = await filledMirror()
    let asked = 0
    const url = await served(folder, (request, response, content) => {
      if (request.method !== 'GET' || content.length < 100_000) return false
      asked += 1
      response.writeHead(200, { 'content-length': content.length })
      if (asked === 1) response.write(content.subarray(0, 70_000), () => response.destroy())
      else response.end(content)
      return true
    })
    const store = temporaryStore()
    await pullModel(store, openHttpMirror(url), { reference })
    expect((await pullModel(store, openHttpMirror(url), { reference })).ok).toBe(true)
    expect(asked).toBe(2)
  })

  test.each([
    ['a file', (url: string) => url.includes('/blobs/')],
    ['its index', (url: string) => url.endsWith(indexKey)],
  ])('that changes %s is not believed', async (_what, isSpoiled) => {
    const { folder } = await filledMirror()
    const url = await served(folder, (request, response, content) => {
      if (!isSpoiled(request.url ?? '') || request.method === 'HEAD') return false
      const changed = Buffer.from(content)
      changed[0] = (changed[0] ?? 0) ^ 1
      response.writeHead(200, { 'content-length': changed.length }).end(changed)
      return true
    })
    const store = temporaryStore()
    expect((await pullModel(store, openHttpMirror(url), { reference })).ok).toBe(false)
    expect(await store.index()).toMatchObject({ ok: true, value: { models: {} } })
  })

  test('that calls another model by this id is found out', async () => {
    const { folder, first } = await filledMirror()
    const url = await served(folder, (request, response, content) => {
      if (!(request.url ?? '').endsWith(indexKey)) return false
      const index = JSON.parse(content.toString('utf8'))
      const [one, two] = index.models.tiny.versions
      index.models.tiny.versions = [{ ...one, manifest: two.manifest }, two]
      const body = Buffer.from(JSON.stringify(index))
      response.writeHead(200, { 'content-length': body.length })
      response.end(request.method === 'HEAD' ? undefined : body)
      return true
    })
    const pulled = await pullModel(temporaryStore(), openHttpMirror(url), {
      reference: first.modelId,
    })
    expect(pulled).toMatchObject({ ok: false, error: { kind: 'altered' } })
  })

  test('cannot be pushed to, and one that is not there is said to be unavailable', async () => {
    const { store } = await filledMirror()
    const url = new URL('http://127.0.0.1:9/')
    const pushed = await pushModel(store, openHttpMirror(url), { reference })
    expect(pushed).toMatchObject({ ok: false, error: { kind: 'invalid' } })
    const pulled = await pullModel(store, openHttpMirror(url), { reference })
    expect(pulled).toMatchObject({ ok: false, error: { kind: 'unavailable' } })
  })
})

test.each(['ftp://x/y', 's3://bucket/without-keys', 'http://[bad'])(
  '%s opens no mirror',
  (place) => {
    const access = { accessKeyId: undefined, secretAccessKey: undefined, sessionToken: undefined }
    const opened = openMirror(place, { ...access, region: undefined, endpoint: undefined })
    expect(opened).toMatchObject({ ok: false, error: { kind: 'invalid' } })
  },
)
