// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {InferenceConsumer} from "../../src/InferenceConsumer.sol";
import {IInferenceCoordinator} from "../../src/interfaces/IInferenceCoordinator.sol";
import {JobTerms} from "../../src/types/JobTerms.sol";

/// @notice A consumer that can be told to misbehave in its callback.
contract MoodyConsumer is InferenceConsumer {
    enum Mood {
        Accept,
        Revert,
        BurnGas,
        ReturnBomb,
        AskAgain,
        Reenter
    }

    Mood public mood;
    bytes public answer;
    bytes32 public receiptDigest;
    uint256 public answers;
    bytes32 public nextJobId;
    bool public reentered;

    JobTerms private _job;
    bytes private _call;

    constructor(IInferenceCoordinator coordinator_, JobTerms memory terms)
        InferenceConsumer(coordinator_, terms.gateway)
    {
        _job = terms;
    }

    function setMood(Mood mood_, bytes calldata call) external {
        mood = mood_;
        _call = call;
    }

    function ask(bytes calldata input) external returns (bytes32) {
        return _request(_job, input);
    }

    function _onAnswer(bytes32, bytes calldata content, bytes32 digest) internal override {
        if (mood == Mood.Revert) revert("not in the mood");
        if (mood == Mood.BurnGas) while (true) {}
        if (mood == Mood.ReturnBomb) {
            assembly ("memory-safe") {
                return(0, 1000000)
            }
        }
        if (mood == Mood.AskAgain) nextJobId = _request(_job, content);
        if (mood == Mood.Reenter) (reentered,) = address(coordinator).call(_call);
        answer = content;
        receiptDigest = digest;
        ++answers;
    }
}
