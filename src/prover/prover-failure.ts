/** Why there is no proof, or no circuit. `message` is for people; it quotes a compiler, never an input. */
export type ProverFailure = {
  readonly reason: /** The provers are not installed, or not in the version that this package is made for. */
    | 'provers_missing'
    /** A compiler refuses the source. */
    | 'source_refused'
    /** A file of the artefacts is missing or is another than was built. */
    | 'artefacts_damaged'
    /** The setup at hand is too small, or is not of the file that was named. */
    | 'setup_unusable'
    /** The inputs do not satisfy the circuit: there is nothing to prove. */
    | 'inputs_refused'
    /** The prover gave a proof that does not hold. */
    | 'proof_false'
    | 'cancelled'
    | 'timed_out'
    | 'memory_exceeded'
    /** The prover's process ended without an answer. */
    | 'crashed'
  readonly message: string
}
