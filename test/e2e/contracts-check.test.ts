/*
 * What `vouch contracts` makes of files and chains that are not as they should be.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { encodeCall } from '../../src/chain/contracts.ts'
import {
  standardDeployer,
  standardDeployerCode,
  standardDeployerSigner,
} from '../../src/chain/deployment.ts'
import { contributorRegistryAbi } from '../../src/chain/generated/contributor-registry.ts'
import type { Address } from '../../src/domain/units.ts'
import {
  contracts,
  type DeploymentChain,
  oneCoin,
  startDeploymentChain,
  stepsInAll,
} from '../support/deployment-chain.ts'

let chain: DeploymentChain
beforeAll(async () => {
  chain = await startDeploymentChain()
})
afterAll(() => chain.stop())
beforeEach(() => chain.beginTest())
afterEach(() => chain.endTest())

const otherAddress = `0x${'ab'.repeat(20)}`
const otherHash = `0x${'cd'.repeat(32)}`
const addressOf = (name: string): Address => chain.addresses()[name] as Address

describe('a file that was changed', () => {
  type Change = readonly [what: string, from: RegExp, to: string, path: string]
  const changes: readonly Change[] = [
    ['the chain', /"chainId": 31337/, '"chainId": 1', 'chainId is 1 there and 31337'],
    ['the deployer', /"deployer": "0x\w+"/, `"deployer": "${otherAddress}"`, 'deployer is'],
    ['the salt', /"salt": "0x\w+"/, `"salt": "${otherHash}"`, 'salt is'],
    ['an amount', /"minStake": "1000000000"/, '"minStake": "1"', 'terms.minStake is "1" there'],
    [
      'an address',
      /("Slashing": \{\s+"address": )"0x\w+"/,
      `$1"${otherAddress}"`,
      `contracts.Slashing.address is "${otherAddress}" there and "0x`,
    ],
    [
      'an argument',
      /("verifier": )"0x\w+"/,
      `$1"${otherAddress}"`,
      'contracts.InferenceCoordinator.arguments.verifier is',
    ],
    [
      'an argument within a struct',
      /("slashBps": )1000/,
      '$19999',
      'contracts.ReexecutionPanel.arguments.terms.slashBps is 9999 there and 1000',
    ],
    [
      'a hash of code',
      /("bytecodeKeccak256": )"0x\w+"/,
      `$1"${otherHash}"`,
      `contracts.DevUSD.bytecodeKeccak256 is "${otherHash}" there`,
    ],
    [
      'an appointee',
      /("appointees": \{\s+"Slashing": )"0x\w+"/,
      `$1"${otherAddress}"`,
      'appointments.ContributorRegistry.appointSlashers.appointees.Slashing is',
    ],
    [
      'a contract that is none of ours',
      /"contracts": \{/,
      `"contracts": { "Backdoor": { "address": "${otherAddress}" },`,
      'contracts.Backdoor is {"address"',
    ],
    [
      'a missing part',
      /"arguments": \{\},/,
      '',
      'contracts.DevUSD.arguments is nothing there and {}',
    ],
  ]

  test('is refused with what differs, and nothing is sent', async () => {
    expect((await chain.deploy()).code).toBe(0)
    const good = chain.recordText()
    for (const [what, from, to, path] of changes) {
      const changed = good.replace(from, to)
      expect(changed, what).not.toBe(good)
      writeFileSync(chain.recordPath(), changed)
      const deployed = await chain.deploy()
      expect(deployed.code, what).toBe(1)
      expect(deployed.text, what).toContain(`is of another deployment: ${path}`)
      expect(chain.recordText(), what).toBe(changed)
      // Without the options that it was made with, a file is held against its own terms.
      for (const outcome of [await chain.check(), await list()]) {
        expect(outcome.code, what).toBe(1)
        expect(outcome.text, what).toMatch(/contradicts itself|is of chain 1/)
      }
    }
    expect(await chain.sentTransactions()).toBe(stepsInAll)
  })

  test.each([
    ['no JSON', '{', 'the document: expected an object'],
    ['no object', '[]', 'the document: expected an object'],
    ['without terms', '{"chainId":31337}', 'deployer: expected an address'],
  ])('%s is no deployments file', async (_what, text, fault) => {
    mkdirSync(chain.out)
    writeFileSync(chain.recordPath(), text)
    const refused = await chain.deploy()
    expect(refused.code).toBe(1)
    expect(refused.text).toContain(`is no deployments file (${fault}`)
    expect(await chain.sentTransactions()).toBe(0)
  })

  test.each([
    ['an amount as a number', /"minStake": "1000000000"/, '"minStake": 1', 'terms.minStake'],
    [
      'an amount that no contract holds',
      /"minStake": "1/,
      '"minStake": "1'.padEnd(40, '0'),
      'terms.minStake',
    ],
    ['an asset that is none', /"asset": "DevUSD"/, '"asset": "EUR"', 'terms.asset'],
    ['an unknown term', /"terms": \{/, '"terms": { "fee": 1,', 'terms.fee'],
    ['a half hash', /"transactionHash": "0x\w{32}/, '"transactionHash": "0x', 'contracts.DevUSD'],
    ['no contracts', /"contracts"/, '"contract"', 'contracts'],
  ])('%s is told by its path', async (what, from, to, path) => {
    expect((await chain.deploy()).code).toBe(0)
    const changed = chain.recordText().replace(from, to)
    expect(changed, what).not.toBe(chain.recordText())
    writeFileSync(chain.recordPath(), changed)
    expect((await chain.check()).text).toContain(`is no deployments file (${path}: expected`)
  })

  const list = () => contracts(['list', '--out', chain.out])
})

describe('a file that the chain does not bear out', () => {
  test('of a chain that was begun anew is refused', async () => {
    expect((await chain.deploy()).code).toBe(0)
    const written = chain.recordText()
    await chain.endTest()
    await chain.beginTest()
    mkdirSync(dirname(chain.recordPath()), { recursive: true })
    writeFileSync(chain.recordPath(), written)
    const refused = await chain.deploy()
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(
      /says that DevUSD, .*appointMarkers is done, but the chain does not/,
    )
    expect(await chain.sentTransactions()).toBe(0)
    const checked = await chain.check()
    expect(checked.code).toBe(1)
    expect(checked.text.match(/^FAIL/gm)).toHaveLength(stepsInAll)
  })

  test('that is not there is asked for', async () => {
    expect(await chain.check()).toEqual({
      code: 1,
      text: `${chain.recordPath()} does not exist: 'vouch contracts deploy' writes it, --out names its folder`,
    })
    const listed = await contracts(['list', '--out', chain.out])
    expect(listed.text).toBe(
      `cannot read ${chain.out} (ENOENT): --out names the folder that deploy wrote to`,
    )
    mkdirSync(chain.out)
    expect((await contracts(['list', '--out', chain.out])).text).toContain(
      'has no deployments file',
    )
  })

  test('that cannot be written stops the deployment before it begins', async () => {
    // Where the draft of the file would be.
    mkdirSync(`${chain.recordPath()}.new`, { recursive: true })
    const refused = await chain.deploy()
    expect(refused).toEqual({
      code: 1,
      text: `cannot write ${chain.recordPath()} (EISDIR): check the folder of --out`,
    })
    expect(await chain.sentTransactions()).toBe(0)
  })
})

describe('a chain that is not as planned', () => {
  test('other code at an address is found', async () => {
    expect((await chain.deploy()).code).toBe(0)
    const slashing = addressOf('Slashing')
    const code = String(await chain.ask('eth_getCode', [slashing, 'latest']))
    await chain.ask('anvil_setCode', [slashing, `${code.slice(0, -2)}ff`])
    const checked = await chain.check()
    expect(checked.code).toBe(1)
    expect(checked.text).toContain(
      `FAIL  ${'Slashing'.padEnd(24)}${slashing}: the code there is not this version's`,
    )
    expect(checked.text.match(/^FAIL/gm)).toHaveLength(1)
    expect(checked.text).toContain(`1 of ${stepsInAll} on chain 31337 are not as planned.`)
  })

  test('a role that somebody else got, too, is found', async () => {
    await deployForAdmin()
    const slashers = [addressOf('Slashing'), addressOf('ReexecutionPanel'), otherAddress]
    await appoint('ContributorRegistry', slashers)
    const checked = await chain.check()
    expect(checked.code).toBe(1)
    expect(checked.text).toContain(
      `FAIL  ContributorRegistry.appointSlashers Slashing, ReexecutionPanel: ${otherAddress} got the role, too: do not trust this`,
    )
  })

  test('an appointment without ours cannot be mended, so nothing more is sent', async () => {
    await deployForAdmin()
    const sent = await chain.sentTransactions()
    await appoint('GatewayRegistry', [addressOf('Slashing')])
    const refused = await chain.deploy('--admin', admin)
    expect(refused.code).toBe(1)
    expect(refused.text).toBe(
      `the admin of GatewayRegistry at ${addressOf('GatewayRegistry')} has appointed without InclusionChallenges, and can do so only once: deploy anew with another --salt and --out`,
    )
    expect(await chain.sentTransactions()).toBe(sent)
    expect((await chain.check()).text).toContain('made without InclusionChallenges, and for ever')
  })

  const admin = `0x${'ad'.repeat(20)}` as Address

  /** All contracts, and the appointments left to an account that the test plays. */
  async function deployForAdmin(): Promise<void> {
    const deployed = await chain.deploy('--admin', admin)
    expect(deployed.code, deployed.text).toBe(0)
    await chain.fund(admin, oneCoin)
    await chain.ask('anvil_impersonateAccount', [admin])
  }

  async function appoint(
    registry: 'ContributorRegistry' | 'GatewayRegistry',
    slashers: readonly string[],
  ): Promise<void> {
    const contract = { name: registry, address: addressOf(registry), abi: contributorRegistryAbi }
    const data = await encodeCall({ contract, functionName: 'appointSlashers', args: [slashers] })
    await chain.send('eth_sendTransaction', { from: admin, to: contract.address, data })
  }
})

