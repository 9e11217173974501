import { assert } from '../base/assert.ts'
import { signDigests } from '../chain/batch-signature.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import type { Bytes32, Signature } from '../domain/units.ts'

/**
 * Signs together what is written together. Digests gather until the signature of one of them is asked for: then all that
 * gathered are signed at once. A store asks when it writes, so that a commit is one batch, without that either knows of the
 * other; who asks at once gets a plain signature.
 */
export type SignTogether = (digest: Bytes32) => () => Signature

export function openSignTogether(privateKey: PrivateKey): SignTogether {
  let gathering = new Gathering(privateKey)
  return (digest) => {
    if (gathering.isSigned) gathering = new Gathering(privateKey)
    return gathering.add(digest)
  }
}

class Gathering {
  readonly #privateKey: PrivateKey
  readonly #digests: Bytes32[] = []
  #signatures: readonly Signature[] | undefined

  constructor(privateKey: PrivateKey) {
    this.#privateKey = privateKey
  }

  get isSigned(): boolean {
    return this.#signatures !== undefined
  }

  add(digest: Bytes32): () => Signature {
    const index = this.#digests.push(digest) - 1
    return () => {
      this.#signatures ??= signDigests(this.#digests, this.#privateKey)
      const signature = this.#signatures[index]
      assert(signature !== undefined, 'each digest of a batch has a signature')
      return signature
    }
  }
}
