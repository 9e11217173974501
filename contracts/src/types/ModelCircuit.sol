// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice How proofs of one model are judged: what its manifest says, and where the code stands.
struct ModelCircuit {
    /// @dev Where a contract with `codeHash` stands on this chain. Not in the manifest.
    address verifier;
    /// @dev How public inputs are made of values: `PROOF_PACKED` or `PROOF_EZKL`.
    uint8 kind;
    /// @dev Values that go in and come out. 32 bits: a proof of so many does not fit into a block.
    uint32 inputs;
    uint32 outputs;
    /// @dev EXTCODEHASH of the verifier: keccak256 of its runtime code.
    bytes32 codeHash;
    /// @dev sha256 of the ceremony's file; `SETUP_DEV_INSECURE` for keys that anybody can forge by.
    bytes32 setup;
}

uint8 constant PROOF_PACKED = 1;
uint8 constant PROOF_EZKL = 2;

bytes32 constant SETUP_DEV_INSECURE = bytes32(0);
