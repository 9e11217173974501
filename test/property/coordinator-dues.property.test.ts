import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ContractJobRecord } from '../../src/contributor/contract-job-record.ts'
import {
  mayRiskMore,
  type SettledDues,
  settleDues,
} from '../../src/contributor/coordinator-dues.ts'
import { address, atomic, bytes32, unixSeconds, zeroBytes32 } from '../../src/domain/units.ts'

const gateways = [1, 2].map((number) => address(`0x${String(number).repeat(40)}`))
const limit = atomic(1_000n)
const worthMax = 300

const record = (
  number: number,
  gateway: number,
  worth: bigint,
  fee: bigint,
): ContractJobRecord => ({
  jobId: bytes32(`0x${number.toString(16).padStart(64, '0')}`),
  gateway: gateways[gateway] ?? address(`0x${'9'.repeat(40)}`),
  chainId: 1,
  coordinator: address(`0x${'c'.repeat(40)}`),
  inputHash: zeroBytes32,
  atBlock: 0,
  keepUntilS: unixSeconds(1),
  fee: atomic(fee),
  worth: atomic(worth),
})

const anyStep = fc.record({
  kind: fc.constantFrom('ask', 'ask', 'ask', 'pay', 'lose'),
  gateway: fc.integer({ min: 0, max: 1 }),
  worth: fc.bigInt({ min: 100n, max: BigInt(worthMax) }),
})

const counted = { begun: 0, refused: 0, paid: 0 }

/** Begins what may be begun, whatever gateways do with it. */
class Contributor {
  #atRisk: readonly ContractJobRecord[] = []
  settled: readonly SettledDues[] = []

  ask(one: ContractJobRecord): void {
    const dues = { atRisk: this.#atRisk, settled: this.settled, limit }
    const isBegun = mayRiskMore(one.gateway, dues)
    counted[isBegun ? 'begun' : 'refused'] += 1
    if (isBegun) this.#atRisk = [...this.#atRisk, one]
  }

  end(gateway: ContractJobRecord['gateway'], end: 'paid' | 'lost'): void {
    const due = this.#atRisk.find((open) => open.gateway === gateway)
    if (due === undefined) return
    counted.paid += end === 'paid' ? 1 : 0
    this.#atRisk = this.#atRisk.filter((open) => open !== due)
    this.settled = settleDues(this.settled, [{ record: due, end }])
  }
}

test('D2: a gateway costs the limit, a tenth of what it paid, and one job', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 60, maxLength: 120 }), (steps) => {
      const one = new Contributor()
      for (const [number, { kind, gateway, worth }] of steps.entries()) {
        const job = record(number, gateway, worth, 2n * worth)
        if (kind === 'ask') one.ask(job)
        else one.end(job.gateway, kind === 'pay' ? 'paid' : 'lost')
      }
      for (const { paidAmount, lostWorth } of one.settled) {
        expect(lostWorth).toBeLessThan(limit + paidAmount / 10n + BigInt(worthMax))
      }
      const named = one.settled.map(({ gateway }) => gateway)
      expect(new Set(named).size).toBe(named.length)
    }),
  )
  for (const count of Object.values(counted)) expect(count).toBeGreaterThan(0)
})
