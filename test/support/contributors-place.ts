/*
 * A gateway that takes contributors, a chain with money, and machines without an inbound port: each reaches the gateway by a
 * line of its own, which can be cut.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import OpenAI from 'openai'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { openSender } from '../../src/chain/transactions.ts'
import { devUsd, devUsdAt } from '../../src/dev/dev-contracts.ts'
import { mintUpTo } from '../../src/dev/mint-up-to.ts'
import type { Address } from '../../src/domain/units.ts'
import { type ContributeProcess, startContribute, untilAsked } from './contribute-process.ts'
import { type CutLine, startCutLine } from './cut-line.ts'
import { expectOk } from './dev-chain.ts'
import { type Finished, runVouch, type ServeProcess, startServe } from './dev-process.ts'
import { openPaying } from './lending-place.ts'
import { openServeConfig, type ServeConfig } from './serve-config.ts'

export type Machine = {
  readonly account: Address
  readonly folder: string
  readonly line: CutLine
  /** What runs there now. */
  readonly agent: () => ContributeProcess
  /** Starts `vouch contribute`, and resolves when the gateway asks it. */
  readonly start: () => Promise<ContributeProcess>
  /** `vouch contributor`. */
  readonly command: (...args: readonly string[]) => Promise<Finished>
}

export type ContributorsPlace = {
  readonly config: ServeConfig
  readonly rpc: JsonRpc
  readonly gateway: () => ServeProcess
  /** On the same port again. */
  readonly startGateway: () => Promise<ServeProcess>
  readonly client: OpenAI
  readonly receiptOf: (receiptId: string) => Promise<ReceiptOf>
  /** `options`: of `vouch contribute`, beside the usual ones. */
  readonly addMachine: (name: string, ...options: readonly string[]) => Promise<Machine>
  readonly close: () => Promise<void>
}

type ReceiptOf = {
  readonly receipt: {
    readonly tiers: number
    readonly cost: string
    readonly work: { readonly contributor: string; readonly completionTokens: number }
  }
}

const joiningSection = `joining:
  open: true
  approval: false
  allowHttp: true
  allowPrivateNetworks: true
  anyModel: { promptPerMtok: '1000', completionPerMtok: '2000' }
`

export async function openContributorsPlace(engineUrl: string): Promise<ContributorsPlace> {
  const config = await openServeConfig()
  const port = await freePort()
  const { sections } = openPaying(config)
  const paying = sections.replace('withdrawDelayS: 900', 'withdrawDelayS: 604800')
  const path = config.yaml((text) =>
    `${text}${paying}${joiningSection}`.replace('port: 0', `port: ${port}`),
  )
  let gateway = await startServe(path)
  const apiKey = await config.openAccount(gateway)
  const rpc = jsonRpc(config.chainUrl)
  const passwordFile = join(config.folder, 'password')
  writeFileSync(passwordFile, 'a long enough password\n', { mode: 0o600 })
  const lines: CutLine[] = []
  const agents: ContributeProcess[] = []

  const addMachine: ContributorsPlace['addMachine'] = async (name, ...options) => {
    const line = await startCutLine(port)
    lines.push(line)
    const folder = join(config.folder, name)
    const key = randomPrivateKey()
    mkdirSync(folder, { mode: 0o700 })
    const keyFile = join(config.folder, `${name}.key`)
    writeFileSync(keyFile, key, { mode: 0o600 })
    const account = addressOfPrivateKey(key)
    await giveMoney(rpc, config, account)
    let agent: ContributeProcess | undefined
    return {
      ...{ account, folder, line },
      agent: () => {
        if (agent === undefined) throw new Error(`nothing runs at ${name}`)
        return agent
      },
      start: async () => {
        agent = startContribute([
          ...['--gateway', `http://127.0.0.1:${line.port}`, '--rpc', config.chainUrl],
          ...['--data', folder, '--key-file', keyFile, '--password-file', passwordFile],
          ...['--engine', engineUrl, '--skip-test', '--yes', '--slots', '4', ...options],
        ])
        agents.push(agent)
        await untilAsked(agent)
        return agent
      },
      command: (...args) =>
        runVouch([
          ...['contributor', ...args, '--data', folder, '--rpc', config.chainUrl],
          ...['--password-file', passwordFile],
        ]),
    }
  }

  const client = new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey, maxRetries: 0 })
  return {
    ...{ config, rpc, client, addMachine },
    gateway: () => gateway,
    startGateway: async () => {
      gateway = await startServe(path)
      return gateway
    },
    receiptOf: async (receiptId) => {
      const answer = await fetch(`${gateway.origin}/v1/receipts/${receiptId}`, {
        headers: { authorization: `Bearer ${apiKey}` },
      })
      return (await answer.json()) as ReceiptOf
    },
    close: async () => {
      for (const agent of agents) await agent.kill()
      for (const line of lines) await line.close()
      await gateway.kill()
      await config.close()
    },
  }
}

/** A stake, and coins for gas. */
async function giveMoney(rpc: JsonRpc, config: ServeConfig, account: Address): Promise<void> {
  const minter = openSender({ rpc, chainId: 31_337, privateKey: randomPrivateKey() })
  for (const rich of [account, minter.address]) {
    expectOk(await rpc.call('anvil_setBalance', [rich, '0xde0b6b3a7640000']))
  }
  const asset = devUsdAt(config.devChain.contracts.asset)
  expectOk(await mintUpTo({ rpc, asset, minter, to: account, amount: devUsd(1_000n) }))
}

/** Free a moment ago: a gateway that was killed has to come back where its contributors look for it. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
