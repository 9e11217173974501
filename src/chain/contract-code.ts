/*
 * Whether the code of this version of Vouch is what stands at an address. The constructor is run again by eth_call with the
 * arguments that the contract reports, and what it would leave behind is compared with the code that is there: so nobody who
 * deploys a contract needs to be believed about it.
 */
import type { Hex } from '../base/hex.ts'
import { ok, type Result } from '../base/result.ts'
import type { Address } from '../domain/units.ts'
import type { ChainFailure } from './chain-failure.ts'
import { type Contract, codeAt, encodeConstructor, readContract } from './contracts.ts'
import type { JsonRpc } from './json-rpc.ts'

export type CodeSource = Pick<Contract, 'name' | 'abi'> & { readonly bytecode: Hex }

/** What each of these functions without arguments returns first. */
export async function readValues(
  rpc: JsonRpc,
  contract: Contract,
  functionNames: readonly string[],
): Promise<Result<readonly unknown[], ChainFailure>> {
  const answers = await Promise.all(
    functionNames.map((functionName) => readContract(rpc, { contract, functionName, args: [] })),
  )
  const values: unknown[] = []
  for (const answer of answers) {
    if (!answer.ok) return answer
    values.push(answer.value[0])
  }
  return ok(values)
}

/** `args` are the constructor's. */
export async function runsCode(
  rpc: JsonRpc,
  claim: {
    readonly source: CodeSource
    readonly place: Address
    readonly args: readonly unknown[]
  },
): Promise<Result<boolean, ChainFailure>> {
  const { abi, bytecode } = claim.source
  const args = await encodeConstructor(abi, claim.args)
  const data = `${bytecode}${args.slice(2)}`
  const [expected, actual] = await Promise.all([
    rpc.call('eth_call', [{ data }, 'latest']),
    codeAt(rpc, claim.place),
  ])
  if (!expected.ok) return notOurs(expected.error)
  return actual.ok ? ok(actual.value === expected.value) : actual
}

/**
 * A contract that reverts or answers oddly is another contract; a node that does not answer proves
 * nothing.
 */
export const notOurs = (failure: ChainFailure): Result<boolean, ChainFailure> =>
  failure.reason === 'chain_unreachable' || failure.reason === 'chain_timeout'
    ? { ok: false, error: failure }
    : ok(false)
