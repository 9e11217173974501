import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  account,
  type ConfigFolder,
  faultIn,
  goodYaml,
  makeConfigFolder,
} from '../support/config-folder.ts'

let folder: ConfigFolder

beforeAll(() => {
  folder = makeConfigFolder()
  folder.write('allowed.json', JSON.stringify([{ mrtd: 'ab'.repeat(48), rtmr3: '00' }]))
})
afterAll(() => folder.remove())

const read = (tee: string) => folder.read(`${goodYaml}tee:\n${tee}`).config
const faultOf = (tee: string): string => faultIn(() => read(tee)).message

test('nothing is attested where nothing is said', () => {
  expect(folder.read(goodYaml).config.tee).toBeUndefined()
  expect(read('  source: none\n').tee).toEqual({
    source: 'none',
    dstackSocket: '/var/run/dstack.sock',
    tierEvidence: undefined,
    quotes: undefined,
  })
})

test('the environment, the contract of bound keys, and how quotes of upstreams are judged', () => {
  const tee = `  source: dstack
  dstackSocket: /run/agent.sock
  tierEvidence: '${account('E')}'
  pccsUrl: https://pccs.example/sgx/certification/v4
  allowedFile: allowed.json
`
  expect(read(tee).tee).toEqual({
    source: 'dstack',
    dstackSocket: '/run/agent.sock',
    tierEvidence: account('e'),
    quotes: {
      pccsUrl: 'https://pccs.example/sgx/certification/v4',
      allowed: [{ mrtd: 'ab'.repeat(48), rtmr3: '00' }],
    },
  })
})

test.each([
  ['  source: sgx\n', 'none, dstack or tsm'],
  ['  tierEvidence: "0x12"\n', 'tierEvidence'],
  ['  pccsUrl: https://pccs.example\n', 'allowedFile'],
  ['  allowedFile: allowed.json\n', 'pccsUrl'],
  ['  pccsUrl: https://pccs.example\n  allowedFile: none.json\n', 'a file that can be read'],
])('%j is refused', (tee, words) => {
  expect(faultOf(tee)).toContain(words)
})

test.each([
  'no JSON',
  '{}',
  '[]',
  '[{}]',
  '[{"mrtd":"AB"}]',
  '[{"mrtd":"abc"}]',
  '[{"mrtd":12}]',
  '[{"mrseam":"ab"}]',
])('a file of %s allows no environment, and is refused', (text) => {
  folder.write('bad.json', text)
  const tee = '  pccsUrl: https://pccs.example\n  allowedFile: bad.json\n'
  expect(faultOf(tee)).toContain('a JSON list of objects of measurements')
})

test('an upstream that attests has a URL', () => {
  const attesting = goodYaml.replace('  - id: plain\n', '  - id: plain\n    attests: true\n')
  expect(folder.read(attesting).config.upstreams[0]?.attests).toBe(true)
  const dialling = attesting
    .replace('url: http://127.0.0.1:8000/v1/', 'dialsIn: true')
    .replace(
      'attests: true\n',
      `attests: true\n    operator: '${account('7')}'\n    signingAddresses: ['${account('8')}']\n`,
    )
  expect(faultIn(() => folder.read(dialling)).message).toContain('url')
})
