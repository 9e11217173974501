import type { Address, Bytes32 } from './units.ts'

/** A contributor that did not come from the configuration file, as it is kept. Everything but its key can be read by all. */
export type ContributorRecord = {
  /** `contributorIdOf(baseUrl, keyId)`: the same place and key name are the same contributor for ever. */
  readonly contributorId: string
  /** OpenAI base URL, ending in `/v1`. */
  readonly baseUrl: string
  /** What whoever added it calls the key there, such as `team-2`. */
  readonly keyId: string
  /** JSON of an `upstreams` entry as vouch.yaml has it, without its key. */
  readonly definition: string
  /** The API key, encrypted for this record alone (store/api-key-seal.ts); empty where the contributor needs none. */
  readonly sealedKey: string
  /** A record that waits for the operator's word is asked for nothing. */
  readonly status: 'pending' | 'live'
  /** Who lent the key; undefined where the operator added it. */
  readonly lender: Lender | undefined
  /** Of a registered contributor that joined by its own order; undefined for all others. */
  readonly joined?: Membership | undefined
  readonly createdAtMs: number
  readonly changedAtMs: number
}

export type Membership = {
  /** Its account in the ContributorRegistry. */
  readonly operator: Address
  /** Keys that signed its orders to join, the newest last; which of them may sign now, the registry says. */
  readonly signingAddresses: readonly Address[]
  /** What it serves: no two who joined give one name to two models. */
  readonly serves: readonly { readonly id: string; readonly modelId: Bytes32 }[]
}

type Lender = {
  /** The wallet whose signature the lender's orders carry. */
  readonly wallet: Address
  /** Where what the key earns goes. */
  readonly payout: Address
}

/** What the operator said about a contributor, or was seen of it, whether it is kept here or stands in the file. */
export type ContributorMark = {
  readonly contributorId: string
  /** Gets no new request. */
  readonly isDrained: boolean
  /** Joined by itself and signed what did not happen, as some gateway saw: gets no new request either. */
  readonly isForger?: boolean | undefined
  /** When the operator last vouched for it; 0 for never. Whatever was held against it before is forgotten. */
  readonly readmittedAtMs: number
}

/** Everything that is kept, as of one moment. */
export type ContributorBook = {
  /** Rises with every change. */
  readonly version: number
  readonly records: ReadonlyMap<string, ContributorRecord>
  readonly marks: ReadonlyMap<string, ContributorMark>
}
