// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IProofVerifier
/// @notice One circuit's verifier. Our `Groth16Verifier` has this form and so has the verifier that
/// barretenberg writes for UltraHonk.
/// @dev A verifier may answer false or revert for a proof that does not hold: whoever asks treats both
/// as "no". It must keep everything that it judges by in its code (no storage, no delegate calls),
/// because its code is what it is pinned by.
interface IProofVerifier {
    /// @param publicInputs Elements of the scalar field of BN254.
    function verify(bytes calldata proof, bytes32[] calldata publicInputs)
        external
        view
        returns (bool);
}

/// @title IEzklVerifier
/// @notice The form of the verifiers that ezkl writes.
interface IEzklVerifier {
    function verifyProof(bytes calldata proof, uint256[] calldata instances) external returns (bool);
}
