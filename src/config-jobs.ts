/* Jobs that contracts ask for, and what delivering them may cost. */
import type { PrivateKey } from './chain/private-key.ts'
import { amount, atomicAmount } from './config-amounts.ts'
import { ccipSection } from './config-ccip.ts'
import type { ChainConfig, HomeChainConfig } from './config-chains.ts'
import { type Key, list, type Meaning, ofDefaults, optional, section } from './config-fields.ts'
import { type NamedFiles, readKeyFile } from './config-files.ts'
import { type InfernetConfig, infernetSection } from './config-infernet.ts'
import { address, flag, integer, secretFile, url } from './config-values.ts'
import type { LookupTerms } from './domain/offchain-lookup.ts'
import type { Address, AtomicAmount } from './domain/units.ts'

/** What a delivery may cost against what it is paid; docs/jobs.md has the rule. */
type JobFees = {
  /** Atomic units of the coordinator's asset for one whole native coin, such as one ether. */
  readonly nativePrice: AtomicAmount
  /** What a fee must have beyond its gas, in hundredths. */
  readonly marginPercent: number
  /** Atomic units: what lost races may cost beyond what won ones brought. 0 takes no job that any gateway may answer. */
  readonly raceBudget: AtomicAmount
  /** Above this price of a unit of gas nothing is sent, whatever the fee. */
  readonly gasPriceWeiMax: bigint
  /** Times that a callback is called again which its consumer did not take, out of `raceBudget`. */
  readonly callbackRetries: number
  /** Whether jobs whose time is over are ended, so that their consumers can withdraw, out of `raceBudget`. */
  readonly expiresJobs: boolean
}

/** One chain whose contracts may ask here. */
export type JobChainConfig = {
  readonly chainId: number
  readonly rpcUrl: string
  readonly coordinator: Address
  /** The JobOffers contract, where the gateway says what it takes; undefined: it says nothing. */
  readonly offers: Address | undefined
  /** Blocks, its own included, after which a question is taken for asked. */
  readonly confirmations: number
  /** Where the first look begins; undefined: at the newest block of then. */
  readonly fromBlock: number | undefined
  /** Sends deliveries; undefined: the claim key. */
  readonly privateKey: PrivateKey | undefined
  readonly fees: JobFees
  /** Undefined: consumers written for Infernet are not served. */
  readonly infernet?: InfernetConfig | undefined
}

export type JobsConfig = {
  readonly pollMs: number
  readonly retentionMs: number
  readonly chains: readonly JobChainConfig[]
  /** Undefined: no lookup is answered. */
  readonly lookups?: LookupTerms | undefined
}

type Terms = {
  readonly files: NamedFiles
  readonly home: HomeChainConfig
  readonly chains: readonly ChainConfig[]
}

const gweiDecimals = 9
const msPerHour = 3_600_000

const feesSection: Key<Meaning<{ readonly decimals: number }, JobFees>> = ofDefaults(
  section({
    says: 'What a delivery may cost against what its job pays for it.',
    keys: {
      nativePrice: amount({
        says: "What one whole coin of the chain, such as one ether, is taken to be worth, in whole units of the coordinator's asset. Too high refuses jobs; too low loses money.",
        default: '5000',
      }),
      marginPercent: integer({
        says: 'What the delivery fee must have beyond the gas at the price of now, in percent of it.',
        min: 0,
        max: 10_000,
        default: 25,
      }),
      raceBudget: amount({
        says: 'What lost races may cost in all, beyond what won ones brought, in units of the asset. "0" takes no job that any gateway may answer.',
        default: '0',
      }),
      gasPriceGweiMax: amount({
        says: 'Above this price of a unit of gas, in gwei, nothing is sent.',
        default: '500',
      }),
      callbackRetries: integer({
        says: 'Times that a callback is called again which its consumer did not take, once it would. Nobody pays for it: it is spent out of raceBudget.',
        min: 0,
        max: 100,
        default: 0,
      }),
      expiresJobs: flag({
        says: 'Whether jobs whose time is over are ended on the chain, so that their consumers have the escrow back. Spent out of raceBudget.',
        default: false,
      }),
    },
    read: (fees, { decimals }: { readonly decimals: number }) => ({
      nativePrice: atomicAmount(fees, 'nativePrice', decimals),
      marginPercent: fees.values.marginPercent,
      raceBudget: atomicAmount(fees, 'raceBudget', decimals),
      gasPriceWeiMax: atomicAmount(fees, 'gasPriceGweiMax', gweiDecimals),
      callbackRetries: fees.values.callbackRetries,
      expiresJobs: fees.values.expiresJobs,
    }),
  }),
)

