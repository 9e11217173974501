import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { runVouch } from '../support/dev-process.ts'
import { openServeConfig, type ServeConfig } from '../support/serve-config.ts'

let place: ServeConfig
const engines: Server[] = []

beforeAll(async () => {
  place = await openServeConfig()
})
afterEach(() => {
  for (const engine of engines.splice(0)) {
    engine.close()
    engine.closeAllConnections()
  }
})
afterAll(() => place.close())

/** An upstream that is asked for its models and nothing else. */
async function engineThat(answer: RequestListener): Promise<string> {
  const engine = createServer(answer)
  engines.push(engine)
  await new Promise<void>((done) => engine.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(engine.address() as AddressInfo).port}/v1`
}

const says =
  (status: number, body: unknown = {}): RequestListener =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }

const check = (...args: readonly string[]) => runVouch(['check-config', ...args])
const withEngine = (url: string) => place.yaml((text) => text.replace(place.upstream.baseUrl, url))

describe('a good file', () => {
  test('is told with all that it says, and nothing that is secret', async () => {
    const text = place.yaml((good) =>
      good.replace('models:', 'region: eu\n    limits: { concurrency: 4 }\n    models:'),
    )
    const { code, output } = await check(text)
    expect(code).toBe(0)
    expect(output).toContain(`${text} is good: 1 upstream(s)`)
    expect(output).toMatch(/chain +31337 at 127\.0\.0\.1:\d+\n/)
    expect(output).toMatch(/upstream +engine: http:\S+, region eu, 4 at once\n/)
    expect(output).toMatch(/model +public-name \(engine\/name there\), context 4096\n/)
    expect(output).toContain('0.50 a million prompt tokens, 0.50 cached, 2.00 a million tokens')
    expect(output).not.toContain('warning')
    for (const secret of ['an-engine-key', place.devChain.keys.gatewaySigner]) {
      expect(output).not.toContain(secret)
    }
    expect(await runVouch(['serve', '--check', '--config', text])).toEqual({ code: 0, output })
  })

  test('is warned of by the key that an operator would change', async () => {
    const path = place.yaml((text) => text.replace('engine.key', 'open.key'))
    writeFileSync(join(place.folder, 'open.key'), 'a-key')
    chmodSync(join(place.folder, 'open.key'), 0o644)
    const { code, output } = await check(path)
    expect(code).toBe(0)
    expect(output).toContain('warning: upstreams[0].apiKeyFile: others on this machine may open')
    expect(output).toContain('warning: upstreams[0].limits: engine has none')
  })

  test('is one JSON object for machines', async () => {
    const path = place.yaml()
    const { code, output } = await check(path, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(output)).toMatchObject({
      ok: true,
      file: path,
      faults: [],
      found: {
        chains: [{ chainId: 31337 }],
        store: 'files in the data folder',
        lending: 'closed',
        joining: 'closed',
        admin: 'none',
        audits: 'none',
        transparency: 'none',
        upstreams: [{ id: 'engine', models: [{ id: 'public-name', manifest: false }] }],
      },
      warnings: [{ key: 'upstreams[0].limits' }],
      connections: [],
    })
  })
})

describe('a file that is wrong', () => {
  const broken = (text: string) =>
    text.replace('port: 0', 'port: many').replace('completionPerMtok: 2', 'completionPerMtok: dear')

  test('is told with every fault, by line', async () => {
    const path = place.yaml(broken)
    const { code, output } = await check(path)
    expect(code).toBe(1)
    expect(output.trim().split('\n')).toEqual([
      expect.stringMatching(/:2: listen\.port: expected a whole number/),
      expect.stringMatching(
        /:\d+: upstreams\[0\]\.models\[0\]\.price\.completionPerMtok: expected/,
      ),
    ])
    const json = await check(path, '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.output)).toMatchObject({
      ok: false,
      faults: [{}, {}].map(() => expect.any(String)),
    })
  })

  test('is told not to be there, and wrong words are unusable', async () => {
    const absent = await check(join(place.folder, 'absent.yaml'))
    expect(absent).toMatchObject({ code: 1, output: expect.stringContaining('does not exist') })
    const folder = await check(place.folder)
    expect(folder).toMatchObject({ code: 1, output: expect.stringContaining('cannot be read') })
    expect((await check('one.yaml', 'two.yaml')).code).toBe(2)
    expect((await check('--nonsense')).code).toBe(2)
  })
})

test('--schema prints what is published', async () => {
  const { code, output } = await check('--schema')
  expect(code).toBe(0)
  const published = resolve(import.meta.dirname, '../../docs/vouch.schema.json')
  expect(output).toBe(readFileSync(published, 'utf8'))
})

describe('--connect', () => {
  test('asks the chain and the upstream, with its key', async () => {
    const keys: (string | undefined)[] = []
    const url = await engineThat((request, response) => {
      keys.push(request.headers.authorization)
      says(200, { data: [{ id: 'engine/name' }] })(request, response)
    })
    const { code, output } = await check(withEngine(url), '--connect')
    expect(output).toContain('ok: chain 31337 and its contracts: as configured')
    expect(output).toContain('ok: the signing key is registered')
    expect(output).toMatch(/ok: upstream engine: 127\.0\.0\.1:\d+ answers\n/)
    expect(code).toBe(0)
    expect(keys).toEqual(['Bearer an-engine-key'])
  })

  test.each<readonly [string, RequestListener, RegExp, number]>([
    ['refuses the key', says(401), /failed: upstream engine: \S+ refuses the key \(401\)/, 1],
    ['fails', says(503), /failed: upstream engine: \S+ fails \(503\)/, 1],
    [
      'serves other models',
      says(200, { data: [{ id: 'another' }, null] }),
      /failed: upstream engine: \S+ does not list engine\/name/,
      1,
    ],
    ['lists none', says(404), /ok: upstream engine: \S+ answers, and lists no models \(404\)/, 0],
    [
      'says nothing',
      () => {},
      /failed: upstream engine: \S+ does not answer: nothing within 3 s/,
      1,
    ],
  ])('tells of an upstream that %s', async (_name, answer, expected, exitCode) => {
    const { code, output } = await check(withEngine(await engineThat(answer)), '--connect')
    expect(output).toMatch(expected)
    expect(code).toBe(exitCode)
  })

  test('tells of each that is wrong, and of the others that they are well', async () => {
    const gone = await engineThat(says(200))
    for (const engine of engines.splice(0)) engine.close()
    const path = place.yaml((text) =>
      text
        .replace(place.upstream.baseUrl, gone)
        .replace('signing.key', 'other.key')
        .replace(
          'models:',
          `operator: '0x${'1'.repeat(40)}'\n    signingAddresses: ['0x${'2'.repeat(40)}']\n    models:`,
        ),
    )
    const { code, output } = await check(path, '--connect')
    expect(code).toBe(1)
    expect(output).toContain('ok: chain 31337 and its contracts')
    expect(output).toContain('failed: the signing key is registered: gateway.signingKeyFile')
    expect(output).toContain('failed: the keys of engine are registered')
    expect(output).toMatch(/failed: upstream engine: \S+ does not answer: ECONNREFUSED/)
    const engine = await engineThat(says(200))
    const other = place.yaml((text) =>
      text.replace('chainId: 31337', 'chainId: 1').replace(place.upstream.baseUrl, engine),
    )
    expect((await check(other, '--connect')).output).toMatch(
      /failed: chain 1 and its contracts: .*has id 31337, but 1 is configured/,
    )
  })
})
