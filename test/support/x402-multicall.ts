import type { JsonRpc } from '../../src/chain/json-rpc.ts'
import { compileSolidity } from './compile-solidity.ts'
import { expectOk } from './dev-chain.ts'

/** Where Multicall3 stands on every chain that has it; x402's facilitator reads through it. */
const multicallAddress = '0xcA11bde05977b3631167028862bE2a173976CA11'

/** Compiles solidity/Multicall.sol and puts it where Multicall3 is looked for. */
export async function placeMulticall(rpc: JsonRpc): Promise<void> {
  const code = compileSolidity('Multicall.sol')('Multicall')
  expectOk(await rpc.call('anvil_setCode', [multicallAddress, code]))
}
