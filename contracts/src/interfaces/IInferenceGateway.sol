// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IInferenceGateway
/// @notice The call that a gateway answers off chain (EIP-3668).
interface IInferenceGateway {
    /// @param input The exact bytes for the engine.
    /// @return content The answer.
    /// @return packed `abi.encode(Receipt, bytes contributorSignature, bytes gatewaySignature)`.
    function infer(bytes32 modelId, bytes calldata input)
        external
        view
        returns (bytes memory content, bytes memory packed);
}
