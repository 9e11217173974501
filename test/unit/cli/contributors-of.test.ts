import { expect, test } from 'vitest'
import { hashPriceSheet } from '../../../src/chain/receipt-typed-data.ts'
import { contributorOf } from '../../../src/cli/contributors-of.ts'
import { readYaml } from '../../../src/config-fields.ts'
import { ConfigFault } from '../../../src/config-source.ts'
import { upstreamSection } from '../../../src/config-upstreams.ts'
import { address } from '../../../src/domain/units.ts'

const operator = address(`0x${'a'.repeat(40)}`)
const asset = address(`0x${'b'.repeat(40)}`)
const entry = {
  id: 'lent',
  url: 'https://engine.example/v1/',
  region: 'eu',
  limits: { concurrency: 2 },
  models: [
    {
      id: 'public',
      upstreamId: 'engine/name',
      contextTokensMax: 100,
      price: { promptPerMtok: '0.5', completionPerMtok: 2 },
    },
  ],
}

/** One entry of `upstreams` by itself, as JSON: what a store keeps of a contributor that no file names. */
function read(definition: unknown) {
  const unread = { file: 'a definition', text: JSON.stringify(definition), environment: {} }
  const at = (path: string) => path
  const { value } = readYaml(unread, upstreamSection)
  const files = { resolve: at, at }
  return contributorOf(
    { gateway: { operator }, chain: { asset } },
    value({ files, environment: {}, decimals: 6 }),
  )
}

test('an entry of upstreams is a contributor at the prices of the gateway, in its asset', () => {
  const contributor = read(entry)
  expect(contributor).toMatchObject({
    contributorId: 'lent',
    baseUrl: 'https://engine.example/v1',
    authorization: undefined,
    region: 'eu',
    limits: { concurrencyMax: 2 },
  })
  const [offer] = contributor.offers
  expect(offer).toMatchObject({
    modelName: 'public',
    upstreamModelName: 'engine/name',
    completionTokensMax: 100,
    prices: { operator, asset, promptAtomicPerMtok: 500_000n, completionAtomicPerMtok: 2_000_000n },
  })
  expect(offer?.priceHash).toBe(offer && hashPriceSheet(offer.prices))
})

test('an entry alone is held to what the file is held to', () => {
  expect(() => read({ ...entry, url: 'ftp://engine.example/v1' })).toThrow(ConfigFault)
  expect(() => read({ ...entry, region: `\${HOME}` })).toThrow(/a variable HOME in the environment/)
})
