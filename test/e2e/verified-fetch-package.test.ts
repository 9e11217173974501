/*
 * `vouch/verified-fetch` as somebody has it who installed the package: packed, unpacked into node_modules, imported by name in
 * a folder of its own, and read by a compiler that knows nothing of this repository.
 */
import { execFile, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { temporaryFolder } from '../support/embedded-chain.ts'
import {
  answersWith,
  givesReceipt,
  policy,
  startHostileGateway,
} from '../support/hostile-gateway.ts'
import { events, nowMs, request, response, signReceipt } from '../support/signed-receipt.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = temporaryFolder()
const gateway = await startHostileGateway()

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: folder.path,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stdout}${stderr}`)
  return stdout
}

beforeAll(() => {
  run('npm', ['pack', root, '--ignore-scripts', '--silent', '--pack-destination', folder.path])
  const [tarball = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.tgz'))
  run('tar', ['-xzf', tarball])
  mkdirSync(join(folder.path, 'node_modules'))
  renameSync(join(folder.path, 'package'), join(folder.path, 'node_modules/vouch'))
  // What npm would have installed beside it.
  for (const name of ['ethers', '@noble', 'secp256k1', '@types', 'undici-types']) {
    const installed = join(root, 'node_modules', name)
    if (existsSync(installed)) symlinkSync(installed, join(folder.path, 'node_modules', name))
  }
  writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}')
})
beforeEach(() => {
  gateway.answer = answersWith(events)
  gateway.giveReceipt = givesReceipt(signReceipt())
})
afterAll(async () => {
  await gateway.close()
  folder.remove()
})

const program = `
import { createVerifiedFetch, VerificationError } from 'vouch/verified-fetch'
const { api, policy, nowMs, body } = JSON.parse(process.argv[2])
const clock = { nowMs: () => nowMs, wait: async () => {}, signalAfter: AbortSignal.timeout }
const verified = createVerifiedFetch({ policy, clock })
const answer = await verified(api + '/chat/completions', { method: 'POST', body })
try {
  console.log(JSON.stringify({ text: await answer.text() }))
} catch (error) {
  const isOurs = error instanceof VerificationError
  console.log(JSON.stringify({ isOurs, against: error.report.against.map(({ check }) => check) }))
}
`

async function ask(): Promise<unknown> {
  writeFileSync(join(folder.path, 'program.js'), program)
  const asked = JSON.stringify({ api: gateway.api, policy, nowMs, body: request.toString() })
  // Not synchronous: the gateway that it asks is in this process.
  const options = { cwd: folder.path }
  const { stdout } = await promisify(execFile)(process.execPath, ['program.js', asked], options)
  return JSON.parse(stdout)
}

test('it verifies an honest answer, and throws its own error for another', async () => {
  expect(await ask()).toEqual({ text: response.toString() })
  gateway.giveReceipt = givesReceipt(signReceipt({ work: { status: 1 } }))
  expect(await ask()).toEqual({ isOurs: true, against: expect.arrayContaining(['ending']) })
})

test('its types say what it takes', () => {
  const user = (options: string) => `
import { type AnswerReport, createVerifiedFetch, defaultTolerated, VerificationError } from 'vouch/verified-fetch'
const wrapped: typeof fetch = createVerifiedFetch(${options})
void wrapped
const read = (error: unknown): readonly string[] =>
  error instanceof VerificationError ? error.report.against.map((line) => line.check) : []
const told = ({ receipt }: AnswerReport): bigint | undefined => receipt?.receipt.cost
void [read, told, defaultTolerated]
`
  const options = {
    compilerOptions: {
      ...{ target: 'esnext', module: 'nodenext', moduleResolution: 'nodenext', strict: true },
      ...{ noEmit: true, skipLibCheck: false, types: ['node'], lib: ['esnext'] },
    },
    include: ['user.ts'],
  }
  writeFileSync(join(folder.path, 'tsconfig.json'), JSON.stringify(options))
  const tsc = join(root, 'node_modules/.bin/tsc')
  const write = (text: string) => writeFileSync(join(folder.path, 'user.ts'), text)
  write(user("{ policy: { gateway: '0x00', gatewayKeys: ['0x00'], tiers: 3 } }"))
  run(tsc, ['-p', '.'])
  write(user("{ policy: { gateway: '0x00', tier: 3 } }"))
  expect(() => run(tsc, ['-p', '.'])).toThrow(/tier/)
})
