/*
 * Registers a contributor in a process that can be killed. Arguments as JSON: the node, the registry, the account's key, and
 * what is wanted.
 */
import {
  registerContributor,
  type WantedContributor,
} from '../../src/chain/contributor-registration.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { contributorRegistryAt } from '../../src/chain/operator-registry.ts'
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { openSender } from '../../src/chain/transactions.ts'
import type { Address } from '../../src/domain/units.ts'

export type RegisterChildTerms = {
  readonly nodeUrl: string
  readonly chainId: number
  readonly registry: Address
  readonly privateKey: PrivateKey
  readonly wanted: WantedContributor
}

if (process.argv[1] === import.meta.filename) {
  const { nodeUrl, chainId, registry, privateKey, wanted } = JSON.parse(
    process.argv[2] ?? '',
  ) as RegisterChildTerms
  const rpc = jsonRpc(nodeUrl)
  const registered = await registerContributor({
    rpc,
    registry: contributorRegistryAt(registry),
    sender: openSender({ rpc, chainId, privateKey }),
    wanted,
  })
  if (!registered.ok) throw new Error(registered.error.reason)
}
