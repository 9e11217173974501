import { parallelRequestsMax } from './base/limits.ts'
import { canonicalCollectorAddress } from './chain/channel-settlement.ts'
import type { PrivateKey } from './chain/private-key.ts'
import { amount, atomicAmount } from './config-amounts.ts'
import { type Key, type Meaning, ofDefaults, optional, section } from './config-fields.ts'
import { type NamedFiles, readKeyFile } from './config-files.ts'
import { address, addresses, integer, origins, secretFile, text } from './config-values.ts'
import type { Address, AtomicAmount } from './domain/units.ts'

export type ListenConfig = {
  readonly host: string
  readonly port: number
  /** Whose pages may ask; `*`: everybody's. */
  readonly browserOrigins: readonly string[]
}

export type OperatorConfig = {
  /** The registered operator whose signing key signs receipts. */
  readonly operator: Address
  readonly signingKey: PrivateKey
  /** Where claimed money goes; the channels' `receiver`. */
  readonly receiver: Address
  /** Sends the claims; its address is the channels' `receiverAuthorizer`. */
  readonly claimKey: PrivateKey
  readonly withdrawDelayMinS: number
}

export type ClaimsConfig = {
  readonly whenUnclaimed: AtomicAmount
  readonly everyS: number
  readonly settleWhenClaimed: AtomicAmount
  readonly settleEveryS: number
}

export type DepositsConfig = {
  /** Takes deposits for an ERC-3009 signature. */
  readonly collector: Address
  readonly minimum: AtomicAmount
  readonly perPayerPerHour: number
  /** A deposit up to this is credited by its first block… */
  readonly atOnceMax: AtomicAmount
  /** …while all such deposits of an hour stay within this. */
  readonly atOncePerHour: AtomicAmount
  readonly deniedPayers: readonly Address[]
}

export type X402Config = {
  /** Requests that one voucher may pay for at a time where the client does not say. */
  readonly parallel: number
  /** The least that a transfer for one request must bring. */
  readonly exactMinimum: AtomicAmount
}

/** Of the asset that amounts are written in. */
type Decimals = { readonly decimals: number }

const dayS = 86_400

export const listenSection: Key<Meaning<void, ListenConfig>> = ofDefaults(
  section({
    says: 'Where the gateway listens.',
    keys: {
      host: text({
        says: 'Address to listen on. By default nobody outside this machine reaches it; behind a reverse proxy leave it so.',
        default: '127.0.0.1',
      }),
      port: integer({ says: 'TCP port; 0 takes a free one.', min: 0, max: 65_535, default: 8787 }),
      browserOrigins: optional(
        origins({
          says: 'Origins whose pages may ask this gateway from a browser, or *. By default no page may.',
        }),
      ),
    },
    read: ({ values }) => ({ ...values, browserOrigins: values.browserOrigins ?? [] }),
  }),
)

export const operatorSection: Key<Meaning<NamedFiles, OperatorConfig>> = section({
  says: 'In whose name receipts are signed, and who claims.',
  keys: {
    operator: address({ says: 'The registered account in whose name receipts are signed.' }),
    signingKeyFile: secretFile({
      says: 'File with the private key that signs receipts (0x and 64 hex digits).',
    }),
    receiver: address({ says: 'Where claimed money goes.' }),
    claimKeyFile: secretFile({
      says: 'File with the private key that sends claims; it needs gas money.',
    }),
    withdrawDelayMinS: integer({
      says: 'The shortest withdrawDelay of a channel that is accepted, in seconds: the time to claim after a payer started to withdraw.',
      min: 900,
      max: 30 * dayS,
      default: 3600,
    }),
  },
  read: (gateway, files: NamedFiles) => ({
    operator: gateway.values.operator,
    signingKey: readKeyFile(gateway, 'signingKeyFile', files),
    receiver: gateway.values.receiver,
    claimKey: readKeyFile(gateway, 'claimKeyFile', files),
    withdrawDelayMinS: gateway.values.withdrawDelayMinS,
  }),
})

export const claimsSection: Key<Meaning<Decimals, ClaimsConfig>> = ofDefaults(
  section({
    says: 'When what payers owe is claimed and paid out.',
    keys: {
      whenUnclaimed: amount({
        says: 'A channel is claimed as soon as this much was charged and not yet claimed, in units of the asset.',
        default: '1',
      }),
      everyS: integer({
        says: 'Nothing stays unclaimed for longer than this, in seconds.',
        min: 1,
        max: 30 * dayS,
        default: 6 * 3600,
      }),
      settleWhenClaimed: amount({
        says: 'What is claimed is paid out to gateway.receiver as soon as it is this much, in units of the asset.',
        default: '50',
      }),
      settleEveryS: integer({
        says: 'Nothing that is claimed stays unpaid for longer than this, in seconds.',
        min: 1,
        max: 30 * dayS,
        default: dayS,
      }),
    },
    read: (claims, { decimals }: Decimals) => ({
      ...claims.values,
      whenUnclaimed: atomicAmount(claims, 'whenUnclaimed', decimals),
      settleWhenClaimed: atomicAmount(claims, 'settleWhenClaimed', decimals),
    }),
  }),
)

export const depositsSection: Key<Meaning<Decimals, DepositsConfig>> = ofDefaults(
  section({
    says: 'Deposits that payers sign and the gateway sends, paying the gas.',
    keys: {
      collector: address({
        says: "The contract that takes deposits for an ERC-3009 signature. Default: x402's canonical one.",
        default: canonicalCollectorAddress,
      }),
      minimum: amount({
        says: 'A smaller deposit is not sent, in units of the asset.',
        default: '1',
      }),
      perPayerPerHour: integer({
        says: 'So many deposits of one payer are sent within an hour.',
        min: 1,
        max: 3600,
        default: 10,
      }),
      atOnceMax: amount({
        says: 'A deposit up to this is credited by its first block, in units of the asset.',
        default: '5',
      }),
      atOncePerHour: amount({
        says: 'All deposits of an hour that are credited by their first block stay within this, in units of the asset.',
        default: '100',
      }),
      deniedPayers: optional(addresses({ says: 'Accounts for which nothing is sent.' })),
    },
    read: (deposits, { decimals }: Decimals) => ({
      ...deposits.values,
      minimum: atomicAmount(deposits, 'minimum', decimals),
      atOnceMax: atomicAmount(deposits, 'atOnceMax', decimals),
      atOncePerHour: atomicAmount(deposits, 'atOncePerHour', decimals),
      deniedPayers: deposits.values.deniedPayers ?? [],
    }),
  }),
)

export const x402Section: Key<Meaning<Decimals, X402Config>> = ofDefaults(
  section({
    says: 'Payments that come with a request instead of a key.',
    keys: {
      parallel: integer({
        says: 'So many requests may be under way with one voucher where the client does not say.',
        min: 1,
        max: parallelRequestsMax,
        default: 1,
      }),
      exactMinimum: amount({
        says: 'A transfer for one request must bring at least this, in units of the asset.',
        default: '0.01',
      }),
    },
    read: (x402, { decimals }: Decimals) => ({
      parallel: x402.values.parallel,
      exactMinimum: atomicAmount(x402, 'exactMinimum', decimals),
    }),
  }),
)
