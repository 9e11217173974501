// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "vouch/InferenceConsumer.sol";
import {IInferenceCoordinator} from "vouch/interfaces/IInferenceCoordinator.sol";
import {ChatInput} from "vouch/libraries/ChatInput.sol";

contract Oracle is InferenceConsumer {
    bytes public answer;

    constructor(IInferenceCoordinator c, address gateway_) InferenceConsumer(c, gateway_) {}

    function ask(string calldata question) external returns (bytes32 jobId) {
        return _ask(keccak256("model"), ChatInput.chat("mini", "", question, 100), 100, 200_000);
    }

    function _onAnswer(bytes32, bytes calldata content, bytes32) internal override {
        answer = content; // its receipt was verified: this job, this model, this input, these bytes
    }
}
