import type { Sha256 } from './content-id.ts'

/**
 * Another place where a store's files lie: `blobs/sha256/<digest>` and `index.json`. Nothing that comes from one is believed before
 * it was hashed; only which modelId a name stands for is the mirror's word.
 */
export type Mirror = {
  /** As a person wrote it, without credentials. */
  readonly place: string
  /** Undefined: it is not there. */
  readonly sizeOf: (key: string) => Promise<number | undefined>
  readonly read: (key: string, fromByte: number) => AsyncIterable<Uint8Array>
  /** Undefined where it can only be read. */
  readonly write?: ((file: Outgoing) => Promise<void>) | undefined
}

export type Outgoing = {
  readonly key: string
  readonly bytes: number
  /** Undefined for what may change, such as the index: it is never half there. */
  readonly sha256: Sha256 | undefined
  readonly read: (fromByte: number, toByte: number) => Promise<Uint8Array>
  /** Told how many bytes the mirror has. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

export const indexKey = 'index.json'
export const blobKey = (sha256: Sha256): string => `blobs/sha256/${sha256}`
