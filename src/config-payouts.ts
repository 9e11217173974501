import { openClaimAuthorizerAddress } from './chain/open-claims.ts'
import type { PrivateKey } from './chain/private-key.ts'
import { addressOfPrivateKey } from './chain/signatures.ts'
import { amount, atomicAmount } from './config-amounts.ts'
import { atLeastOne, type Key, type Meaning, optional, section } from './config-fields.ts'
import { type NamedFiles, readKeyFile } from './config-files.ts'
import { address, integer, secretFile } from './config-values.ts'
import type { Address, AtomicAmount } from './domain/units.ts'

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

type Terms = { readonly files: NamedFiles; readonly decimals: number }

export const payoutsSection: Key<Meaning<Terms, PayoutsConfig>> = section({
  says: 'How contributors that sign their Work are paid: by vouchers on channels from a treasury. Without it nobody is paid by channel.',
  keys: {
    feeBps: integer({
      says: "What the gateway keeps of each answer's cost, in hundredths of a percent.",
      min: 0,
      max: 10_000,
      default: 1_000,
    }),
    treasury: optional(
      address({
        says: 'The account that payout channels are paid from. Default: that of treasuryKeyFile.',
      }),
    ),
    treasuryKeyFile: optional(
      secretFile({
        says: "File with the treasury's private key. With it channels are opened and topped up by themselves.",
      }),
    ),
    voucherKeyFile: secretFile({ says: 'File with the private key that signs vouchers.' }),
    receiverAuthorizer: address({
      says: 'The OpenClaimAuthorizer contract, by which anyone may claim for a contributor.',
      default: openClaimAuthorizerAddress,
    }),
    withdrawDelayS: integer({
      says: 'How long a contributor has to claim after the treasury began to withdraw, in seconds.',
      min: 900,
      max: 30 * dayS,
      default: 7 * dayS,
    }),
    escrowMin: amount({
      says: 'The least that each channel keeps for answers to come, in units of the asset.',
      default: '5',
    }),
    escrowMax: amount({
      says: 'The most that a channel holds beyond what was earned, in units of the asset; no less than escrowMin.',
      default: '50',
    }),
    whenUnclaimed: amount({
      says: 'As soon as one contributor has this much promised and not yet claimed, the claims of all are relayed; in units of the asset.',
      default: '1',
    }),
    everyS: integer({
      says: 'Nothing that was promised stays unclaimed for longer than this, in seconds.',
      min: 1,
      max: 30 * dayS,
      default: dayS,
    }),
  },
  rules: [atLeastOne('treasury', 'treasuryKeyFile')],
  read: (payouts, { files, decimals }: Terms) => {
    const { values } = payouts
    const treasuryKey =
      values.treasuryKeyFile === undefined
        ? undefined
        : readKeyFile(payouts, 'treasuryKeyFile', files)
    const treasury = values.treasury ?? (treasuryKey && addressOfPrivateKey(treasuryKey))
    const escrowMin = atomicAmount(payouts, 'escrowMin', decimals)
    const escrowMax = atomicAmount(payouts, 'escrowMax', decimals)
    if (escrowMax < escrowMin) payouts.refuse('escrowMax', 'no less than escrowMin')
    return {
      feeBps: values.feeBps,
      treasury: treasury ?? payouts.refuse('treasury', 'an address'),
      treasuryKey,
      voucherKey: readKeyFile(payouts, 'voucherKeyFile', files),
      receiverAuthorizer: values.receiverAuthorizer,
      withdrawDelayS: values.withdrawDelayS,
      escrowMin,
      escrowMax,
      whenUnclaimed: atomicAmount(payouts, 'whenUnclaimed', decimals),
      everyS: values.everyS,
    }
  },
})
