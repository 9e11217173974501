import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { canonicalJson } from '../../src/base/canonical-json.ts'
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import { type GatewayConfig, loadConfig, readConfigFile } from '../../src/config.ts'
import {
  account,
  faultIn,
  goodYaml as good,
  makeConfigFolder,
  signingKey,
} from '../support/config-folder.ts'

const folder = makeConfigFolder()
afterAll(folder.remove)
folder.write('api.key', 'sk-engine\n')
folder.write('two.key', 'sk-one\nsk-two\n')
folder.write('empty.key', '\n')
folder.write('manifest.json', '{"b":1,"a":[2]}')
mkdirSync(join(folder.path, 'folder'))

const parse = (text: string): GatewayConfig => folder.read(text).config
const change = (from: string, to: string): string => {
  expect(good).toContain(from)
  return good.replace(from, to)
}
/** Lines after the one that names the upstream's URL. */
const upstreamWith = (...lines: readonly string[]): string =>
  change('    models:', [...lines.map((line) => `    ${line}`), '    models:'].join('\n'))
const faultOf = (text: string): string => faultIn(() => parse(text)).message

describe('a good vouch.yaml', () => {
  test('gives every value its unit, and defaults to what was not said', () => {
    const config = parse(good)
    expect(config).toMatchObject({
      listen: { host: '127.0.0.1', port: 8787 },
      dataFolder: join(folder.path, 'data'),
      chain: {
        chainId: 31337,
        assetDecimals: 6,
        secondRpcUrl: undefined,
        confirmations: 12,
        feeWeiMax: 500_000_000_000n,
        disagreementMax: 5_000_000n,
      },
      gateway: { operator: account('a'), signingKey, withdrawDelayMinS: 3_600 },
      claims: {
        whenUnclaimed: 1_000_000n,
        everyS: 21_600,
        settleWhenClaimed: 50_000_000n,
        settleEveryS: 86_400,
      },
    })
    expect(config.upstreams).toEqual([
      {
        id: 'plain',
        baseUrl: 'http://127.0.0.1:8000/v1',
        apiKey: undefined,
        identity: undefined,
        models: [
          {
            id: 'org/model',
            upstreamId: 'org/model',
            modelId: keccak256Utf8('{"id":"org/model","weights":null}'),
            contextTokensMax: 8192,
            completionTokensMax: 4096,
            servings: [
              {
                endpoints: ['chat/completions'],
                unit: 'token',
                promptAtomicPerMtok: 50_000n,
                // Cached tokens cost what others cost unless it is said.
                cachedPromptAtomicPerMtok: 50_000n,
                completionAtomicPerMtok: 100_000n,
              },
            ],
            tokenizer: undefined,
          },
        ],
      },
    ])
  })

  test('is read from a file, with paths meant from its folder', () => {
    const path = join(folder.path, 'vouch.yaml')
    folder.write('vouch.yaml', good)
    expect(loadConfig(path)).toEqual(parse(good))
    expect(readConfigFile(path).files).toEqual([path, join(folder.path, 'signing.key')])
    expect(() => loadConfig(join(folder.path, 'none.yaml'))).toThrow(/does not exist/)
  })

  test('keeps exact amounts of an asset with 18 decimals', () => {
    const text = change(
      `  asset: '${account('4')}'`,
      `  asset: '${account('4')}'\n  assetDecimals: 18`,
    ).replace("'0.05'", "'123.000000000000000001'")
    const [serving] = parse(text).upstreams[0]?.models[0]?.servings ?? []
    expect(serving?.promptAtomicPerMtok).toBe(123_000000000000000001n)
  })

  test('knows a model by the manifest of its weights', () => {
    const text = change('        price:', '        manifest: manifest.json\n        price:')
    const manifest = canonicalJson({ b: 1, a: [2] })
    expect(parse(text).upstreams[0]?.models[0]?.modelId).toBe(keccak256Utf8(manifest))
  })

  test('takes an API key from a file or from a variable', () => {
    expect(parse(upstreamWith('apiKeyFile: api.key')).upstreams[0]?.apiKey).toBe('sk-engine')
    vi.stubEnv('VOUCH_TEST_KEY', 'sk-variable')
    expect(parse(upstreamWith('apiKeyEnv: VOUCH_TEST_KEY')).upstreams[0]?.apiKey).toBe(
      'sk-variable',
    )
    vi.unstubAllEnvs()
  })

  test("reads an upstream's limits and region; a limit that is not said is none", () => {
    const text = upstreamWith('limits:', '  requestsPerMinute: 3', '  concurrency: 2', 'region: eu')
    expect(parse(text).upstreams[0]).toMatchObject({
      limits: { requestsPerMinuteMax: 3, tokensPerMinuteMax: undefined, concurrencyMax: 2 },
      region: 'eu',
    })
    const tokens = upstreamWith('limits: { tokensPerMinute: 1000000000 }')
    expect(parse(tokens).upstreams[0]?.limits?.tokensPerMinuteMax).toBe(1_000_000_000)
  })

  test('names a contributor that signs', () => {
    const text = upstreamWith(
      `operator: '${account('B')}'`,
      `signingAddresses: ['${account('C')}']`,
    )
    expect(parse(text).upstreams[0]?.identity).toEqual({
      operator: account('b'),
      signingAddresses: [account('c')],
    })
  })
})

