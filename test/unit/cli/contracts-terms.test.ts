import { describe, expect, test } from 'vitest'
import { InvariantViolation } from '../../../src/base/assert.ts'
import type { JsonRpc } from '../../../src/chain/json-rpc.ts'
import { parseDeployOptions } from '../../../src/cli/contracts-options.ts'
import { readTerms } from '../../../src/cli/contracts-terms.ts'
import { address } from '../../../src/domain/units.ts'
import { deploymentTerms } from '../../support/deployment-terms.ts'

const sender = address(`0x${'11'.repeat(20)}`)
/** The terms with DevUSD follow from the options alone. */
const noNode: JsonRpc = {
  origin: 'no node',
  call: () => Promise.reject(new InvariantViolation('asked a chain')),
}
const read = (...more: readonly string[]) => {
  const options = ['--rpc', 'http://127.0.0.1:1', '--chain-id', '1337', '--key-file', 'a.key']
  return readTerms(noNode, parseDeployOptions([...options, ...more]), sender)
}

test('without options they are the defaults, for the account that sends', async () => {
  expect(await read()).toEqual({ terms: deploymentTerms, assetDecimals: 6 })
})

test('each option sets its own term, amounts by the decimals of the asset', async () => {
  const other = `0x${'22'.repeat(20)}`
  const amounts = ['min-stake', 'non-delivery-penalty', 'inclusion-penalty', 'proof-bond'].concat(
    ['member-bond', 'accuser-bond', 'silence-fine'].map((name) => `panel-${name}`),
  )
  const { terms } = await read(
    ...amounts.flatMap((name, i) => [`--${name}`, `${10 - i}.00000${i}`]),
    ...['insurance', 'admin', 'quote-verifier', 'proof-verifier'].flatMap((name, i) => [
      `--${name}`,
      other.replace('22', `3${i}`),
    ]),
    ...['--unbonding-days', '30', '--panel-slash-bps', '5'],
    ...['--home', `eip155:8453:${other}`],
  )
  expect(terms).toEqual({
    asset: 'DevUSD',
    minStake: 10_000_000n,
    nonDeliveryPenalty: 9_000_001n,
    inclusionPenalty: 8_000_002n,
    proofBond: 7_000_003n,
    panelMemberBond: 6_000_004n,
    panelAccuserBond: 5_000_005n,
    panelSilenceFine: 4_000_006n,
    insurance: other.replace('22', '30'),
    admin: other.replace('22', '31'),
    quoteVerifier: other.replace('22', '32'),
    proofVerifier: other.replace('22', '33'),
    unbondingDelayS: 30 * 86_400,
    panelSlashBps: 5,
    home: { chainId: 8453, verifier: other },
  })
})

test.each(['8453', 'eip155:8453', 'eip155:0:0x', 'eip155:1337:0x', 'solana:1:0x'])(
  "a home of '%s' is refused",
  (text) => {
    const home = text.endsWith('0x') ? `${text}${'22'.repeat(20)}` : text
    expect(() => read('--home', home)).toThrow(
      `--home takes the ReceiptVerifier of another chain as eip155:CHAIN:0x…, not '${home}'`,
    )
  },
)

describe('an amount', () => {
  test.each(['0', '0.0', '-1', '1,5', '1e3', '.5', '1.', '1.0000001', '', '9'.repeat(23)])(
    "'%s' is refused",
    async (text) => {
      await expect(read(`--min-stake=${text}`)).rejects.toMatchObject({
        message: `--min-stake takes an amount of the asset above zero with at most 6 decimals, not '${text}'`,
        exitCode: 2,
      })
    },
  )

  test.each([
    ['0.000001', 1n],
    ['007', 7_000_000n],
    // A uint96 holds 28 digits.
    ['9'.repeat(20), BigInt(`${'9'.repeat(20)}000000`)],
  ])('%s is good', async (text, amount) => {
    expect((await read('--min-stake', text)).terms.minStake).toBe(amount)
  })

  test('a member bond below the fine for silence would leave every jury empty', async () => {
    await expect(
      read('--panel-member-bond', '1', '--panel-silence-fine', '1.000001'),
    ).rejects.toThrow('--panel-member-bond must be at least --panel-silence-fine')
  })
})
