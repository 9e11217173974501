/*
 * Orders of whoever wants to join, as anybody may make them: signed by any key, for any contributor, changed on the way, sent
 * again, at any time, while the registry has anything at all. Whoever joins by one is registered, serves, and signed this very
 * order for this gateway with a key that is active; and exactly that is what is kept.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { ContributorRecord } from '../../src/domain/contributor-record.ts'
import { type Address, address } from '../../src/domain/units.ts'
import type { JoinOrder } from '../../src/joining/joining-step.ts'
import { openSqliteContributors } from '../../src/store/contributor-store-sqlite.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import {
  activeKey,
  type JoiningRig,
  joiningNowMs,
  joiningRig,
  joiningTerms,
  joinOrder,
  offered,
} from '../support/joining.ts'

const keys: readonly PrivateKey[] = Array.from({ length: 4 }, randomPrivateKey)
const operators: readonly Address[] = [0, 1].map((index) => address(`0x${`c${index}`.repeat(20)}`))
const keyAt = (index: number): PrivateKey => keys[index] ?? randomPrivateKey()
const operatorAt = (index: number): Address => operators[index] ?? address(`0x${'00'.repeat(20)}`)

/** What lets somebody join, three times out of four: all of it must come together for anybody to join at all. */
const mostly = <T>(right: T, wrong: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: wrong })

/** Of each operator: whether it serves, and of each key whether it is active, will be, or is none. */
const registered = fc.array(
  fc.record({
    isServing: mostly(true, fc.constant(false)),
    keys: fc.array(mostly('active', fc.constantFrom('later', 'none')), {
      minLength: 4,
      maxLength: 4,
    }),
  }),
  { minLength: 2, maxLength: 2 },
)
const termsOf = fc.constantFrom(
  joiningTerms(),
  joiningTerms({ region: 'eu' }),
  joiningTerms({ models: [offered({ price: { promptPerMtok: 1, completionPerMtok: 1 } })] }),
  joiningTerms({ models: [offered({ id: 'pinned' })] }),
  joiningTerms({ url: 'http://127.0.0.1/v1' }),
)
const tampered = fc.constantFrom<Partial<JoinOrder>>(
  { terms: joiningTerms({ region: 'moon' }) },
  { contributor: address(`0x${'cc'.repeat(20)}`) },
  { nonce: 7 },
  { apiKey: 'k' },
)
type JoinPlace = NonNullable<NonNullable<Parameters<typeof joinOrder>[1]>['place']>
const attempt = fc.record({
  signer: fc.nat({ max: 3 }),
  operator: fc.nat({ max: 1 }),
  terms: termsOf,
  nonceMs: mostly(
    joiningNowMs,
    fc.integer({ min: joiningNowMs - 400_000, max: joiningNowMs + 400_000 }),
  ),
  place: mostly<JoinPlace>(
    {},
    fc.constantFrom({ chainId: 1 }, { gateway: address(`0x${'6b'.repeat(20)}`) }),
  ),
  change: mostly({}, tampered),
  isAgain: fc.boolean(),
})

type Registered = Parameters<typeof registerAll>[1]
type Attempt = typeof attempt extends fc.Arbitrary<infer T> ? T : never

function registerAll(
  { registry }: JoiningRig,
  has: readonly { readonly isServing: boolean; readonly keys: readonly string[] }[],
): void {
  for (const [index, { isServing, keys: states }] of has.entries()) {
    const standing = states.flatMap((state, key) => {
      const fromS = state === 'active' ? 1 : joiningNowMs / 1000 + 3_600
      return state === 'none' ? [] : [activeKey(keyAt(key), fromS)]
    })
    registry.set(operatorAt(index), { isServing, keys: standing, payout: undefined })
  }
}

/** That whoever joined by it may, and that what is kept is what was signed. */
function expectRightful(
  { signer, operator, terms, nonceMs, place, change }: Attempt,
  has: Registered,
  record: ContributorRecord,
): void {
  const standing = has[operator]
  expect(standing?.isServing).toBe(true)
  expect(standing?.keys[signer]).toBe('active')
  expect([change, place]).toEqual([{}, {}])
  expect(Math.abs(nonceMs - joiningNowMs)).toBeLessThan(300_000)
  expect(record.definition).toBe(terms)
  expect(record.joined?.operator).toBe(operatorAt(operator))
  expect(record.joined?.signingAddresses).toContain(addressOfPrivateKey(keyAt(signer)))
  for (const key of record.joined?.signingAddresses ?? []) {
    const index = keys.findIndex((known) => addressOfPrivateKey(known) === key)
    expect(standing?.keys[index]).toBe('active')
  }
}

test('nobody joins by an order but who may, with what it signed, once', async () => {
  let joined = 0
  let refused = 0
  const folder = temporaryFolder()
  const tried = async (has: Registered, attempts: readonly Attempt[]): Promise<void> => {
    const store = openSqliteContributors(`${folder.path}/${joined}-${refused}.db`)
    const rig = joiningRig(store)
    registerAll(rig, has)
    const taken = new Set<string>()
    for (const one of attempts.flatMap((each) => (each.isAgain ? [each, each] : [each]))) {
      const { signer, operator, terms, nonceMs, place, change } = one
      const from = { operator: operatorAt(operator), signingKey: keyAt(signer) }
      const order = { ...joinOrder(from, { terms, nowMs: nonceMs, place }), ...change }
      const outcome = await rig.step.join(order)
      joined += outcome.ok ? 1 : 0
      refused += outcome.ok ? 0 : 1
      if (!outcome.ok) continue
      expectRightful(one, has, outcome.value.record)
      expect(taken.has(order.signature)).toBe(false)
      taken.add(order.signature)
    }
    await store.close()
  }
  const attempts = fc.array(attempt, { minLength: 1, maxLength: 6 })
  await fc.assert(fc.asyncProperty(registered, attempts, tried))
  folder.remove()
  expect(joined).toBeGreaterThan(0)
  expect(refused).toBeGreaterThan(0)
})
