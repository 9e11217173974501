import type { Hex } from '../base/hex.ts'
import type { Address, Bytes32 } from './units.ts'

/* What a contract asks at once, by way of whoever called it (EIP-3668; docs/ccip.md). */

/** A call of `infer(bytes32 modelId, bytes input)`. */
export type Lookup = {
  /** The contract that the client says it called. Nothing proves it. */
  readonly sender: Address
  readonly modelId: Bytes32
  readonly input: Buffer
}

export type LookupAnswer = {
  readonly content: Buffer
  /** `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`. */
  readonly packed: Hex
  readonly receiptId: Bytes32
}

/** Who pays for lookups, and what evidence its answers have beside a contributor's signature. */
export type LookupSponsor = {
  readonly payer:
    | { readonly kind: 'key'; readonly apiKeyId: string }
    | { readonly kind: 'account'; readonly channelId: Bytes32 }
  readonly attestation: 'signed' | 'zk'
}

export type LookupTerms = {
  /** How long an answer is given again to the same question. */
  readonly cacheMs: number
  /** Undefined: only the senders below are served. */
  readonly anyone: LookupSponsor | undefined
  readonly senders: ReadonlyMap<Address, LookupSponsor>
}
