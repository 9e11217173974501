import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { expectOk } from './dev-chain.ts'

/** Where Multicall3 stands on every chain that has it; x402's facilitator reads through it. */
const multicallAddress = '0xcA11bde05977b3631167028862bE2a173976CA11'

type Output = {
  readonly errors?: readonly { readonly formattedMessage: string }[]
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly evm: { readonly deployedBytecode: { readonly object: string } } }>
      >
    >
  >
}

/** Compiles solidity/Multicall.sol and puts it where Multicall3 is looked for. */
export async function placeMulticall(rpc: JsonRpc): Promise<void> {
  expectOk(await rpc.call('anvil_setCode', [multicallAddress, compileMulticall()]))
}

function compileMulticall(): string {
  // 9 MB of compiler, for this file alone.
  const compiler = createRequire(import.meta.url)('solc') as { compile: (input: string) => string }
  const source = readFileSync(new URL('solidity/Multicall.sol', import.meta.url), 'utf8')
  const input = {
    language: 'Solidity',
    sources: { 'Multicall.sol': { content: source } },
    settings: {
      evmVersion: 'cancun',
      outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } },
    },
  }
  const output: Output = JSON.parse(compiler.compile(JSON.stringify(input)))
  const code = output.contracts?.['Multicall.sol']?.['Multicall']?.evm.deployedBytecode.object
  if (code === undefined || code === '') {
    throw new Error(output.errors?.map((error) => error.formattedMessage).join('\n'))
  }
  return `0x${code}`
}