describe('a wrong vouch.yaml is told in one line with file, line, key, what was expected and what was there', () => {
  const model = (line: string) => change('        price:', `        ${line}\n        price:`)

  test.each<[string, string, string]>([
    [
      'an unknown key',
      change('dataFolder:', 'datafolder:'),
      'vouch.yaml:4: datafolder: expected one of: listen, dataFolder, store, chain, chains, assets, fx, gateway, claims, deposits, x402, payouts, upstreams, routing, proving, receipts, limits, lending, joining, jobs, audits, tee, transparency, deployments, admin, got an unknown key',
    ],
    [
      'an unknown key deep inside',
      change('  chainId: 31337', '  chainId: 31337\n  chainID: 1'),
      'vouch.yaml:8: chain.chainID: expected one of: ',
    ],
    [
      'a missing key',
      change('  chainId: 31337\n', ''),
      'vouch.yaml:6: chain.chainId: expected a whole number from 1 to 9007199254740991, got nothing',
    ],
    [
      'a missing mapping',
      change(good.slice(good.indexOf('chain:'), good.indexOf('gateway:')), ''),
      'vouch.yaml:1: chain: expected a mapping, got nothing',
    ],
    [
      'a mapping that is text',
      change(good.slice(good.indexOf('listen:'), good.indexOf('dataFolder')), 'listen: 8787\n'),
      'vouch.yaml:1: listen: expected a mapping, got 8787',
    ],
    [
      'an address without quotes',
      change(`'${account('6')}'`, account('6')),
      'vouch.yaml:15: gateway.receiver: expected an address in quotes: YAML reads 0x… without quotes as a number',
    ],
    [
      'an address too short',
      change(`'${account('6')}'`, "'0x12'"),
      'vouch.yaml:15: gateway.receiver: expected an address (0x and 40 digits), got "0x12"',
    ],
    [
      'a number as text',
      change('port: 8787', "port: '8787'"),
      'vouch.yaml:3: listen.port: expected a whole number from 0 to 65535, got "8787"',
    ],
    ['a port beyond ports', change('port: 8787', 'port: 65536'), 'got 65536'],
    ['a fractional number', change('port: 8787', 'port: 1.5'), 'got 1.5'],
    [
      'a URL of another kind',
      change('http://127.0.0.1:8000/v1/', 'ftp://x/v1'),
      'vouch.yaml:19: upstreams[0].url: expected a URL that starts with http:// or https://, got "ftp://x/v1"',
    ],
    [
      'a URL that is none',
      change('http://127.0.0.1:8000/v1/', 'http://'),
      'upstreams[0].url: expected a URL',
    ],
    [
      'a URL without /v1',
      change('http://127.0.0.1:8000/v1/', 'http://x'),
      'upstreams[0].url: expected an OpenAI base URL, which ends in /v1',
    ],
    [
      'a URL with a password',
      change('http://127.0.0.1:8000/v1/', 'http://me:hunter2@x/v1'),
      'upstreams[0].url: expected a URL without user, password, query or fragment, got "…"',
    ],
    [
      'a URL with a query',
      change('http://127.0.0.1:8000/v1/', 'http://x/v1?key=hunter2'),
      'upstreams[0].url: expected a URL without user, password, query or fragment, got "…"',
    ],
    [
      'no upstream',
      `${good.slice(0, good.indexOf('upstreams:'))}upstreams: []\n`,
      'vouch.yaml:17: upstreams: expected a list with at least one entry, got []',
    ],
    [
      'an upstream that is text',
      `${good.slice(0, good.indexOf('upstreams:'))}upstreams: [x]\n`,
      'vouch.yaml:17: upstreams[0]: expected a mapping, got "x"',
    ],
    [
      'two upstreams with one id',
      good + good.slice(good.indexOf('  - id: plain')),
      'vouch.yaml:26: upstreams[1].id: expected another id than the entries before, got "plain"',
    ],
    [
      'two models with one id',
      good + good.slice(good.indexOf('      - id: org')),
      'vouch.yaml:26: upstreams[0].models[1].id: expected another id than the entries before, got "org/model"',
    ],
    [
      'an id that no header could carry',
      change('id: plain', "id: 'plaïn'"),
      'vouch.yaml:18: upstreams[0].id: expected a name of up to 64 printable ASCII characters without spaces, got "plaïn"',
    ],
    [
      'an id with a line break',
      change('id: plain', 'id: "a\\nb"'),
      'upstreams[0].id: expected a name',
    ],
    [
      'a limit of nothing',
      upstreamWith('limits: { requestsPerMinute: 0 }'),
      'upstreams[0].limits.requestsPerMinute: expected a whole number from 1 to 1000000000, got 0',
    ],
    [
      'an unknown limit',
      upstreamWith('limits: { tokensPerYear: 1 }'),
      'upstreams[0].limits.tokensPerYear: expected one of: requestsPerMinute, tokensPerMinute, concurrency, requestsPerDay, tokensPerDay, spendPerDay',
    ],
    [
      'a region of two words',
      upstreamWith('region: the moon'),
      'upstreams[0].region: expected a name',
    ],
    [
      'a context of nothing',
      change('8192', '0'),
      'upstreams[0].models[0].contextTokensMax: expected a whole number from 1',
    ],
    [
      'a completion beyond the context',
      model('completionTokensMax: 8193'),
      'completionTokensMax: expected no more than contextTokensMax, got 8193',
    ],
    [
      'a price with too many decimals',
      change("'0.05'", "'0.0000001'"),
      'upstreams[0].models[0].price.promptPerMtok: expected an amount with at most 6 decimals',
    ],
    ['a negative price', change("'0.05'", "'-1'"), 'price.promptPerMtok: expected an amount'],
    ['a price in words', change("'0.05'", 'cheap'), 'got "cheap"'],
    [
      'a price that YAML rounded',
      change("'0.05'", '1e-7'),
      'price.promptPerMtok: expected an amount',
    ],
    [
      'no price',
      change("          promptPerMtok: '0.05'\n", ''),
      'price.promptPerMtok: expected an amount, such as "0.25", got nothing',
    ],
    [
      'a key file that is not there',
      change('signingKeyFile: signing.key', 'signingKeyFile: none.key'),
      'vouch.yaml:14: gateway.signingKeyFile: expected a file that can be read, got ',
    ],
    [
      'a key file that is a folder',
      change('signingKeyFile: signing.key', 'signingKeyFile: folder'),
      'gateway.signingKeyFile: expected a file that can be read',
    ],
    [
      'a key file without a key',
      change('signingKeyFile: signing.key', 'signingKeyFile: api.key'),
      'gateway.signingKeyFile: expected a file with a private key (0x and 64 hex digits), got "api.key"',
    ],
    [
      'an API key file with two keys',
      upstreamWith('apiKeyFile: two.key'),
      'upstreams[0].apiKeyFile: expected a file with one key in it, got "two.key"',
    ],
    [
      'an API key file without a key',
      upstreamWith('apiKeyFile: empty.key'),
      'upstreams[0].apiKeyFile: expected a file with one key in it',
    ],
    [
      'a variable that is not set',
      upstreamWith('apiKeyEnv: VOUCH_NO_SUCH'),
      'upstreams[0].apiKeyEnv: expected the name of a variable with a key in it, got "VOUCH_NO_SUCH"',
    ],
    [
      'two sources of a key',
      upstreamWith('apiKeyFile: api.key', 'apiKeyEnv: HOME'),
      'upstreams[0].apiKeyEnv: expected none beside apiKeyFile, got "HOME"',
    ],
    [
      'signing addresses of nobody',
      upstreamWith(`signingAddresses: ['${account('C')}']`),
      'upstreams[0].operator: expected a value, because signingAddresses has one, got nothing',
    ],
    [
      'an operator without addresses',
      upstreamWith(`operator: '${account('B')}'`),
      'upstreams[0].signingAddresses: expected a value, because operator has one, got nothing',
    ],
    [
      'an operator with no address',
      upstreamWith(`operator: '${account('B')}'`, 'signingAddresses: []'),
      'upstreams[0].signingAddresses: expected a list with at least one address, got []',
    ],
    [
      'a signing address that is none',
      upstreamWith(`operator: '${account('B')}'`, "signingAddresses: ['x']"),
      'upstreams[0].signingAddresses[0]: expected an address (0x and 40 digits), got "x"',
    ],
    [
      'a manifest that is no JSON',
      model('manifest: signing.key'),
      'models[0].manifest: expected a JSON file, got "signing.key"',
    ],
    [
      'a claim interval of nothing',
      `${good}claims:\n  everyS: 0\n`,
      'claims.everyS: expected a whole number from 1',
    ],
    ['YAML that is none', 'listen: [', 'vouch.yaml:1: not YAML: '],
    [
      'the same key twice',
      `${good}dataFolder: other\n`,
      'vouch.yaml:26: not YAML: Map keys must be unique',
    ],
    ['an empty file', '', 'vouch.yaml: the file: expected a mapping, got nothing'],
    ['a list', '- a\n- b\n', 'vouch.yaml:1: the file: expected a mapping, got ["a","b"]'],
  ])('%s', (_name, text, expected) => {
    const fault = faultOf(text)
    expect(fault).toContain(expected)
    expect(fault).toMatch(/^vouch\.yaml/)
    expect(fault).not.toContain('\n')
  })

  test('and a secret that stands where a file should is not repeated', () => {
    for (const secret of [signingKey, 'sk-live-hunter2']) {
      const file = faultOf(change('signingKeyFile: signing.key', `signingKeyFile: '${secret}'`))
      const variable = faultOf(upstreamWith(`apiKeyEnv: '${secret}'`))
      for (const fault of [file, variable]) expect(fault).not.toContain(secret)
    }
  })
})
