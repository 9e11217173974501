/* The twin of load-interface.ts for browsers: in one file of everything there is nothing to load later. */
import { Interface } from 'ethers'
import type * as node from './load-interface.ts'

export const loadInterface: typeof node.loadInterface = () => Promise.resolve(Interface)
