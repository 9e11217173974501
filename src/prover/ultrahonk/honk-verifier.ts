/*
 * The Solidity verifier that bb writes (Apache-2.0), compiled. With development keys two things are changed in it: the four words
 * of [τ]₂, which are those of Aztec's ceremony, and its first line, which refuses every chain that is none for development.
 */
import { hexDigits } from '../../base/hex.ts'
import { err, ok, type Result } from '../../base/result.ts'
import { littleFirst } from '../tau/crs-file.ts'

/** [τ]₂ of Aztec's ceremony as the generated source spells it: x₁, x₀, y₁, y₀. */
const ceremonyG2 = [
  '260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1',
  '0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0',
  '04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4',
  '22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55',
]

const bodyPattern = /(function verify\([^{]*returns \(bool\)\s*\{)/
const refusal = `
        // dev-insecure: the keys of this verifier come from a number that everybody knows.
        require(block.chainid == 31337 || block.chainid == 1337, "dev-insecure");
`

/** `g2File` is bb's `bn254_g2.dat`. */
export function devVerifierSource(source: string, g2File: Buffer): Result<string, string> {
  const g2 = littleFirst(g2File)
  let changed = source
  for (const [at, word] of ceremonyG2.entries()) {
    const replaced = changed.replaceAll(word, hexDigits(g2.subarray(32 * at, 32 * (at + 1))))
    if (replaced === changed) return err('the generated verifier is of another form: no [τ]₂ in it')
    changed = replaced
  }
  const refusing = changed.replace(bodyPattern, `$1${refusal}`)
  return refusing === changed ? err('the generated verifier has no verify function') : ok(refusing)
}

type Compiler = { readonly compile: (input: string) => string }
type Output = {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[]
  readonly contracts?: Readonly<
    Record<string, Readonly<Record<string, { readonly evm: Readonly<Record<string, Code>> }>>>
  >
}
type Code = { readonly object: string }

/** The same settings everywhere: who compiles `Verifier.sol` again must come to the same code, whose hash is pinned. */
const verifierCompilerSettings = {
  optimizer: { enabled: true, runs: 200 },
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none', appendCBOR: false },
} as const

export function compileVerifier(
  compiler: Compiler,
  content: string,
  contract = 'HonkVerifier',
): Result<{ readonly creation: Buffer; readonly runtime: Buffer }, string> {
  const output: Output = JSON.parse(
    compiler.compile(
      JSON.stringify({
        language: 'Solidity',
        sources: { 'Verifier.sol': { content } },
        settings: {
          ...verifierCompilerSettings,
          outputSelection: { '*': { '*': ['evm.bytecode.object', 'evm.deployedBytecode.object'] } },
        },
      }),
    ),
  )
  const { bytecode, deployedBytecode } = output.contracts?.['Verifier.sol']?.[contract]?.evm ?? {}
  if (bytecode === undefined || deployedBytecode === undefined) {
    return err(output.errors?.[0]?.formattedMessage ?? 'the verifier does not compile')
  }
  return ok({
    creation: Buffer.from(bytecode.object, 'hex'),
    runtime: Buffer.from(deployedBytecode.object, 'hex'),
  })
}
