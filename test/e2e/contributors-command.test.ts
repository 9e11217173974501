/*
 * `vouch contributors` and `vouch lend` beside a running `vouch serve`, as a person runs them.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { runVouch } from '../support/dev-process.ts'
import { type LendingPlace, openLendingPlace, type Served } from '../support/lending-place.ts'

const addedKey = 'sk-added-planted-marker'
const lentKey = 'sk-lent-planted-marker'
let place: LendingPlace
let serving: Served
let apiKey: string
let files: Readonly<Record<'added' | 'lent' | 'wallet' | 'secrets', string>>

beforeAll(async () => {
  place = await openLendingPlace(addedKey, lentKey)
  const file = (name: string, text: string) => {
    writeFileSync(join(place.folder, name), text, { mode: 0o600 })
    return join(place.folder, name)
  }
  files = {
    added: file('added.key', `${addedKey}\n`),
    lent: file('lent.key', lentKey),
    wallet: file('wallet.key', randomPrivateKey()),
    secrets: file('secrets', `1:${'ab'.repeat(32)}\n`),
  }
  serving = await place.start(place.configOf(lending('approval: true')))
  apiKey = await place.openAccount(serving.process)
})
afterAll(async () => {
  await serving.process.kill()
  await place.close()
})

const lending = (approval: string) => `lending:
  open: true
  ${approval}
  allowHttp: true
  allowPrivateNetworks: true
  secretFile: secrets
  models:
    - id: lent-model
      contextTokensMax: 4096
      price: { promptPerMtok: '1', completionPerMtok: '2' }
`
const contributors = (...args: readonly string[]) =>
  runVouch([
    ...['contributors', ...args, '--gateway', serving.process.origin],
    ...['--token-file', place.adminTokenFile],
  ])
const lend = (...args: readonly string[]) =>
  runVouch([
    ...['lend', ...args, '--gateway', `${serving.process.origin}/v1`, '--wallet', files.wallet],
  ])
const states = async () => {
  const { output } = await contributors('list', '--json')
  const { data } = JSON.parse(output) as {
    readonly data: readonly { readonly name: string; readonly state: string }[]
  }
  return data.map(({ name, state }) => `${name} ${state}`)
}
const add = (...args: readonly string[]) =>
  contributors(
    ...['add', '--url', place.service.baseUrl, '--id', 'second', '--model', 'added-model'],
    ...['--upstream-model', 'm', '--context', '4096', '--prompt-price', '1'],
    ...['--completion-price', '2', ...args],
  )

test('a service is added with a key from a file, and answers; its key is not told', async () => {
  const added = await add('--key-file', files.added)
  expect(added).toMatchObject({ code: 0, output: expect.stringMatching(/^key-\w+ {2}healthy/) })
  expect((await serving.ask(apiKey, 'added-model')).status).toBe(200)
  expect(place.service.asked.at(-1)?.key).toBe(addedKey)
  const { output } = await contributors('list', '--json')
  expect([added.output, output].join()).not.toContain('planted')
  expect(await states()).toEqual(['engine healthy', 'second healthy'])
})

test('is drained, readmitted and removed by its name', async () => {
  expect((await contributors('drain', 'second')).output).toContain('drained')
  expect((await serving.ask(apiKey, 'added-model')).code).toBe('model_not_found')
  expect((await contributors('readmit', 'second')).output).toContain('healthy')
  expect((await serving.ask(apiKey, 'added-model')).status).toBe(200)
  expect((await contributors('remove', 'second')).code).toBe(0)
  expect(await states()).toEqual(['engine healthy'])
  expect(await contributors('drain', 'second')).toEqual({
    code: 1,
    output: "vouch contributors: there is no contributor 'second'\n",
  })
  const inFile = await contributors('remove', 'engine')
  expect(inFile).toMatchObject({ code: 1, output: expect.stringContaining('contributor_in_file') })
})

test('a key that was lent waits for approval, and then answers', async () => {
  const lent = await lend(
    ...['add', '--url', place.service.baseUrl, '--model', 'lent-model=m', '--key-file', files.lent],
    ...['--requests-per-day', '100'],
  )
  expect(lent).toMatchObject({ code: 0, output: expect.stringMatching(/^key-\w+ {2}pending/) })
  const [id = ''] = /key-\w+/.exec(lent.output) ?? []
  expect((await serving.ask(apiKey, 'lent-model')).code).toBe('model_not_found')
  expect(await contributors('approve', id)).toMatchObject({ code: 0 })
  expect((await lend('list')).output).toContain(`${id}  live`)
  expect((await lend('terms')).output).toContain('lent-model  at most 1000000 prompt')
  expect((await lend('withdraw', id)).output).toContain('withdrawn')
  expect((await lend('list')).output).toBe('nothing is lent\n')
})

test('the secret is rotated while kept keys go on', async () => {
  await add('--key-file', files.added)
  const rotate = (...args: readonly string[]) =>
    runVouch(['contributors', 'rotate-secret', '--secret-file', files.secrets, ...args])
  expect((await rotate()).output).toContain('has secret 2 now')
  await serving.process.interrupt()
  serving = await place.start(place.configOf(lending('approval: true')))
  expect(serving.process.output()).toContain('"keys":1,"msg":"keys_sealed_anew"')
  expect((await rotate('--forget-old')).output).toContain('has secret 2 alone')
  await serving.process.interrupt()
  serving = await place.start(place.configOf(lending('approval: true')))
  expect((await serving.ask(apiKey, 'added-model')).status).toBe(200)
})

test('the file is read again on request, and the configuration told without a secret', async () => {
  expect(await serving.admin('POST', '/reload')).toMatchObject({
    status: 200,
    json: { added: [], removed: [], changed: [] },
  })
  const told = await serving.admin('GET', '/config')
  expect(told.json).toMatchObject({
    gateway: { signingKey: '(secret)' },
    lending: { isOpen: true },
  })
  const { keys } = place.devChain
  for (const secret of [...Object.values(keys), 'an-engine-key', 'ab'.repeat(32)]) {
    expect(told.text).not.toContain(secret.replace(/^0x/, ''))
  }
})

test('what is wrong is told in one line, with an exit code', async () => {
  const cases: readonly (readonly [readonly string[], number, string])[] = [
    [['contributors'], 2, 'say what to do'],
    [['contributors', 'list', 'x', 'y'], 2, "unexpected 'y'"],
    [['contributors', 'list', '--gateway', 'no url'], 2, '--gateway takes an http(s) URL'],
    [['contributors', 'list', '--token-file', 'none'], 1, 'none cannot be read (ENOENT)'],
    [['contributors', 'list', '--token-env', 'NOT_THERE'], 1, 'the environment has no NOT_THERE'],
    [['contributors', 'add', '--token-file', place.adminTokenFile], 2, '--model is needed'],
    [['lend', 'add'], 2, '--gateway is needed'],
    [['lend', 'x', '--gateway', serving.process.origin, '--wallet', files.wallet], 2, 'say what'],
  ]
  for (const [args, code, part] of cases) {
    const finished = await runVouch(args)
    expect([args, finished.code, finished.output]).toEqual([
      args,
      code,
      expect.stringContaining(part),
    ])
    expect(finished.output.trimEnd().split('\n')).toHaveLength(1)
  }
  const wrongToken = await runVouch([
    ...['contributors', 'list', '--gateway', serving.process.origin],
    ...['--token-file', files.added],
  ])
  expect(wrongToken).toMatchObject({
    code: 1,
    output: expect.stringContaining('invalid_admin_token'),
  })
})
