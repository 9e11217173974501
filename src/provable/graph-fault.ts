/** What is wrong with a graph, and where: `layers[3].weights` of a JSON graph. */
export type GraphFault = { readonly place: string; readonly detail: string }

/**
 * Thrown while a graph is read, because every member of it may be the wrong one; the reader that was called catches it and answers a
 * value.
 */
export class GraphFaultError extends Error {
  readonly place: string

  constructor({ place, detail }: GraphFault) {
    super(detail)
    this.name = 'GraphFaultError'
    this.place = place
  }
}