const jobChainSection: Key<Meaning<Terms, JobChainConfig & { readonly id: string }>> = section({
  says: 'One chain whose contracts may ask this gateway.',
  keys: {
    chainId: integer({
      says: 'What eth_chainId must answer.',
      min: 1,
      max: Number.MAX_SAFE_INTEGER,
      examples: [8453],
    }),
    rpcUrl: optional(
      url({
        says: 'JSON-RPC of a node of it. Default: that of the same chain under chain or chains.',
      }),
    ),
    coordinator: address({ says: 'The InferenceCoordinator that contracts ask at.' }),
    offers: optional(
      address({
        says: 'The JobOffers contract, where `vouch jobs offer` says what this gateway takes.',
      }),
    ),
    confirmations: integer({
      says: 'Blocks, its own included, after which a question is taken for asked. 1 answers soonest; a question that a reorganisation takes back was then answered in vain.',
      min: 1,
      max: 1_000,
      default: 1,
    }),
    fromBlock: optional(
      integer({
        says: 'Where the first look begins. Default: the newest block of then. Later ones go on where they were.',
        min: 0,
        max: Number.MAX_SAFE_INTEGER,
      }),
    ),
    keyFile: optional(
      secretFile({
        says: 'The private key of the account that sends deliveries and holds their gas money. Default: the claim key.',
      }),
    ),
    assetDecimals: integer({
      says: "Decimals of the coordinator's asset.",
      min: 0,
      max: 18,
      default: 6,
    }),
    fees: feesSection,
    infernet: optional(infernetSection),
  },
  read: (chain, { files, home, chains }: Terms) => {
    const { values } = chain
    const known = [home, ...chains].find(({ chainId }) => chainId === values.chainId)
    const rpcUrl = values.rpcUrl ?? known?.rpcUrl
    const decimals = values.assetDecimals
    const fees = values.fees({ decimals })
    return {
      id: String(values.chainId),
      chainId: values.chainId,
      rpcUrl:
        rpcUrl ?? chain.refuse('rpcUrl', 'the URL of a node, because no other part names one'),
      coordinator: values.coordinator,
      offers: values.offers,
      confirmations: values.confirmations,
      fromBlock: values.fromBlock,
      privateKey: values.keyFile === undefined ? undefined : readKeyFile(chain, 'keyFile', files),
      fees,
      infernet: values.infernet?.({ decimals, nativePrice: fees.nativePrice }),
    }
  },
})

export const jobsSection: Key<Meaning<Terms, JobsConfig>> = section({
  says: 'Contracts that may ask this gateway. Without it none is answered; docs/jobs.md tells the whole.',
  keys: {
    pollS: integer({
      says: 'How often each chain is asked for new questions, in seconds.',
      min: 1,
      max: 3_600,
      default: 2,
    }),
    retentionHours: integer({
      says: 'How long a job is kept after its end.',
      min: 1,
      max: 87_600,
      default: 720,
    }),
    chains: optional(
      list({
        says: 'The chains whose contracts may ask.',
        of: jobChainSection,
        by: 'chainId',
      }),
    ),
    ccip: optional(ccipSection),
  },
  read: ({ values }, terms: Terms) => ({
    pollMs: values.pollS * 1_000,
    retentionMs: values.retentionHours * msPerHour,
    chains: values.chains?.(terms) ?? [],
    lookups: values.ccip?.(),
  }),
})
