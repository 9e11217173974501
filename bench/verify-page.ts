/* The same in a browser: bench/verify.ts bundles it and calls what it leaves on `globalThis`. */
import {
  microsOf,
  readOnce,
  recoverOnce,
  type VerifyInput,
  verifyOnce,
  verifyProofOnce,
} from './verify-round.ts'

type Asked = Omit<VerifyInput, 'document' | 'request' | 'response'> & {
  readonly document: string
  readonly request: string
  readonly response: string
  readonly rounds: number
  readonly runs: number
  /** Proof documents by their names. */
  readonly proofs: Readonly<Record<string, string>>
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

Object.assign(globalThis, {
  measure: ({ rounds, runs, proofs, ...asked }: Asked) => {
    const { document, request, response } = asked
    const input = {
      ...asked,
      document: bytes(document),
      request: bytes(request),
      response: bytes(response),
    }
    return {
      whole: microsOf(() => verifyOnce(input), rounds, runs),
      reading: microsOf(() => readOnce(input), rounds, runs),
      recovering: microsOf(() => recoverOnce(input), rounds, runs),
      proofs: Object.fromEntries(
        Object.entries(proofs).map(([name, proof]) => [
          name,
          microsOf(() => verifyProofOnce(proof), rounds / 4, 1),
        ]),
      ),
    }
  },
})
