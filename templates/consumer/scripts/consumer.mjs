// The contract on the chain of a running Vouch: deployed, paid, asked, and followed until it has its answer.
import { readFileSync } from 'node:fs'
import { Contract, ContractFactory, JsonRpcProvider, Wallet } from 'ethers'
import { followJob, jobIdsIn } from 'vouch/jobs'

const compiled = new URL('../out/TemplateConsumer.sol/TemplateConsumer.json', import.meta.url)

/** With a dollar of play money. `provider.destroy()` ends what it keeps open. */
export async function deploy(vouch) {
  // A chain that makes a block for each transaction is asked often, and nothing of it is remembered.
  const often = { staticNetwork: true, pollingInterval: 100, cacheTimeout: -1 }
  const provider = new JsonRpcProvider(vouch.rpcUrl, vouch.chainId, often)
  const wallet = new Wallet(readFileSync(vouch.guestKeyFile, 'utf8').trim(), provider)
  const { abi, bytecode } = JSON.parse(readFileSync(compiled, 'utf8'))
  const modelId = vouch.models['vouch-mini']
  const factory = new ContractFactory(abi, bytecode.object, wallet)
  const consumer = await factory.deploy(vouch.coordinator, vouch.operator, modelId)
  await consumer.waitForDeployment()
  const erc20 = ['function transfer(address to, uint256 amount) returns (bool)']
  const asset = new Contract(vouch.asset, erc20, wallet)
  await (await asset.transfer(consumer.target, 1_000_000n)).wait()
  return { consumer, provider }
}

/** Asks once, and tells every state that the job comes into. */
export async function ask({ vouch, consumer, question, onProgress }) {
  const receipt = await (await consumer.ask(question)).wait()
  const [jobId] = await jobIdsIn(receipt, vouch.coordinator)
  const { rpcUrl, coordinator } = vouch
  const { blockNumber: fromBlock } = receipt
  for await (const progress of followJob({ rpcUrl, coordinator, jobId, fromBlock, pollMs: 100 })) {
    onProgress(progress)
  }
  return { jobId, answer: await consumer.answer() }
}
