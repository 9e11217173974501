import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Hex } from '../../src/base/hex.ts'

type Output = {
  readonly errors?: readonly { readonly formattedMessage: string }[]
  readonly contracts?: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly evm: { readonly deployedBytecode: { readonly object: string } } }>
      >
    >
  >
}

type Compiler = {
  readonly compile: (
    input: string,
    callbacks: { readonly import: (path: string) => { readonly contents: string } },
  ) => string
}

/** `solady/…` is the package's, anything else a file of contracts/src. */
const importSource = (path: string): { readonly contents: string } => {
  const place = path.startsWith('solady/')
    ? `../../node_modules/solady/src/${path.slice('solady/'.length)}`
    : `../../contracts/src/${path}`
  return { contents: readFileSync(new URL(place, import.meta.url), 'utf8') }
}

/** Runtime code of each contract in a file of support/solidity, to be put where it is wanted: no constructor runs. */
export function compileSolidity(file: string): (contractName: string) => Hex {
  // 9 MB of compiler, for the few tests that need contracts of their own.
  const compiler = createRequire(import.meta.url)('solc') as Compiler
  const source = readFileSync(new URL(`solidity/${file}`, import.meta.url), 'utf8')
  const input = {
    language: 'Solidity',
    sources: { [file]: { content: source } },
    settings: {
      evmVersion: 'cancun',
      // Without it calls with many arguments do not fit on the stack.
      optimizer: { enabled: true },
      outputSelection: { '*': { '*': ['evm.deployedBytecode.object'] } },
    },
  }
  const output: Output = JSON.parse(
    compiler.compile(JSON.stringify(input), { import: importSource }),
  )
  return (contractName) => {
    const code = output.contracts?.[file]?.[contractName]?.evm.deployedBytecode.object
    if (code === undefined || code === '') {
      throw new Error(output.errors?.map((error) => error.formattedMessage).join('\n'))
    }
    return `0x${code}`
  }
}
