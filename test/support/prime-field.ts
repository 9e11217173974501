/** The representative from 0 to prime − 1. */
export function reduce(value: bigint, prime: bigint): bigint {
  const rest = value % prime
  return rest < 0n ? rest + prime : rest
}

/** Of a number that is no multiple of the prime, by Euclid's algorithm. */
export function inverse(value: bigint, prime: bigint): bigint {
  let [rest, next] = [prime, reduce(value, prime)]
  let [factor, nextFactor] = [0n, 1n]
  while (next !== 0n) {
    const quotient = rest / next
    ;[rest, next] = [next, rest - quotient * next]
    ;[factor, nextFactor] = [nextFactor, factor - quotient * nextFactor]
  }
  return reduce(factor, prime)
}
