// SPDX-License-Identifier: MIT
pragma solidity ^0.8.26;

import {InferenceConsumer} from "vouch/InferenceConsumer.sol";
import {IInferenceCoordinator} from "vouch/interfaces/IInferenceCoordinator.sol";
import {ChatInput} from "vouch/libraries/ChatInput.sol";

/// @notice Asks a language model, and keeps its last answer.
contract TemplateConsumer is InferenceConsumer {
    bytes32 public immutable modelId;
    string public answer;

    constructor(IInferenceCoordinator coordinator_, address gateway_, bytes32 modelId_)
        InferenceConsumer(coordinator_, gateway_)
    {
        modelId = modelId_;
    }

    /// @notice Paid for by what this contract holds of the coordinator's asset.
    function ask(string calldata question) external returns (bytes32 jobId) {
        bytes memory input = ChatInput.chat("vouch-mini", "Answer in one sentence.", question, 48);
        return _ask(modelId, input, 48, 400_000);
    }

    /// @dev Reached only with an answer whose receipt the coordinator verified.
    function _onAnswer(bytes32, bytes calldata content, bytes32) internal override {
        answer = string(content);
    }
}
