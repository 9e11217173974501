import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ConfigFault } from '../../src/config-source.ts'
import { account, faultIn, goodYaml as good, makeConfigFolder } from '../support/config-folder.ts'

const folder = makeConfigFolder()
afterAll(folder.remove)

const change = (from: string, to: string): string => {
  expect(good).toContain(from)
  return good.replace(from, to)
}
const upstreamWith = (line: string): string => change('    models:', `    ${line}\n    models:`)

const secret = 'hunter2-of-the-environment'
const environment = { PORT: '9999', HOST: 'engine.internal', FOLDER: 'elsewhere', SECRET: secret }
const parse = (text: string) => folder.read(text, environment).config
const faultOf = (text: string): ConfigFault => faultIn(() => parse(text))

describe('the environment', () => {
  test('stands in any value, and digits of it for a number', () => {
    const config = parse(
      change('port: 8787', `port: \${PORT}`)
        .replace('dataFolder: data', `dataFolder: "\${FOLDER}/\${NONE:-data}"`)
        .replace('http://127.0.0.1:8000/v1/', `http://\${HOST}:\${PORT}/v1`)
        .replace("'0.05'", `\${PRICE:-0.25}`)
        .replace('contextTokensMax: 8192', `contextTokensMax: "\${TOKENS:-4096}"`),
    )
    expect(config.listen.port).toBe(9999)
    expect(config.dataFolder).toBe(join(folder.path, 'elsewhere/data'))
    expect(config.upstreams[0]?.baseUrl).toBe('http://engine.internal:9999/v1')
    expect(config.upstreams[0]?.models[0]).toMatchObject({
      contextTokensMax: 4096,
      servings: [{ promptAtomicPerMtok: 250_000n }],
    })
  })

  test('does not make a number of text with more than one reference in it, nor of words', () => {
    for (const port of [`"1\${PORT}"`, `"\${PORT}\${PORT}"`, `\${HOST}`, `\${NONE:-x}`]) {
      const fault = faultOf(change('port: 8787', `port: ${port}`))
      const raw = port.replaceAll('"', '')
      expect(fault.message).toBe(
        `vouch.yaml:3: listen.port: expected a whole number from 0 to 65535, got "${raw}"`,
      )
    }
  })

  test('a variable that is missing is told with file, line and key', () => {
    expect(faultOf(change('port: 8787', `port: \${NO_SUCH}`)).faults).toEqual([
      `vouch.yaml:3: listen.port: expected a variable NO_SUCH in the environment, got "\${NO_SUCH}"`,
    ])
    expect(faultOf(upstreamWith(`region: "\${}"`)).message).toContain(
      `upstreams[0].region: expected \${NAME} or \${NAME:-default} (a literal \${ is written $\${)`,
    )
  })

  test.each([
    ['a number', change('port: 8787', `port: \${SECRET}`)],
    ['an address', change(`'${account('6')}'`, `\${SECRET}`)],
    ['a URL', change('http://127.0.0.1:8000/v1/', `\${SECRET}`)],
    ['a price', change("'0.05'", `\${SECRET}`)],
    ['a name', upstreamWith(`region: "a b \${SECRET}"`)],
    ['a key file', change('signingKeyFile: signing.key', `signingKeyFile: \${SECRET}`)],
    ['a manifest', change('        price:', `        manifest: \${SECRET}\n        price:`)],
    ['a variable', upstreamWith(`apiKeyEnv: \${SECRET}`)],
    ['a mapping', change('listen:\n  host: 127.0.0.1\n  port: 8787', `listen: \${SECRET}`)],
    ['a list', `${good}deposits: { deniedPayers: "\${SECRET}" }\n`],
    ['an address in a list', `${good}deposits: { deniedPayers: ["\${SECRET}"] }\n`],
    [
      'an id twice',
      `${good}${good.slice(good.indexOf('  - id: plain'))}`.replaceAll('plain', `\${SECRET}`),
    ],
    ['a store', `${good}store: { redisUrl: "\${SECRET}" }\n`],
  ])('what a variable holds is not repeated where %s was expected', (_name, text) => {
    const { message, faults } = faultOf(text)
    expect(`${message}${faults.join('')}`).not.toContain(secret)
    expect(message).toMatch(/\$\{SECRET\}|"…"/)
  })
})

describe('what several faults are told as', () => {
  test('one line each, in the order of the file’s sections', () => {
    const text = change('port: 8787', 'port: many').replace("'0.05'", 'cheap')
    expect(faultOf(text).faults).toEqual([
      'vouch.yaml:3: listen.port: expected a whole number from 0 to 65535, got "many"',
      'vouch.yaml:24: upstreams[0].models[0].price.promptPerMtok: expected an amount, such as "0.25", got "cheap"',
    ])
  })

  test('an anchor stands for what it names', () => {
    const text = change('  - id: plain', '  - &first\n    id: plain').replace(
      "asset: '",
      "asset: &asset '",
    )
    const again = text.replace(`receiver: '${account('6')}'`, 'receiver: *asset')
    expect(parse(again).gateway.receiver).toBe(account('4'))
  })

  test('a key without a value is no default', () => {
    expect(faultOf(change('port: 8787', 'port:')).message).toContain(
      'listen.port: expected a whole number from 0 to 65535, got nothing',
    )
  })
})
