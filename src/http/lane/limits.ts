/* Bounds of the lane; how long a client may take is in base/limits.ts. Names end in the unit. */

/** How long a connection without a request stays open, in the lane and at Node's server, and what answers say of that. */
export const keepAliveS = 65
/** A longer head is rare, and Node's server has its own bound for it. */
export const plainHeadBytesMax = 8_192
/** Of requests that were sent without waiting: the rest of them waits in the kernel. */
export const waitingBytesMax = 65_536
/** Of a body that nobody reads yet: the rest of it waits in the kernel. */
export const earlyBytesMax = 65_536
/** What goes out at once is copied into one buffer up to here: beyond, copying costs more than the pieces. */
export const joinedBytesMax = 65_536
