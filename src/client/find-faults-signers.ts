import { ok, type Result } from '../base/result.ts'
import type { ChainFailure } from '../chain/chain-failure.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { readSigningKey } from '../chain/receipt-verifier-contract.ts'
import type { FaultContracts } from '../chain/slashing-contract.ts'
import type { Address } from '../domain/units.ts'
import { confirmedByWallet } from './fault-facts.ts'
import type { FaultStatement } from './fault-statements.ts'
import type { SpeaksFor } from './find-faults.ts'
import { readSigner } from './recover-signers.ts'

/** Without a chain: nobody says whose key it is, so only what one and the same key signed is compared. */
export const speaksForItself: SpeaksFor = async ({ digest, signature }) => {
  const signer = readSigner(digest, signature)
  return signer.kind === 'key' ? { name: signer.address, key: signer.address } : undefined
}

/**
 * By the registries: all keys that were registered when they signed speak for their operator. Each key is looked up once. A
 * node that does not answer is `onFailure`'s, and the signature counts for nothing.
 */
export function speaksByRegistry(
  rpc: JsonRpc,
  contracts: FaultContracts,
  onFailure: (failure: ChainFailure) => void,
): SpeaksFor {
  const epochs = new Map<string, ReturnType<typeof readSigningKey>>()
  const epochOf = ({ role, operator }: FaultStatement, key: Address) => {
    const name = `${role} ${operator} ${key}`
    const known =
      epochs.get(name) ?? readSigningKey(rpc, contracts[`${role}s`].address, { operator, key })
    epochs.set(name, known)
    return known
  }
  const isSigned = async (statement: FaultStatement): Promise<Result<boolean, ChainFailure>> => {
    const { digest, signature, atS } = statement
    const signer = readSigner(digest, signature)
    if (signer.kind === 'absent' || signer.kind === 'invalid') return ok(false)
    const epoch = await epochOf(statement, signer.address)
    if (!epoch.ok) return epoch
    const { activeFrom, revokedAt } = epoch.value
    const isActive = activeFrom !== 0n && activeFrom <= atS && (revokedAt === 0n || atS < revokedAt)
    if (!isActive || signer.kind === 'key') return ok(isActive)
    return confirmedByWallet(rpc, signer.address, statement)
  }
  return async (statement) => {
    const signed = await isSigned(statement)
    if (!signed.ok) onFailure(signed.error)
    const signer = readSigner(statement.digest, statement.signature)
    const key = 'address' in signer ? signer.address : undefined
    if (key === undefined || !signed.ok || !signed.value) return undefined
    return { name: 'registered', key }
  }
}
