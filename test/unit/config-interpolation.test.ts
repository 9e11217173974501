import { describe, expect, test } from 'vitest'
import { interpolate, interpolatedPattern, textPattern } from '../../src/config-interpolation.ts'

const environment = { NAME: 'value', PORT: '8787', EMPTY: '', NESTED: `\${NAME}`, BRACE: 'a}b' }
const read = (written: string) => interpolate(written, environment)
const isText = (written: string) => new RegExp(textPattern, 'u').test(written)
const isReference = (written: string) => new RegExp(interpolatedPattern, 'u').test(written)

describe('a value with the environment in it', () => {
  test.each([
    ['plain', 'plain', false],
    [`\${NAME}`, 'value', true],
    [`\${PORT}`, '8787', true],
    [`http://\${NAME}:\${PORT}/v1`, 'http://value:8787/v1', false],
    [`\${NAME:-other}`, 'value', true],
    [`\${EMPTY:-other}`, 'other', true],
    [`\${EMPTY}`, '', true],
    [`\${NONE:-}`, '', true],
    [`\${NONE:-a:-b \${}`, `a:-b \${`, true],
    // A variable is not read again: what it holds is no more than text.
    [`\${NESTED}`, `\${NAME}`, true],
    [`\${BRACE}`, 'a}b', true],
    [`$\${NAME}`, `\${NAME}`, false],
    [`$$\${NAME}`, `$\${NAME}`, false],
    ['$NAME $ $$ {}', '$NAME $ $$ {}', false],
  ])('%s is %s', (written, text, isWhole) => {
    expect(read(written)).toEqual({ ok: true, value: { text, isWhole } })
    expect(isText(written)).toBe(true)
    expect(isReference(written)).toBe(written.includes(`${'$'}{`) && !written.startsWith('$$'))
  })

  test.each([
    [`\${NONE}`, 'a variable NONE in the environment'],
    [`x\${NONE}y\${ALSO}`, 'a variable NONE in the environment'],
  ])('%s is a fault that names the variable', (written, expected) => {
    expect(read(written)).toEqual({ ok: false, error: expected })
    expect(isText(written)).toBe(true)
  })

  test.each(['{', '{}', '{NAME', '{1X}', '{NA ME}', '{NAME:other}', '{NAME-x}', '{:-b}'])(
    'a dollar and %s is no reference, and not text either',
    (rest) => {
      const answer = read(`a$${rest}`)
      expect(!answer.ok && answer.error).toMatch(/^\$\{NAME\} or \$\{NAME:-default\}/)
      expect(isText(`a$${rest}`)).toBe(false)
      expect(isReference(`a$${rest}`)).toBe(false)
    },
  )
})
