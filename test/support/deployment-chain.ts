import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { CommandFailure } from '../../src/cli/command.ts'
import { runContracts } from '../../src/cli/contracts-command.ts'
import type { Address } from '../../src/domain/units.ts'
import { expectOk } from './dev-chain.ts'
import { startChain, temporaryFolder } from './embedded-chain.ts'

export type Outcome = { readonly code: number; readonly text: string }

/** A file that `vouch contracts deploy` wrote, as far as tests look into it. */
export type RecordFile = {
  readonly contracts: Record<string, { address: Address; transactionHash?: string }>
  readonly appointments: Record<string, { transactionHash?: string }>
}

export const contractsInAll = 16
/** With three appointments. */
export const stepsInAll = contractsInAll + 3
export const oneCoin: bigint = 10n ** 18n

/** A real chain without contracts, an account with one coin, and a folder for deployment files. */
export type DeploymentChain = {
  readonly url: string
  readonly deployer: Address
  readonly keyFile: string
  /** A new folder for each test, not yet created. */
  readonly out: string
  /** Undoes on the chain what the test before did. */
  readonly beginTest: () => Promise<void>
  readonly endTest: () => Promise<void>
  readonly stop: () => Promise<void>
  /** The answer of the chain; a failure is a failed test. */
  readonly ask: (method: string, params: readonly unknown[]) => Promise<unknown>
  /** A transaction by one of the methods that send one; resolves when it is in a block. */
  readonly send: (method: string, transaction: unknown) => Promise<void>
  readonly fund: (account: Address, wei: bigint) => Promise<unknown>
  readonly sentTransactions: () => Promise<number>
  /** `deploy` with `--rpc`, `--chain-id`, `--out`, `--key-file` and `--yes`. */
  readonly deploy: (...more: readonly string[]) => Promise<Outcome>
  readonly check: () => Promise<Outcome>
  readonly recordPath: () => string
  readonly recordText: () => string
  readonly record: () => RecordFile
  readonly addresses: () => Readonly<Record<string, Address>>
}

export async function startDeploymentChain(): Promise<DeploymentChain> {
  const folder = temporaryFolder()
  const privateKey = randomPrivateKey()
  const deployer = addressOfPrivateKey(privateKey)
  const keyFile = join(folder.path, 'deployer.key')
  writeFileSync(keyFile, privateKey, { mode: 0o600 })
  const { url, rpc, stop } = await startChain(join(folder.path, 'chain'))
  const ask = async (method: string, params: readonly unknown[]) =>
    expectOk(await rpc.call(method, params))
  const fund = (account: Address, wei: bigint) =>
    ask('anvil_setBalance', [account, `0x${wei.toString(16)}`])
  await fund(deployer, oneCoin)

  let snapshot: unknown
  let tests = 0
  const out = () => join(folder.path, `deployments-${tests}`)
  const recordPath = () => join(out(), '31337.json')
  const recordText = () => readFileSync(recordPath(), 'utf8')
  const record = () => JSON.parse(recordText()) as RecordFile
  return {
    url,
    deployer,
    keyFile,
    get out() {
      return out()
    },
    beginTest: async () => {
      tests += 1
      snapshot = await ask('evm_snapshot', [])
      if (existsSync(out())) throw new Error('a test begins without a deployment')
    },
    endTest: async () => {
      if ((await ask('evm_revert', [snapshot])) !== true) throw new Error('not reverted')
    },
    stop: async () => {
      await stop()
      folder.remove()
    },
    ask,
    send: async (method, transaction) => {
      await ask(method, [transaction])
      // anvil answers before the block that it mines at once is there.
      await ask('evm_mine', [])
    },
    fund,
    sentTransactions: async () =>
      Number(await ask('eth_getTransactionCount', [deployer, 'latest'])),
    deploy: (...more) =>
      contracts(
        ['deploy', '--rpc', url, '--chain-id', '31337', '--out', out()].concat(
          ['--key-file', keyFile, '--yes'],
          more,
        ),
      ),
    check: () => contracts(['check', '--rpc', url, '--out', out()]),
    recordPath,
    recordText,
    record,
    addresses: () =>
      Object.fromEntries(
        Object.entries(record().contracts).map(([name, { address }]) => [name, address]),
      ),
  }
}

/**
 * `vouch contracts` in this process. What it refuses comes back as main.ts would show it: one line
 * and the exit code.
 */
export async function contracts(
  argv: readonly string[],
  confirm?: (question: string) => Promise<boolean>,
): Promise<Outcome> {
  const lines: string[] = []
  const print = (line: string): void => void lines.push(line)
  try {
    const code = await runContracts(argv, { terminal: { print, printError: print }, confirm })
    return { code, text: lines.join('\n') }
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error
    if (error.message.includes('\n')) throw new Error(`more than a line: ${error.message}`)
    return { code: error.exitCode, text: error.message }
  }
}
