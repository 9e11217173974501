// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IInferenceCallback
/// @notice What a contract that asks for inference implements to get the answer.
interface IInferenceCallback {
    /// @param content The answer; its receipt was verified and names this job, model and input.
    /// @param receiptDigest Under which the answer can be looked up, and contested.
    function onInference(bytes32 jobId, bytes calldata content, bytes32 receiptDigest) external;
}