describe('a chain without the standard deployer', () => {
  test('is refused, and what the documentation says to do helps', async () => {
    await chain.ask('anvil_setCode', [standardDeployer, '0x'])
    const refused = await chain.deploy()
    expect(refused.code).toBe(1)
    expect(refused.text).toMatch(
      new RegExp(
        `no standard deployer at ${standardDeployer}: give its signer.*${standardDeployerSigner}`,
      ),
    )
    expect(await chain.sentTransactions()).toBe(0)

    const page = readFileSync(resolve(import.meta.dirname, '../../docs/deployment.md'), 'utf8')
    const transaction = /^(0xf8a5[0-9a-f]+)$/m.exec(page)?.[1]
    await chain.fund(standardDeployerSigner, oneCoin / 100n)
    await chain.send('eth_sendRawTransaction', transaction)
    expect(await chain.ask('eth_getCode', [standardDeployer, 'latest'])).toBe(standardDeployerCode)
    // The 100 gwei that it paid are what anvil now thinks gas costs.
    await chain.fund(chain.deployer, 10n * oneCoin)
    const deployed = await chain.deploy()
    expect(deployed.code, deployed.text).toBe(0)
  })

  test('but with other code at its address is refused', async () => {
    await chain.ask('anvil_setCode', [standardDeployer, '0x00'])
    const refused = await chain.deploy()
    expect(refused.code).toBe(1)
    expect(refused.text).toContain("has other code on this chain than the standard deployer's")
    expect(await chain.sentTransactions()).toBe(0)
  })
})
