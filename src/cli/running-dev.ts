import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DevChain } from '../dev/bootstrap-chain.ts'
import type { Address, Bytes32 } from '../domain/units.ts'
import { guestKeyPath } from './write-guest-key.ts'

/** What a contract and whoever deploys it need to know of a `vouch dev`; docs/consumers.md lists the members. */
export type RunningDev = {
  /** Where its gateway is, without `/v1`. */
  readonly gateway: string
  readonly rpcUrl: string
  readonly chainId: number
  /** Of the gateway: the account that jobs name. */
  readonly operator: Address
  readonly coordinator: Address
  /** What jobs are paid in; anybody may mint it. */
  readonly asset: Address
  readonly modelProofs: Address
  /** The ids of the models that it serves, by their names. */
  readonly models: Readonly<Record<string, Bytes32>>
  /** A key that has gas money and some of the asset. */
  readonly guestKeyFile: string
}

const runningFile = (folder: string): string => join(folder, 'running.json')

/** Leaves it in the data folder, whole or not at all. It stays after the end: whoever reads it asks the chain first. */
export function writeRunning(
  folder: string,
  running: {
    readonly gateway: string
    readonly devChain: DevChain
    readonly models: readonly { readonly id: string; readonly modelId: Bytes32 }[]
  },
): void {
  const { gateway, devChain } = running
  const models = Object.fromEntries(running.models.map(({ id, modelId }) => [id, modelId]))
  const { rpcUrl, chainId, contracts, addresses } = devChain
  const document: RunningDev = {
    ...{ gateway, rpcUrl, chainId, models },
    operator: addresses.gatewayOperator,
    coordinator: contracts.coordinator,
    asset: contracts.asset,
    modelProofs: contracts.modelProofs,
    guestKeyFile: resolve(guestKeyPath(folder)),
  }
  const path = runningFile(folder)
  writeFileSync(`${path}.new`, `${JSON.stringify(document, undefined, 2)}\n`)
  renameSync(`${path}.new`, path)
}

/** What the last `vouch dev` in that folder left; undefined where there was none. */
export function readRunning(folder: string): RunningDev | undefined {
  const path = runningFile(folder)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunningDev) : undefined
}
