/** A TEE that this gateway runs in, asked for proof of it. */
export type TeeSource = {
  /** `tdx` or `sev_snp`. */
  readonly teeType: string
  /** A quote over these 64 bytes; undefined when the hardware gives none now. */
  readonly quote: (reportData: Uint8Array) => Promise<TeeQuote | undefined>
  /** sha256 of the public key (SPKI) of the TLS certificate that ends in the TEE, 64 hex digits; undefined where none does. */
  readonly tlsSpkiSha256: string | undefined
}

export type TeeQuote = {
  readonly quote: Uint8Array
  /** Boot events that the registers in the quote are the hashes of, as the platform writes them. */
  readonly eventLog?: string | undefined
  /** What was booted, such as dstack's `tcb_info`. */
  readonly info?: Readonly<Record<string, unknown>> | undefined
}
