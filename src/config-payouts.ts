import { openClaimAuthorizerAddress } from './chain/open-claims.ts'
import type { PrivateKey } from './chain/private-key.ts'
import { addressOfPrivateKey } from './chain/signatures.ts'
import type { ConfigFields } from './config-fields.ts'
import { type Address, type AtomicAmount, atomic } from './domain/units.ts'

/** How contributors are paid. */
export type PayoutsConfig = {
  /** What the gateway keeps of each answer's cost, in hundredths of a percent. */
  readonly feeBps: number
  /** The `payer` of every payout channel. */
  readonly treasury: Address
  /** Signs deposits; without it the treasury's owner makes them. */
  readonly treasuryKey: PrivateKey | undefined
  /** Signs vouchers. */
  readonly voucherKey: PrivateKey
  readonly receiverAuthorizer: Address
  readonly withdrawDelayS: number
  readonly escrowMin: AtomicAmount
  readonly escrowMax: AtomicAmount
  readonly whenUnclaimed: AtomicAmount
  readonly everyS: number
}

const dayS = 86_400

export function readPayouts(
  fields: ConfigFields,
  terms: {
    readonly decimals: number
    readonly readKeyFile: (fields: ConfigFields, key: string) => PrivateKey
  },
): PayoutsConfig {
  const { decimals, readKeyFile } = terms
  const treasuryKey = fields.has('treasuryKeyFile')
    ? readKeyFile(fields, 'treasuryKeyFile')
    : undefined
  const escrowMin = atomic(fields.amount('escrowMin', decimals, '5'))
  const escrowMax = atomic(fields.amount('escrowMax', decimals, '50'))
  if (escrowMax < escrowMin) fields.fail('escrowMax', 'no less than escrowMin', String(escrowMax))
  return {
    feeBps: fields.integer('feeBps', { min: 0, max: 10_000 }, 1_000),
    treasury: fields.address(
      'treasury',
      treasuryKey === undefined ? undefined : addressOfPrivateKey(treasuryKey),
    ),
    treasuryKey,
    voucherKey: readKeyFile(fields, 'voucherKeyFile'),
    receiverAuthorizer: fields.address('receiverAuthorizer', openClaimAuthorizerAddress),
    withdrawDelayS: fields.integer('withdrawDelayS', { min: 900, max: 30 * dayS }, 7 * dayS),
    escrowMin,
    escrowMax,
    whenUnclaimed: atomic(fields.amount('whenUnclaimed', decimals, '1')),
    everyS: fields.integer('everyS', { min: 1, max: 30 * dayS }, dayS),
  }
}
