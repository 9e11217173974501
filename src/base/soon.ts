/*
 * What is nearly always there at once. A wait for it costs a promise, a suspended function and a turn of the queue each time, and a
 * request has dozens of such steps: whoever is called often answers with the value itself where it can.
 */

export type Soon<T> = T | Promise<T>

/** `go` with the value, now if it is here. */
export const whenThere = <T, U>(value: Soon<T>, go: (value: T) => Soon<U>): Soon<U> =>
  value instanceof Promise ? value.then(go) : go(value)
