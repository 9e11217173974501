// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IInferenceInput
/// @notice What a contract implements whose schedule asks another question each time.
interface IInferenceInput {
    /// @param interval Which run it is for, from 1.
    /// @return input The exact bytes for the engine; none, or a revert: the run is not opened now.
    function inferenceInput(bytes32 scheduleId, uint32 interval)
        external
        view
        returns (bytes memory input);
}
