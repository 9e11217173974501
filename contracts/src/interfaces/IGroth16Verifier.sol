// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofVerifier} from "./IProofVerifier.sol";

/// @title IGroth16Verifier
/// @notice Groth16 over BN254, for one verification key.
/// @dev A proof is eight words in EIP-197's order: A.x A.y B.x₁ B.x₀ B.y₁ B.y₀ C.x C.y. Anybody can make a
/// second proof of the same statement out of a first: what must happen once is told by the statement
/// (a nullifier among the public inputs), never by the proof's bytes.
interface IGroth16Verifier is IProofVerifier {
    /// @notice A precompile refused: the proof's words are no points, or the gas ran out. Not "false", so
    /// that no estimate of gas finds a limit at which a good proof quietly fails.
    error PrecompileFailed();

    /// @notice alpha beta gamma delta IC[0] … IC[n], as words in EIP-197's order.
    function verificationKey() external view returns (bytes memory);

    /// @notice keccak256 of `verificationKey()`: what a proof names as `vkHash`.
    function vkHash() external view returns (bytes32);
}
