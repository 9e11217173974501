/*
 * `${NAME}` and `${NAME:-default}` in a value of vouch.yaml; `$${` stands for a literal `${`. As in a shell, the default
 * serves where the variable is missing or empty. What a variable holds may be a secret: no fault repeats it.
 */
import { err, ok, type Result } from './base/result.ts'

export type Environment = Readonly<Record<string, string | undefined>>

const name = '[A-Za-z_][A-Za-z0-9_]*'
const reference = `\\$\\{${name}(?::-[^}]*)?\\}`
/** A dollar that begins neither a reference nor the sign for a literal one. */
const plainDollar = '\\$(?!\\{|\\$\\{)'

const literal = `[^$]|${plainDollar}|\\$\\$\\{`

/** Text in which each `${` belongs to a reference or is a literal one. */
export const textPattern: string = `^(?:${literal}|${reference})+$`
/** The same, with a reference in it: what it stands for is only known where it is read. */
export const interpolatedPattern: string = textPattern.replace(
  '^',
  `^(?=(?:${literal})*${reference})`,
)

const whole = new RegExp(`^${reference}$`)
const each = /\$\$\{|\$\{([^}]*)(\}?)/g
const inside = new RegExp(`^(${name})(?::-([\\s\\S]*))?$`)

export type Interpolated = {
  readonly text: string
  /** The text is one reference and nothing else, so that digits may stand for a number. */
  readonly isWhole: boolean
}

/** The fault says what was expected, and names the variable but not what it holds. */
export function interpolate(
  written: string,
  environment: Environment,
): Result<Interpolated, string> {
  let fault: string | undefined
  const text = written.replace(each, (match, inner: string | undefined, end: string) => {
    if (inner === undefined) return '${'
    const [, variable, fallback] = inside.exec(inner) ?? []
    if (variable === undefined || end === '') {
      fault ??= `\${NAME} or \${NAME:-default} (a literal \${ is written $\${)`
      return match
    }
    const value = environment[variable]
    if (value !== undefined && (value !== '' || fallback === undefined)) return value
    if (fallback === undefined) fault ??= `a variable ${variable} in the environment`
    return fallback ?? ''
  })
  return fault === undefined ? ok({ text, isWhole: whole.test(written) }) : err(fault)
}
