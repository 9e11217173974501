// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {InferenceConsumer} from "vouch/InferenceConsumer.sol";
import {IInferenceCoordinator} from "vouch/interfaces/IInferenceCoordinator.sol";
import {IReceiptVerifier} from "vouch/interfaces/IReceiptVerifier.sol";
import {JobTerms} from "vouch/types/JobTerms.sol";

contract Oracle is InferenceConsumer {
    JobTerms private _terms;
    bytes public answer;

    constructor(IInferenceCoordinator c, IReceiptVerifier v, JobTerms memory t)
        InferenceConsumer(c, v)
    {
        _terms = t;
    }

    function ask(bytes calldata input) external returns (bytes32 jobId) {
        return _request(_terms, input); // pays from this contract's balance: maxFee * agreement at most
    }

    function _onAnswer(bytes32, bytes calldata content, bytes32) internal override {
        answer = content; // its receipt was verified: this job, this model, this input, these bytes
    }
}
