/*
 * A signing key that is changed while an answer of it streams, a claim that nobody asked for, and an agent that was killed:
 * gateway, chain, agent and command are each what a person runs.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { readStanding } from '../../src/chain/contributor-registration.ts'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { contributorRegistryAt } from '../../src/chain/operator-registry.ts'
import { signingKeyState } from '../../src/chain/operator-standing.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { contributorPaths, readContributorFile } from '../../src/cli/contributor-file.ts'
import { readCreditFile } from '../../src/contributor/credit-file.ts'
import { readKeyFile } from '../../src/contributor/secret-file.ts'
import type { Address } from '../../src/domain/units.ts'
import {
  type ContributeProcess,
  startContribute,
  untilAsked,
} from '../support/contribute-process.ts'
import { runCommand, startCommand } from '../support/contributor-folder.ts'
import { expectOk } from '../support/dev-chain.ts'
import { type DevProcess, runVouch, startDev } from '../support/dev-process.ts'
import { temporaryFolder } from '../support/embedded-chain.ts'
import { type FixtureEngine, startFixtureEngine } from '../support/fixture-engine.ts'

const folder = temporaryFolder()
const own = { folder: join(folder.path, 'own') }
let dev: DevProcess
let engine: FixtureEngine
let agent: ContributeProcess

beforeAll(async () => {
  dev = await startDev(join(folder.path, 'dev'))
  engine = await startFixtureEngine('vllm')
  agent = startContribute([
    ...['--gateway', dev.origin, '--engine', engine.baseUrl, '--data', own.folder],
    ...['--skip-test', '--weights', 'none'],
  ])
  await untilAsked(agent)
}, 120_000)
afterAll(async () => {
  await agent.interrupt()
  await engine.close()
  await dev.interrupt()
  folder.remove()
})

const signingKeyNow = async (): Promise<Address> =>
  addressOfPrivateKey(expectOk(await readKeyFile(contributorPaths(own.folder).signingKey)))

async function keyStates(...signingKeys: readonly Address[]) {
  const { contributor: account, chain } = readContributorFile(own.folder)
  const registry = contributorRegistryAt(chain.contributorRegistry)
  const question = { registry, account, signingKeys }
  const standing = expectOk(await readStanding(jsonRpc(dev.rpcUrl), question))
  return signingKeys.map((key) => signingKeyState(standing, key))
}

/** Every check of a receipt, those on the chain included: at the time of the answer its key was registered. */
async function verify(response: Response): Promise<void> {
  const document = await dev.receipt(response.headers.get('x-vouch-receipt') ?? '')
  const file = join(folder.path, 'receipt.json')
  writeFileSync(file, JSON.stringify(document))
  const verified = await runVouch(['verify', file, '--rpc', dev.rpcUrl])
  expect(verified.code, verified.output).toBe(0)
  expect(document.receipt.tiers).toBe(3)
}

/** On the chain alone. */
async function passMinutes(minutes: number): Promise<void> {
  const rpc = jsonRpc(dev.rpcUrl)
  expectOk(await rpc.call('evm_increaseTime', [`0x${(minutes * 60).toString(16)}`]))
  expectOk(await rpc.call('evm_mine', []))
}

const ask = (): Promise<Response> =>
  fetch(`${dev.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${dev.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: engine.record.model,
      messages: [{ role: 'user', content: 'What is a receipt?' }],
      max_tokens: 64,
      stream: true,
    }),
  })

test('an answer that streams ends with the key that it began with, the next has the new one, and then the old one is revoked', {
  timeout: 150_000,
}, async () => {
  const former = await signingKeyNow()
  const hold = engine.holdBefore(4)
  const streaming = await ask()
  expect(streaming.status).toBe(200)
  await hold.reached

  const rotation = startCommand(own, ['rotate-key', '--yes'], {})
  const said = listenTo(rotation.child.stderr)
  await said('1 job(s) are still signed with the former key')
  const next = await signingKeyNow()
  expect(next).not.toBe(former)
  expect(await keyStates(former, next)).toEqual(['active', 'active'])

  hold.release()
  expect(await streaming.text()).toContain('[DONE]')
  await said('so that its last receipts stay good')
  expect(await keyStates(former, next)).toEqual(['active', 'active'])
  await passMinutes(2)
  expect((await rotation.ended).code).toBe(0)
  expect(await keyStates(former, next)).toEqual(['revoked', 'active'])
  await verify(streaming)

  const after = await ask()
  expect(await after.text()).toContain('[DONE]')
  await verify(after)
  // The gateway looks at the registry every five seconds.
  await vi.waitFor(async () => {
    const { stdout, stderr } = await runCommand(own, ['status', '--json'], {})
    expect(stderr).toBe('')
    expect(JSON.parse(stdout)).toMatchObject({
      signing_address: next,
      agent: { state: 'serving', signing_address: next },
      gateway: { state: 'healthy', signing_addresses: [next] },
      registry: { active_keys: 1 },
    })
  }, 30_000)
})

test('an agent that begins again claims by itself what its owner does not want to leave', {
  timeout: 120_000,
}, async () => {
  // What was earned is promised before it stops.
  expect(await agent.interrupt()).toBe(0)
  const { owedAmount } =
    expectOk(await readCreditFile(contributorPaths(own.folder).credit))?.book ?? {}
  agent = startContribute(['--data', own.folder, '--skip-test', '--claim-above', '0.000001'])
  const claimed = await agent.told('claimed')
  expect(claimed).toMatchObject({ reason: 'much_promised', amount: String(owedAmount) })
  await untilAsked(agent)
  const { stdout } = await runCommand(own, ['earnings', '--json'], {})
  expect(JSON.parse(stdout)).toMatchObject({
    claimed: String(owedAmount),
    received: String(owedAmount),
    claimable: '0',
  })
})

test('without an agent the gateway is told by the owner’s own order, and the stake goes', {
  timeout: 120_000,
}, async () => {
  await agent.kill()
  const drained = await runCommand(own, ['drain'], {})
  expect(drained.stdout).toContain('no agent runs here')
  const refused = await runCommand(own, ['status', '--json'], {})
  expect(JSON.parse(refused.stdout).gateway).toMatchObject({ error: expect.any(String) })
  await passMinutes(2)
  const left = await runCommand(own, ['unstake', '--yes'], {})
  expect(left.stdout).toContain('is on its way')
})

/** Answers a wait for words on a stream; what was said before it counts. */
function listenTo(stream: NodeJS.ReadableStream | null): (words: string) => Promise<void> {
  let text = ''
  const waiting = new Set<() => void>()
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
    for (const look of waiting) look()
  })
  return (words) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (text.includes(words)) resolve()
      }
      waiting.add(look)
      look()
      stream?.once('close', () => reject(new Error(`"${words}" is not in ${text}`)))
    })
}
