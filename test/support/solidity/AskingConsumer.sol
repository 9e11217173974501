// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.0;

import {IInferenceCallback} from "interfaces/IInferenceCallback.sol";
import {IInferenceCoordinator} from "interfaces/IInferenceCoordinator.sol";
import {JobTerms} from "types/JobTerms.sol";

interface Allowance {
    function approve(address spender, uint256 amount) external returns (bool);
}

/// @notice Asks whatever it is told to ask, and takes answers unless it was told not to.
contract AskingConsumer is IInferenceCallback {
    bool public refuses;
    bytes public answer;

    function ask(IInferenceCoordinator coordinator, JobTerms calldata terms, bytes calldata input)
        external
        returns (bytes32 jobId)
    {
        Allowance(coordinator.asset()).approve(address(coordinator), type(uint256).max);
        return coordinator.request(terms, input);
    }

    function setRefuses(bool refuses_) external {
        refuses = refuses_;
    }

    function onInference(bytes32, bytes calldata content, bytes32) external {
        require(!refuses, "refused");
        answer = content;
    }
}
