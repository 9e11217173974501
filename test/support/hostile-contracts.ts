/*
 * The hostile contracts of contracts/test/hostile, compiled here: generated modules exist only for what we ship.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import type { InterfaceAbi } from 'ethers'
import type { Hex } from '../../src/base/hex.ts'
import type { Contract } from '../../src/chain/contracts.ts'
import { deployOnce } from '../../src/chain/deployment.ts'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import type { Sender } from '../../src/chain/transactions.ts'
import { expectOk } from './dev-chain.ts'

export type HostileContract = {
  readonly name: string
  readonly abi: InterfaceAbi
  readonly bytecode: Hex
  readonly deployedBytecode: Hex
}

type Compiled = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly abi: InterfaceAbi
            readonly evm: Readonly<
              Record<'bytecode' | 'deployedBytecode', { readonly object: string }>
            >
          }
        >
      >
    >
  >
}

const root = resolve(import.meta.dirname, '../..')

/** Compiles one file under contracts/; takes two seconds, so once for a test file. */
export function compileHostile(path: string): Readonly<Record<string, HostileContract>> {
  const solc = createRequire(import.meta.url)('solc') as {
    readonly compile: (
      input: string,
      readers: {
        readonly import: (path: string) => { readonly contents?: string; readonly error?: string }
      },
    ) => string
  }
  const input = {
    language: 'Solidity',
    sources: { [path]: { content: readSource(path) } },
    settings: {
      evmVersion: 'cancun',
      outputSelection: {
        '*': { '*': ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] },
      },
    },
  }
  const read = (wanted: string) => ({ contents: readSource(wanted) })
  const compiled = JSON.parse(solc.compile(JSON.stringify(input), { import: read })) as Compiled
  const fault = compiled.errors?.find(({ severity }) => severity === 'error')
  if (fault !== undefined) throw new Error(fault.formattedMessage)
  return Object.fromEntries(
    Object.entries(compiled.contracts[path] ?? {}).map(([name, { abi, evm }]) => [
      name,
      {
        name,
        abi,
        bytecode: `0x${evm.bytecode.object}` as Hex,
        deployedBytecode: `0x${evm.deployedBytecode.object}` as Hex,
      },
    ]),
  )
}

const readSource = (path: string): string =>
  readFileSync(
    path.startsWith('solady/')
      ? resolve(root, 'node_modules/solady/src', path.slice('solady/'.length))
      : resolve(root, 'contracts', path),
    'utf8',
  )

/** Puts one of them on the chain. */
export async function deployHostile(
  { rpc, sender }: { readonly rpc: JsonRpc; readonly sender: Sender },
  hostile: HostileContract | undefined,
  args: readonly unknown[] = [],
): Promise<Contract> {
  if (hostile === undefined) throw new Error('no such contract')
  const address = expectOk(await deployOnce(rpc, sender, { ...hostile, args }))
  return { name: hostile.name, address, abi: hostile.abi }
}
