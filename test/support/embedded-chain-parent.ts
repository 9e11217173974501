/* A process to kill: starts the chain in argv[2], mines argv[3] blocks, says so, and lives until it is ended. */
import { startChain } from './embedded-chain.ts'

const [folder = '', blocks = '0'] = process.argv.slice(2)
const chain = await startChain(folder)
await chain.rpc.call('anvil_mine', [`0x${Number(blocks).toString(16)}`])
process.stdout.write(`${JSON.stringify({ url: chain.url })}\n`)
