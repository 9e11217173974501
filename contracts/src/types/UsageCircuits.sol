// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofVerifier} from "../interfaces/IProofVerifier.sol";

/// @notice Which proofs of usage count, fixed when `UsageProofs` is deployed.
struct UsageCircuits {
    /// @dev Of the circuit that opens receipts.
    IProofVerifier batch;
    /// @dev Of the circuit that joins proofs; zero: none.
    IProofVerifier tree;
    /// @dev Hashes of both circuits' keys as the joining circuit computes them: under keys of its own choice a
    /// prover could join proofs of anything.
    bytes32 batchKey;
    bytes32 treeKey;
}
