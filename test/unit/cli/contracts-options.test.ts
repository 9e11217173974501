import { describe, expect, test } from 'vitest'
import { keccak256Utf8 } from '../../../src/chain/keccak.ts'
import { CommandFailure } from '../../../src/cli/command.ts'
import {
  parseCheckOptions,
  parseDeployOptions,
  parseListOptions,
} from '../../../src/cli/contracts-options.ts'
import { zeroBytes32 } from '../../../src/domain/units.ts'

const someAddress = `0x${'Ab'.repeat(20)}`
const needed = ['--rpc', 'http://127.0.0.1:1', '--chain-id', '31337', '--key-file', 'a.key']
const parse = (...more: readonly string[]) => parseDeployOptions([...needed, ...more])

function refusal(parseAll: () => unknown): string {
  try {
    parseAll()
  } catch (error) {
    if (error instanceof CommandFailure && error.exitCode === 2) return error.message
    throw error
  }
  throw new Error('not refused')
}

test('what is not said has its default', () => {
  expect(parse()).toMatchObject({
    rpcUrl: 'http://127.0.0.1:1',
    chainId: 31337,
    keyFile: 'a.key',
    salt: zeroBytes32,
    outFolder: 'deployments',
    dryRun: false,
    yes: false,
    asset: undefined,
    insurance: undefined,
    admin: undefined,
    unbondingDelayS: 604_800,
    amounts: { minStake: '1000' },
  })
  expect(parseCheckOptions(['--rpc', 'https://a.example'])).toEqual({
    rpcUrl: 'https://a.example',
    outFolder: 'deployments',
  })
  expect(parseListOptions([])).toEqual({ chainId: undefined, outFolder: 'deployments' })
})

test('addresses are lowered and a salt is hashed', () => {
  const { admin, salt } = parse('--admin', someAddress, '--salt', 'second')
  expect(admin).toBe(someAddress.toLowerCase())
  expect(salt).toBe(keccak256Utf8('second'))
})

describe('is refused with the option and what it takes', () => {
  const zero = `0x${'0'.repeat(40)}`
  test.each([
    [['--chain-id', '0'], '--chain-id takes a whole number'],
    [['--chain-id', '1e3'], '--chain-id takes a whole number'],
    [['--unbonding-days', '6'], '--unbonding-days takes a whole number from 7'],
    [['--unbonding-days', '7.5'], '--unbonding-days takes a whole number from 7'],
    [['--panel-slash-bps', '2001'], '--panel-slash-bps takes a whole number from 1 to 2000'],
    [['--rpc', 'ws://127.0.0.1'], '--rpc takes the http(s) URL'],
    [['--admin', '0x12'], '--admin takes an address'],
    [['--admin', zero], '--admin takes an address'],
    [['--insurance', zero], '--insurance takes an address'],
    [['--asset', zero], '--asset takes an address'],
    [['--from', someAddress], 'give --key-file or --from, not both'],
  ])('%j', (more, message) => {
    expect(refusal(() => parse(...more))).toContain(message)
  })

  test.each([0, 2, 4])('without what is at %i', (at) => {
    const rest = needed.filter((_, i) => i !== at && i !== at + 1)
    expect(refusal(() => parseDeployOptions(rest))).toContain(`${needed[at]} is needed`)
  })

  test('a word that is no option', () => {
    expect(() => parse('--amin', someAddress)).toThrow(/Unknown option '--amin'/)
    expect(() => parse('now')).toThrow(/Unexpected argument 'now'/)
  })
})
