import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ServedModelConfig } from '../config-upstreams.ts'
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
  /** How many contributors it has of its own. */
  readonly contributors: number
  /** The ids of the models that it serves, by their names. */
  readonly models: Readonly<Record<string, Bytes32>>
  /** Those of them whose answers it can prove. */
  readonly proven: readonly string[]
  /** A key that has gas money and some of the asset. */
  readonly guestKeyFile: string
}

/** Where `vouch dev` keeps what it has, where nobody says otherwise. */
export const devFolder = '.vouch/dev'

const runningFile = (folder: string): string => join(folder, 'running.json')

type DevServed = Pick<ServedModelConfig, 'id' | 'tensors'> & { readonly modelId: Bytes32 }

/** Leaves it in the data folder, whole or not at all. It stays after the end: whoever reads it asks the chain first. */
export function writeRunning(
  folder: string,
  running: {
    readonly gateway: string
    readonly devChain: DevChain
    readonly contributors: number
    readonly models: readonly DevServed[]
  },
): void {
  const { gateway, devChain, contributors } = running
  const models = Object.fromEntries(running.models.map(({ id, modelId }) => [id, modelId]))
  const proven = running.models.filter(({ tensors }) => tensors?.proof !== undefined)
  const { rpcUrl, chainId, contracts, addresses } = devChain
  const document: RunningDev = {
    ...{ gateway, rpcUrl, chainId, contributors, models },
    proven: proven.map(({ id }) => id),
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
