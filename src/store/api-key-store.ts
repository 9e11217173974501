import type { Result } from '../base/result.ts'
import type { ApiKey, KeyOrder } from '../domain/api-key.ts'
import type { KeyOrderRefusal } from '../domain/refusal.ts'
import type { Bytes32 } from '../domain/units.ts'

/**
 * The keys of a gateway. They change rarely and are read for every request: a change by any process is seen by the next
 * look-up. What resolves is durable. Implementations are held to each other by test/conformance/api-key-store.test.ts.
 *
 * Invariants:
 *   (1) a key hash is inserted or granted once for ever, and a revoked key stays revoked;
 *   (2) of one channel, an owner's order is executed only when its nonce is above that of every order executed before.
 */
export type ApiKeyStore = {
  /** A store in this process answers at once; an await would cost each request a turn. Rejects with StoreFailure. */
  readonly find: (keyHash: string) => ApiKey | undefined | Promise<ApiKey | undefined>
  /** By its public name, where whoever holds the key is not there: somebody in the configuration pays with it. */
  readonly named: (apiKeyId: string) => Promise<ApiKey | undefined>
  /** Oldest first; of one channel, or all. */
  readonly list: (channelId?: Bytes32) => Promise<readonly ApiKey[]>
  /** The operator's own word, without a nonce. False when the hash or the id is taken. */
  readonly insert: (key: ApiKey) => Promise<boolean>
  /** The operator's own word. False when no key has that id or it was revoked before. */
  readonly revoke: (apiKeyId: string, nowMs: number) => Promise<boolean>
  /** Executes an owner's grant: key and nonce, both or neither. */
  readonly grant: (key: ApiKey, nonce: number) => Promise<Result<ApiKey, KeyOrderRefusal>>
  /** Executes an owner's revocation: key and nonce, both or neither. Answers the key as it is afterwards. */
  readonly revokeByOwner: (
    order: KeyOrder,
    nowMs: number,
  ) => Promise<Result<ApiKey, KeyOrderRefusal>>
  /** Of the channel's last executed order; 0 before the first. */
  readonly lastNonce: (channelId: Bytes32) => Promise<number>
  readonly close: () => Promise<void>
}
