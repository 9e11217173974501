import { afterAll, expect, test } from 'vitest'
import { sha256Hex } from '../../src/base/sha256.ts'
import { account, faultIn, goodYaml, makeConfigFolder } from '../support/config-folder.ts'

const model = `      - id: m
        contextTokensMax: 8192
        price: { promptPerMtok: '0.05', completionPerMtok: '0.1' }
`
const paying = `payouts: { treasury: '${account('7')}', voucherKeyFile: signing.key }\n`
const secrets = `1:${'a'.repeat(64)}\n2:${'b'.repeat(64)}\n`
const token = 'admin-token-of-thirty-two-characters'

const folder = makeConfigFolder()
afterAll(folder.remove)
folder.write('secrets', secrets)
folder.write('bad-secrets', `1:${'a'.repeat(64)}\n1:${'b'.repeat(64)}\n`)
folder.write('token', `${token}\n`)
folder.write('short-token', 'short\n')

const read = (text: string, environment = {}) => folder.read(goodYaml + text, environment).config
const faultOf = (text: string): string => faultIn(() => read(text)).message

const open = `lending:\n  open: true\n  models:\n${model}`

test('lending is closed, waits for approval and dials only public https unless it is said otherwise', () => {
  expect(read('').lending).toBeUndefined()
  expect(read('lending: {}\n').lending).toEqual({
    isOpen: false,
    needsApproval: true,
    sealSecrets: undefined,
    urls: { allowHttp: false, allowPrivateNetworks: false, hosts: undefined },
    keysMax: 100,
    keysPerLenderMax: 16,
    models: [],
  })
})

test('an open one lists what may be lent, and for how much', () => {
  const { lending } = read(`${paying}${open}  hosts: [api.openai.com]\n  approval: false\n`)
  expect(lending).toMatchObject({
    isOpen: true,
    needsApproval: false,
    urls: { hosts: ['api.openai.com'] },
    models: [{ id: 'm', completionAtomicPerMtok: 100_000n }],
  })
})

test('secrets come from a file or from a variable, and none is repeated', () => {
  const expected = [
    { version: 1, secret: Buffer.from('a'.repeat(64), 'hex') },
    { version: 2, secret: Buffer.from('b'.repeat(64), 'hex') },
  ]
  expect(read('lending: { secretFile: secrets }\n').lending?.sealSecrets).toEqual(expected)
  const fromVariable = read('lending: { secretEnv: SEAL }\n', { SEAL: secrets }).lending
  expect(fromVariable?.sealSecrets).toEqual(expected)
  expect(faultOf('lending: { secretFile: bad-secrets }\n')).toContain(
    'lending.secretFile: expected a file with lines of version:64 hex digits',
  )
  expect(faultOf('lending: { secretFile: bad-secrets }\n')).not.toContain('aaaa')
  expect(faultOf('lending: { secretEnv: NONE }\n')).toContain('lending.secretEnv: expected')
})

test.each([
  [
    'open without models',
    `${paying}lending: { open: true }\n`,
    'lending.models: expected what may be lent',
  ],
  ['open without pay', open, 'payouts: expected how lenders are paid'],
  [
    'a word that is no answer',
    'lending: { open: yes-please }\n',
    'lending.open: expected true or false',
  ],
  [
    'a host with a scheme',
    'lending: { hosts: ["https://x.com"] }\n',
    'lending.hosts[0]: expected the lower-case name of a host',
  ],
  ['no host', 'lending: { hosts: [] }\n', 'lending.hosts: expected a list with at least one host'],
  [
    'a token that can be guessed',
    'admin: { tokenFile: short-token }\n',
    'admin.tokenFile: expected a file with a token of at least 32',
  ],
])('%s is refused', (_what, text, fault) => {
  expect(faultOf(text)).toContain(fault)
})

test('of the admin token only the hash is kept', () => {
  const config = read('admin: { tokenFile: token }\n')
  expect(config.admin).toEqual({ tokenHash: sha256Hex(token) })
  expect(read('').admin).toBeUndefined()
})
