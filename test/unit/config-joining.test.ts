import { afterAll, describe, expect, test } from 'vitest'
import { keccak256Utf8 } from '../../src/chain/keccak.ts'
import { configWarnings } from '../../src/cli/config-warnings.ts'
import { readJoiningTerms } from '../../src/config-entries.ts'
import { account, faultIn, goodYaml, makeConfigFolder } from '../support/config-folder.ts'

const price = "{ promptPerMtok: '0.05', completionPerMtok: '0.1' }"
const paying = `payouts: { treasury: '${account('7')}', voucherKeyFile: signing.key }\n`
const folder = makeConfigFolder()
afterAll(folder.remove)
folder.write('manifest.json', '{"id": "m", "files": {"b": "2", "a": "1"}}')
const manifestId = keccak256Utf8('{"files":{"a":"1","b":"2"},"id":"m"}')

const reading = (text: string) => folder.read(goodYaml + text)
const read = (text: string) => reading(text).config
const faultOf = (text: string): string => faultIn(() => read(text)).message

describe('the section', () => {
  test('is closed, waits for approval and dials only public https unless it is said otherwise', () => {
    expect(read('').joining).toBeUndefined()
    expect(read('joining: {}\n').joining).toEqual({
      isOpen: false,
      needsApproval: true,
      urls: { allowHttp: false, allowPrivateNetworks: false, hosts: undefined },
      contributorsMax: 100,
      models: [],
      anyModel: undefined,
      rpcUrl: undefined,
    })
  })

  test('pins a model by its manifest, or leaves it to who joins', () => {
    const models = `  models:
    - { id: pinned, manifest: manifest.json, price: ${price} }
    - { id: named, price: ${price} }
`
    const { joining } = read(`${paying}joining:\n  open: true\n${models}`)
    expect(joining?.models).toMatchObject([
      { id: 'pinned', modelId: manifestId, completionAtomicPerMtok: 100_000n },
      { id: 'named', modelId: undefined, cachedPromptAtomicPerMtok: 50_000n },
    ])
  })

  test('needs something that is taken, and something that is paid with', () => {
    const any = `  anyModel: ${price}\n`
    expect(faultOf(`${paying}joining:\n  open: true\n`)).toContain('joining.models: expected what')
    expect(faultOf(`joining:\n  open: true\n${any}`)).toContain(
      'payouts: expected how contributors',
    )
    expect(read(`${paying}joining:\n  open: true\n${any}`).joining?.anyModel).toEqual({
      promptAtomicPerMtok: 50_000n,
      cachedPromptAtomicPerMtok: 50_000n,
      completionAtomicPerMtok: 100_000n,
    })
    expect(faultOf('joining: { models: [{ id: m, manifest: none.json, price: 1 }] }\n')).toContain(
      'joining.models[0].price',
    )
  })

  test('that lets anybody take any name is warned of', () => {
    const any = `${paying}joining:\n  open: true\n  anyModel: ${price}\n`
    const keysOf = (text: string) => configWarnings(reading(text)).map(({ key }) => key)
    expect(keysOf(`${any}  approval: false\n`)).toContain('joining.anyModel')
    expect(keysOf(any)).not.toContain('joining.anyModel')
  })
})

describe('terms', () => {
  const model = {
    id: 'm',
    modelId: `0x${'AB'.repeat(32)}`,
    contextTokensMax: 8192,
    price: { promptPerMtok: '0.05', completionPerMtok: 0.1 },
  }
  const terms = (change: object = {}) =>
    readJoiningTerms(JSON.stringify({ models: [model], ...change }), 6)
  const modelOf = (change: object) => terms({ models: [{ ...model, ...change }] })
  const errorOf = (outcome: ReturnType<typeof terms>) => (outcome.ok ? undefined : outcome.error)

  test('come to what they say, with the rest by default', () => {
    expect(terms()).toEqual({
      ok: true,
      value: {
        url: undefined,
        region: undefined,
        limits: undefined,
        models: [
          {
            id: 'm',
            upstreamId: 'm',
            modelId: `0x${'ab'.repeat(32)}`,
            contextTokensMax: 8192,
            completionTokensMax: 4096,
            endpoints: ['chat/completions'],
            prices: {
              promptAtomicPerMtok: 50_000n,
              cachedPromptAtomicPerMtok: 50_000n,
              completionAtomicPerMtok: 100_000n,
            },
          },
        ],
      },
    })
    expect(modelOf({ contextTokensMax: 1000 })).toMatchObject({
      value: { models: [{ completionTokensMax: 1000 }] },
    })
  })

  test('name a model by its hash or show its manifest, and not both', () => {
    const manifest = { id: 'm', files: { a: '1', b: '2' } }
    const shown = modelOf({ modelId: undefined, manifest })
    expect(shown).toMatchObject({ value: { models: [{ modelId: manifestId }] } })
    expect(errorOf(modelOf({ manifest }))).toContain('none beside modelId')
    expect(errorOf(modelOf({ modelId: undefined }))).toContain('models[0].modelId')
    expect(errorOf(modelOf({ modelId: '0x12' }))).toContain('a hash')
    expect(errorOf(modelOf({ modelId: undefined, manifest: 'm.json' }))).toContain('an object')
    // What a manifest holds is text, whatever it looks like.
    const odd = { id: `\${HOME}`, apiKey: '*x', 'a: b': null, n: 1e21, nested: { deep: [{}] } }
    expect(modelOf({ modelId: undefined, manifest: odd })).toMatchObject({
      value: {
        models: [
          {
            modelId: keccak256Utf8(
              `{"a: b":null,"apiKey":"*x","id":"\${HOME}","n":1e+21,"nested":{"deep":[{}]}}`,
            ),
          },
        ],
      },
    })
  })

  test.each([
    ['an unknown member', { colour: 'red' }, 'colour'],
    ['no model', { models: [] }, 'at least one entry'],
    ['a model twice', { models: [model, model] }, 'another id'],
    ['a URL without /v1', { url: 'https://example.com' }, 'ends in /v1'],
    [
      'a price below nothing',
      { models: [{ ...model, price: { promptPerMtok: '-1', completionPerMtok: '1' } }] },
      'price',
    ],
    [
      'an endpoint that is not counted in tokens',
      { models: [{ ...model, endpoints: ['audio/speech'] }] },
      'endpoints',
    ],
    [
      'a completion longer than the context',
      { models: [{ ...model, completionTokensMax: 9000 }] },
      'no more than contextTokensMax',
    ],
    ['a reference to a variable', { region: `\${HOME}` }, 'region'],
    ['a name that is no name', { models: [{ ...model, id: 'two words' }] }, 'a name'],
  ])('with %s are not taken', (_, change, part) => {
    expect(errorOf(terms(change))).toContain(part)
  })
})
