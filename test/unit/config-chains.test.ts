import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { limitIn } from '../../src/config-assets.ts'
import { atomic } from '../../src/domain/units.ts'
import { account, faultIn, goodYaml, makeConfigFolder } from '../support/config-folder.ts'

const folder = makeConfigFolder()
afterAll(folder.remove)

const read = (text: string) => {
  const { chains, assets: taken, fx: quotes } = folder.read(goodYaml + text).config
  return { chains, assets: taken, fx: quotes }
}
const abroad = `chains:
  - rpcUrl: http://127.0.0.1:8547
    chainId: 10
`
const assets = (lines: string) =>
  `${abroad}assets:\n  - ${lines.trim().split('\n').join('\n    ')}\n`
const dollar = `chainId: 10\naddress: '${account('a')}'\ndecimals: 18`
const quoted = `${dollar}\nquotedBy: '${account('9')}'\nunitsPerHomeUnit: '0.0003'`
const fx = 'fx:\n  url: http://127.0.0.1:9000/quotes\n'

describe('other chains and assets', () => {
  test('are none where nothing is said', () => {
    expect(read('')).toEqual({ chains: [], assets: [], fx: undefined })
  })

  test('default to what the home chain defaults to, and to par', () => {
    const { chains, assets: taken } = read(assets(dollar))
    expect(chains).toMatchObject([
      {
        chainId: 10,
        confirmations: 12,
        feeWeiMax: 500_000_000_000n,
        settlement: '0x4020074e9df2ce1dee5a9c1b5c3f541d02a10003',
        collector: '0x4020806089470a89826cb9fb1f4059150b550004',
        payoutAuthorizer: undefined,
      },
    ])
    expect(taken).toMatchObject([
      { chainId: 10, decimals: 18, haircutBps: 0, rate: 'par', domain: undefined },
    ])
  })

  test('may be worth what somebody signs', () => {
    const money = read(`${assets(`${quoted}\nname: Ether\nversion: '1'\nhaircutBps: 50`)}${fx}`)
    expect(money.assets).toMatchObject([
      {
        rate: { quotedBy: account('9') },
        haircutBps: 50,
        domain: { name: 'Ether', version: '1' },
        unitsPerHomeUnitE6: 300n,
      },
    ])
    expect(money.fx).toEqual({
      source: { url: 'http://127.0.0.1:9000/quotes' },
      everyS: 10,
      quoteAgeMaxS: 60,
    })
    expect(read(`fx:\n  file: quotes.json\n`).fx?.source).toEqual({
      file: join(folder.path, 'quotes.json'),
    })
  })

  test.each([
    ['the home chain again', abroad.replace('10', '31337'), 'chains[0].chainId: expected another'],
    ['a chain twice', abroad + abroad.slice(8), 'another chainId than the entries before'],
    ['an asset of no chain', assets(dollar.replace('10', '11')), 'one of the chains of this file'],
    [
      'the home asset',
      assets(dollar.replace('10', '31337').replaceAll('a'.repeat(40), '4'.repeat(40))),
      'another asset than chain.asset',
    ],
    ['all of it as a haircut', assets(`${dollar}\nhaircutBps: 10000`), 'from 0 to 9999'],
    [
      'half a domain',
      assets(`${dollar}\nname: Ether`),
      'version: expected a value, because name has one',
    ],
    ['quotes from nowhere', assets(quoted), 'fx: expected where the quotes of assets come from'],
    [
      'limits that nobody can count',
      assets(quoted.replace("unitsPerHomeUnit: '0.0003'", '')) + fx,
      'unitsPerHomeUnit: expected a value, because quotedBy has one',
    ],
    ['a limit of nothing', assets(`${dollar}\nunitsPerHomeUnit: 0`), 'more than nothing'],
    ['quotes that are older', `${fx}  quoteAgeMaxS: 61\n`, 'a whole number from 1 to 60'],
    ['two sources', `${fx}  file: quotes.json\n`, 'none beside url'],
  ])('%s is told', (_name, text, expected) => {
    expect(faultIn(() => read(text)).message).toContain(expected)
  })
})

test('limits are counted in the asset that they are about, and never come to nothing', () => {
  const [ether] = read(assets(quoted) + fx).assets ?? []
  const [par] = read(assets(dollar)).assets ?? []
  if (ether === undefined || par === undefined) throw new Error('two assets')
  expect(limitIn(par, atomic(5_000_000n), 6)).toBe(5n * 10n ** 18n)
  expect(limitIn(ether, atomic(1_000_000n), 6)).toBe(3n * 10n ** 14n)
  const coarse = { ...ether, decimals: 0 }
  expect(limitIn(coarse, atomic(1n), 6)).toBe(1n)
  expect(limitIn(coarse, atomic(0n), 6)).toBe(0n)
  expect(limitIn(par, atomic(2n ** 128n - 1n), 6)).toBe(2n ** 128n - 1n)
})
